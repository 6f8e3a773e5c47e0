"""What `make demo` shows: a table of the invoices, where to look, and what to try next."""

import unicodedata
from collections.abc import Sequence
from statistics import median

from deploy.local.demo.issued import Issued
from deploy.local.stack import Stack

_WIDTHS = (5, 21, 26, 14, 38, 7, 7, 7)
_TITLES = ("", "number", "buyer", "total", "words", "201 s", "docs s", "mail s")


def width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def fit(text: str, columns: int) -> str:
    """Padded, or cut with an ellipsis."""
    while width(text) > columns:
        text = text[:-2] + "…"
    return text + " " * (columns - width(text))


def print_table(invoices: Sequence[Issued]) -> None:
    """A line an invoice, and the medians."""
    print("\n" + "  ".join(fit(title, columns) for title, columns in zip(_TITLES, _WIDTHS, strict=True)))
    for each in invoices:
        totals = each.invoice["totals"]
        cells = (
            each.name,
            each.invoice["number"],
            each.invoice["buyer"]["name"],
            f"¥{totals['amount_with_tax']}",
            totals["amount_with_tax_words"],
            *(
                f"{s or 0:6.2f}"
                for s in (each.seconds_to_201, each.seconds_to_documents, each.seconds_to_mail)
            ),
        )
        print("  ".join(fit(cell, columns) for cell, columns in zip(cells, _WIDTHS, strict=True)))
    medians = [
        median(getattr(each, name) for each in invoices)
        for name in ("seconds_to_201", "seconds_to_documents", "seconds_to_view", "seconds_to_mail")
    ]
    print(
        f"\n{len(invoices)} invoices; medians: accepted {medians[0]:.3f} s, documents {medians[1]:.2f} s, "
        f"list {medians[2]:.2f} s, mail {medians[3]:.2f} s"
    )


def print_next_steps(stack: Stack, url: str, issued: Issued) -> None:
    """Addresses, and lines to paste."""
    mailbox = f"http://127.0.0.1:{stack.port('OFP_MAILBOX_PORT')}"
    bureau = f"http://127.0.0.1:{stack.port('OFP_BUREAU_PORT')}"
    shown = stack.shown(stack.local / "demo")
    invoice_id, reference = issued.invoice["id"], f"SO-{issued.invoice['reference']}"
    print(f"""
Where to look
  PDF, OFD and XML     {shown}/
  the API              {url}/v1/openapi.json
  received mail        {mailbox}/messages?to={issued.email}
  the bureau's books   {bureau}/control/invoices?seller={issued.invoice["seller"]["tax_id"]}
  processes and logs   make status · make logs NAME=invoice-api-1

Try next (paste as they are)
  . {stack.shown(stack.local / "demo.env")}
  curl -s "$OFP_URL/v1/invoices" -H "Authorization: Bearer $OFP_API_KEY" -H "Idempotency-Key: {reference}" \\
    -H "Content-Type: application/json" -d '{{"kind": "digital_ordinary", "reference": "{reference}",
    "buyer": {{"name": "个人", "is_individual": true}}, "lines": [{{"name": "键盘", "unit": "个",
    "tax_class_code": "1090511030000000000", "quantity": "2", "unit_price": "86.5", "tax_rate": "0.13"}}]}}'
  curl -s -G "$OFP_URL/v1/invoices" --data-urlencode "q=键盘" -d limit=3 -H "Authorization: Bearer $OFP_API_KEY"
  curl -s "$OFP_URL/v1/invoices/{invoice_id}/timeline" -H "Authorization: Bearer $OFP_API_KEY"
  curl -s "$OFP_URL/v1/invoices/{invoice_id}/documents/ofd" -H "Authorization: Bearer $OFP_API_KEY" -o invoice.ofd
""")
