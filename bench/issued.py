"""Issued invoices as render keeps them, made without a stack: all different, the same for the same seed."""

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from deploy.local.demo.bodies import GOODS, PLACES, TAX_IDS, TRADES, WORDS
from libs.common.contracts.invoice_document import (
    InvoiceDocument,
    LineDocument,
    PartyDocument,
    TotalsDocument,
)
from libs.common.ids import new_id
from libs.common.money import round_cents
from services.invoice.domain.words import write_amount

CENT = Decimal("0.01")


def make_issued(count: int, lines: int, seed: str = "documents") -> list[dict[str, Any]]:
    """Documents as the issued event carries them, each of so many short lines."""
    chance = random.Random(seed)
    return [_make(chance, number, lines) for number in range(1, count + 1)]


def _make(chance: random.Random, number: int, lines: int) -> dict[str, Any]:
    printed = [_line(chance, line_no) for line_no in range(1, lines + 1)]
    amount = sum((Decimal(line.amount) for line in printed), Decimal("0.00"))
    tax = sum((Decimal(line.tax) for line in printed), Decimal("0.00"))
    invoice_number = f"264220{number:014}"
    invoice = InvoiceDocument(
        id=new_id(),
        kind="digital_ordinary",
        number=invoice_number,
        code=None,
        issue_date=date(2026, 11, 24),
        issued_at=datetime(2026, 11, 24, 2, 4, 5, 678000, UTC),
        taxpayer_id=new_id(),
        seller=PartyDocument(name="武汉晴川数码科技有限公司", tax_id="91420100MA4K00002Y"),
        buyer=PartyDocument(
            name=f"{chance.choice(PLACES)}{chance.choice(WORDS)}{chance.choice(TRADES)}有限公司",
            tax_id=chance.choice(TAX_IDS),
        ),
        lines=tuple(printed),
        totals=TotalsDocument(
            amount=str(amount),
            tax=str(tax),
            amount_with_tax=str(amount + tax),
            amount_with_tax_words=write_amount(amount + tax),
        ),
        qr_text=f"01,32,,{invoice_number},{amount + tax},20261124,,2541",
        remarks=f"合同号 HT-2026-{number:04}",
        drawer=chance.choice(("张三", "李四", "王小明")),
        reference=f"B-{number}",
    )
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(invoice))
    return document | {"mark": None}


def _line(chance: random.Random, line_no: int) -> LineDocument:
    name, tax_class_code, rate, unit = chance.choice(GOODS)
    quantity, price = Decimal(chance.randint(1, 99)), Decimal(chance.randint(100, 99_999)) * CENT
    amount = quantity * price
    tax = round_cents(amount * Decimal(rate))
    return LineDocument(
        line_no=line_no,
        nature="normal",
        name=name if name.startswith("*") else f"*货物*{name}",
        specification=chance.choice(("", f"K-{chance.randint(1, 999)}")),
        unit=unit,
        tax_class_code=tax_class_code,
        policy=None,
        quantity=str(quantity),
        unit_price=str(price),
        amount=str(amount),
        tax_rate=rate,
        tax=str(tax),
        amount_with_tax=str(amount + tax),
        printed_rate=f"{Decimal(rate):.0%}",
        printed_tax=str(tax),
    )
