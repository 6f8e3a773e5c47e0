"""The document of every kind and special business, asked for over the gateway and read back as text."""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from deploy.local.demo.documents import CHECKS
from services.invoice.domain.kinds import ENTITLEMENTS
from tests.helpers.sandbox_programs import wait_until
from tests.helpers.stack import RunningStack, wait_for_documents
from tests.unit.invoice.test_invoice_special_business import CONSTRUCTION, FREIGHT, LEASE, PASSENGERS, SALE
from tests.unit.invoice.test_printed_document import values_of

pytestmark = [pytest.mark.stack]

BODY: dict[str, Any] = {
    "buyer": {"name": "杭州喆思科技有限公司", "tax_id": "91420106MA4L123460"},
    "lines": [
        {
            "name": "键盘",
            "tax_class_code": "1090511030000000000",
            "unit": "个",
            "quantity": "12",
            "unit_price": "86.5",
            "tax_rate": "0.13",
        }
    ],
    "payee": "王五",
    "reviewer": "李四",
}
BUSINESSES = [CONSTRUCTION, FREIGHT, SALE, LEASE, PASSENGERS]


def read_document(stack: RunningStack, folder: Path, **body: Any) -> tuple[dict[str, Any], str]:
    """The issued invoice and the text of its PDF without white space."""
    client = stack.accounts["A"].client
    wanted = BODY | body | {"reference": f"DOC-{time.time_ns()}"}
    invoice = wait_until(lambda: (a := client.post("/v1/invoices", wanted)).status == 201 and a.expect(201))
    documents = wait_for_documents(client, invoice["id"])
    assert all(CHECKS[name](content, invoice["number"]) for name, content in documents.items())
    (folder / "document.pdf").write_bytes(documents["pdf"])
    command = ["pdftotext", "-raw", str(folder / "document.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return invoice, "".join(text.split())


@pytest.mark.parametrize("kind", ENTITLEMENTS)
def test_document_of_each_kind_shows_its_numbers_and_people(
    stack: RunningStack, kind: str, tmp_path: Path
) -> None:
    invoice, text = read_document(stack, tmp_path, kind=kind, print={"seller_bank": True})
    for value in (
        invoice["number"],
        invoice["code"],
        invoice["check_code"],
        invoice["seller"]["bank_account"],
    ):
        assert value is None or value in text
    assert "1172.94" in text
    assert "样票" in text
    people = ("收款人:王五;复核人:李四;",) if invoice["code"] is None else ("收款人：王五", "复核：李四")
    assert all(person in text for person in people)


@pytest.mark.parametrize("business", BUSINESSES, ids=lambda business: business["type"])
def test_document_of_each_special_business_tells_its_facts(
    stack: RunningStack, business: dict[str, Any], tmp_path: Path
) -> None:
    _, text = read_document(stack, tmp_path, kind="digital_ordinary", special_business=business)
    assert [value for value in values_of(business) if "".join(value.split()) not in text] == []
