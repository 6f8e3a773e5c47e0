"""A dry run piped into a preview over the gateway: what one sees before the invoice is issued."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.invoicing import make_body
from tests.helpers.stack import RunningStack
from tests.unit.render.poppler import text_of

pytestmark = [pytest.mark.stack]


def make_order(count: int) -> dict[str, Any]:
    """Of so many lines."""
    (line,) = make_body()["lines"]
    return make_body(
        reference=f"PREVIEW-{time.time_ns()}",
        buyer={"name": "杭州喆思科技有限公司", "tax_id": "91420106MA4L123460"},
        lines=[line | {"name": f"键盘{number}号"} for number in range(count)],
    )


@pytest.mark.parametrize("account", ["A", "B"])
def test_dry_run_sent_on_comes_back_as_its_page(stack: RunningStack, tmp_path: Path, account: str) -> None:
    client = stack.accounts[account].client
    body = make_order(8)
    tried = client.post("/v1/invoices?dry_run=true", body).expect(200)
    drawn = client.post("/v1/document-previews?format=pdf", tried)
    assert drawn.status == 200, drawn.content
    text = text_of(drawn.content, tmp_path)
    assert "试算" in text
    assert "杭州喆思科技有限公司" in text
    assert tried["totals"]["amount_with_tax_words"] in text
    assert client.get(f"/v1/invoices/{tried['id']}/documents/pdf").status == 404
    issued = client.post("/v1/invoices", body).expect(201)
    assert issued["totals"] == tried["totals"]


def test_largest_draft_passes_the_gateway(stack: RunningStack, tmp_path: Path) -> None:
    client = stack.accounts["A"].client
    tried = client.post("/v1/invoices?dry_run=true", make_order(2000)).expect(200)
    text = text_of(client.post("/v1/document-previews", tried).content, tmp_path)
    assert "键盘1999号" in text.replace("\n", "")
    assert tried["totals"]["amount_with_tax"] in text


def test_preview_of_a_draft_with_strange_texts_is_refused_by_name(stack: RunningStack) -> None:
    client = stack.accounts["A"].client
    tried = client.post("/v1/invoices?dry_run=true", make_order(1)).expect(200)
    refused = client.post("/v1/document-previews", tried | {"remarks": "\U0001f600"})
    assert refused.status == 422
    error = refused.json["errors"][0]
    assert (error["pointer"], error["code"]) == ("/remarks", "unprintable-character")
