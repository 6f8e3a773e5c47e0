"""What is sent to a printer: invoices on the paper of a profile. A view; the archived documents stay untouched.

A pure function, the same bytes for the same invoices, profile and offset.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from services.render.page.face import Face, read_face
from services.render.print.pages import draw_pages
from services.render.print.placement import arrange
from services.render.print.press import Drawn, Press
from services.render.print.profiles import Offset, Profile
from services.render.print.receipt import draw_receipt

Invoice = Mapping[str, Any] | msgspec.Struct


def print_invoice(invoice: Invoice, profile: Profile, offset: Offset) -> bytes:
    """All pages of one invoice, given as in the API's answer. Raises Undrawable."""
    face = read_face(invoice)
    press = Press()
    for side in arrange(draw_face(face, press, profile), profile):
        press.add(side, offset, profile.cut)
    return press.finish(_number(face), face.issued_at)


def print_batch(invoices: Iterable[Invoice], profile: Profile, offset: Offset) -> bytes:
    """In the order given, with a bookmark each; only one invoice is held drawn, the others packed."""
    press = Press()
    ends: list[Face] = []

    def pages() -> Iterator[Drawn]:
        for invoice in invoices:
            face = read_face(invoice)
            ends[1:] = [face]
            bookmark = f"{_number(face)} {face.buyer.name}"
            for position, page in enumerate(draw_face(face, press, profile)):
                yield page if position else page._replace(bookmark=bookmark)

    for side in arrange(pages(), profile):
        press.add(side, offset, profile.cut)
    first, last = ends[0], ends[-1]
    return press.finish(f"{_number(first)} – {_number(last)}", last.issued_at)


def draw_face(face: Face, press: Press, profile: Profile) -> Iterator[Drawn]:
    """The pages of one invoice in the design of the profile."""
    if profile.design == "receipt":
        return draw_receipt(face, press)
    return draw_pages(face, press, on_stock=face.kind in profile.stock)


def _number(face: Face) -> str:
    """发票代码 of the kinds that have one, and 发票号码."""
    return f"{face.code or ''}{face.number}"
