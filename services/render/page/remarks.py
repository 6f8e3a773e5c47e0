"""The remark area: what stands in its box, and what continues below the items because it finds no room there.

First what the law puts first, then the remarks, the special business, banks, addresses and people.
"""

from collections.abc import Iterator
from typing import NamedTuple

from services.render.fonts.glyphs import font_file
from services.render.page.business import business_facts
from services.render.page.errors import NoRoom
from services.render.page.face import Face, PrintFlags, prefix_remarks
from services.render.page.layout import Layout, fields
from services.render.page.text import fit_box

CONTINUED = "continued_remarks"  # the field of the rows below the items
ELSEWHERE = "（见清单备注）"


class Remarks(NamedTuple):
    """`shown` is readable in its box; each of `continued` takes a row below the items."""

    shown: str
    continued: list[str]


def set_remarks(face: Face, layout: Layout) -> Remarks:
    """As much as the box holds: people, banks and addresses leave it first, the remarks themselves last."""
    box = next(field for field in fields(layout.closing) if field.name == "remarks")
    parts = list(list_remarks(face, shows_contacts=layout.shows_contacts))
    for kept in range(len(parts), 0, -1):
        shown = "".join([gap + text for gap, text in parts[:kept]])
        try:
            fit_box(box, shown, font_file(box.font).advances)
        except NoRoom:
            continue
        return Remarks(shown, [text for _, text in parts[kept:]])
    return Remarks(ELSEWHERE if parts else "", [text for _, text in parts])


def list_remarks(face: Face, *, shows_contacts: bool) -> Iterator[tuple[str, str]]:
    """Each part with the gap before it; a form that `shows_contacts` has places of its own for those."""
    remarks = f"{prefix_remarks(face)}{face.remarks or ''}".rstrip()
    gap = ""
    if remarks:
        yield gap, remarks
        gap = "\n"
    for name, value in business_facts(face.special_business):
        if value and f"{name}：{value}。" not in remarks:
            yield gap, f"{name}:{value};"
            gap = " "
    for row in () if shows_contacts else list_contacts(face):
        yield "\n" if gap else "", row
        gap = "\n"


def list_contacts(face: Face) -> list[str]:
    """The lines that the print flags ask for, and who takes the money and who checks, where that was said."""
    flags, buyer, seller = face.print or PrintFlags(), face.buyer, face.seller
    rows = (
        (flags.buyer_bank, {"购方开户银行": buyer.bank_name, "银行账号": buyer.bank_account}),
        (flags.buyer_address, {"购方地址": buyer.address, "电话": buyer.phone}),
        (flags.seller_bank, {"销方开户银行": seller.bank_name, "银行账号": seller.bank_account}),
        (flags.seller_address, {"销方地址": seller.address, "电话": seller.phone}),
        (True, {"收款人": face.payee, "复核人": face.reviewer}),
    )
    said = (
        [f"{label}:{value};" for label, value in facts.items() if value] for asked, facts in rows if asked
    )
    return [" ".join(row) for row in said if row]
