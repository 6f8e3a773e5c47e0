"""docs/formats/examples: what the JSON documents there are as EInvoice and as UBL."""

import json
from pathlib import Path

from services.render.structured.einvoice import render_xml
from services.render.structured.ubl import render_ubl

EXAMPLES = Path(__file__).parents[1] / "formats" / "examples"


def describe_examples() -> dict[str, str]:
    texts = {}
    for path in sorted(EXAMPLES.glob("*.json")):
        invoice = json.loads(path.read_text("utf-8"))
        texts[f"formats/examples/{path.stem}.xml"] = render_xml(invoice).decode()
        texts[f"formats/examples/{path.stem}.ubl.xml"] = render_ubl(invoice).decode()
    return texts
