"""An invoice as a receipt: rows from top to bottom, as long as what they hold; receipt.toml says which rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from services.render.fonts.glyphs import font_file
from services.render.page.business import business_name, business_rows
from services.render.page.face import NO_TAX, Face, closing_values, head_values
from services.render.page.layout import MM_PER_POINT, NATIVE, Ink, layout_of, load_layout
from services.render.page.remarks import list_remarks
from services.render.page.runs import Run
from services.render.page.text import measure
from services.render.pdf.operators import draw_code, fill
from services.render.print.press import Drawn, Press
from services.render.print.words import wrap_words

_ASCENT = 0.86  # of the type size; how far below the top of a row its baseline is
# A dotted line of 0.2 mm, from and to in mm.
_RULE = "q 0 G 0.2 w [1 1] 0 d {:g} {:g} m {:g} {:g} l S Q\n"
_CONTACTS = ("buyer_contact", "buyer_bank", "seller_contact", "seller_bank", "payee", "reviewer")


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row; of a code `size` is the side in mm. `before` is the room above it in mm."""

    text: str = ""
    right: str = ""
    needs: str = ""
    lacks: str = ""
    size: float = 8.5
    align: Literal["left", "centre"] = "left"
    ink: Ink = "value"
    before: float = 0.0
    shape: Literal["text", "rule", "code"] = "text"


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The design, lengths in mm; receipt.toml says what its fields mean.

    `again` and `turn` begin and end the pieces of a receipt that is longer than `longest`.
    """

    width: float
    left: float
    right: float
    top: float
    leading: float
    beside: float
    rule_height: float
    code_below: float
    longest: float
    inks: dict[Ink, tuple[int, int, int]]
    head: tuple[Row, ...]
    item: tuple[Row, ...]
    extra: tuple[Row, ...]
    again: tuple[Row, ...]
    turn: tuple[Row, ...]
    foot: tuple[Row, ...]


class Block(NamedTuple):
    """Rows that are not parted, in operators; its origin is its own upper left corner."""

    height: float
    content: str


@cache
def load_receipt() -> Receipt:
    """The design of receipt.toml."""
    return msgspec.toml.decode(Path(__file__).with_name("receipt.toml").read_bytes(), type=Receipt)


def draw_receipt(face: Face, press: Press) -> Iterator[Drawn]:
    """One piece, or several of a very long invoice. Raises Undrawable."""
    receipt = load_receipt()
    values = receipt_values(face)
    pile = [draw_block(receipt.head, values, press)]
    height = pile[0].height
    piece = 1
    for block in _draw_body(face, values, press):
        if height + block.height > receipt.longest:
            numbers = values | {"piece": str(piece), "next": str(piece + 1)}
            yield _stack([*pile, draw_block(receipt.turn, numbers, press)], receipt)
            piece += 1
            pile = [draw_block(receipt.again, values | {"piece": str(piece)}, press)]
            height = pile[0].height
        pile.append(block)
        height += block.height
    yield _stack(pile, receipt)


def _draw_body(face: Face, values: Mapping[str, str], press: Press) -> Iterator[Block]:
    """Everything below the head: the lines, the rows of the special business, the sums and the rest."""
    receipt = load_receipt()
    for line in face.lines:
        yield draw_block(receipt.item, _texts(msgspec.structs.asdict(line)), press)
    for facts in business_lines(face):
        yield draw_block(receipt.extra, {"facts": facts}, press)
    for row in receipt.foot:
        yield draw_block([row], values, press)


def receipt_values(face: Face) -> dict[str, str]:
    """What the rows name; addresses, accounts and people only of kinds whose own page has places for them."""
    layout = load_layout(layout_of(face.kind))
    caption = load_layout(NATIVE).blocks.get(business_name(face.special_business))
    values = head_values(face) | closing_values(face)
    if not layout.shows_contacts:
        values |= dict.fromkeys(_CONTACTS, "")
    sums = {name: values[name] for name in ("total_amount", "total_tax", "amount_with_tax")}
    return values | {
        **{name: figure if figure == NO_TAX else f"¥{figure}" for name, figure in sums.items()},
        "title": layout.titles[face.kind].text,
        "business": caption.caption.text if caption and caption.caption else "",
        "mark": layout.marks[face.mark].text if face.mark else "",
        "qr_text": face.qr_text,
        "remarks": "".join(
            [gap + text for gap, text in list_remarks(face, shows_contacts=layout.shows_contacts)]
        ),
    }


def business_lines(face: Face) -> Iterator[str]:
    """Rows of the special business as names and values."""
    name = business_name(face.special_business)
    for row in business_rows(face.special_business):
        pairs = [
            (entry.labels[0].text, row[entry.field.name])
            for entry in load_layout(NATIVE).blocks[name].columns
            if entry.field
        ]
        yield "  ".join([f"{label}：{value}" for label, value in pairs if value])


def draw_block(rows: Iterable[Row], values: Mapping[str, str], press: Press) -> Block:
    """Those of the rows that have something to say."""
    receipt = load_receipt()
    inks = {ink: fill(rgb) for ink, rgb in receipt.inks.items()}
    top = 0.0
    parts: list[str] = []
    for row in rows:
        if (row.needs and not values.get(row.needs)) or (row.lacks and values.get(row.lacks)):
            continue
        top += row.before
        if row.shape == "rule":
            y = -top - receipt.rule_height / 2
            parts.append(_RULE.format(receipt.left, y, receipt.right, y))
            top += receipt.rule_height
        elif row.shape == "code":
            parts.append(draw_code(values["qr_text"], (receipt.width - row.size) / 2, top, row.size))
            top += row.size + receipt.code_below
        else:
            runs = set_row(row, values, receipt)
            pitch = row.size * MM_PER_POINT * receipt.leading
            parts.append(press.write([run._replace(y=top + run.y) for run in runs], inks))
            top += pitch * round(1 + (runs[-1].y - runs[0].y) / pitch) if runs else 0.0
    return Block(top, "".join(parts))


def set_row(row: Row, values: Mapping[str, str], receipt: Receipt) -> list[Run]:
    """Its texts broken into runs, baselines from the top of the row."""
    advances = font_file("song").advances
    em = row.size * MM_PER_POINT / 1000
    room = (receipt.right - receipt.left) / em
    texts = wrap_words(row.text.format_map(values), advances, room) if row.text else []
    rights = wrap_words(row.right.format_map(values), advances, room) if row.right else []
    used = (
        measure(texts[-1], advances) + receipt.beside / em + measure(rights[0], advances)
        if texts and rights
        else 0
    )
    first_right = len(texts) - 1 if texts and used <= room else len(texts)
    baseline, pitch = row.size * MM_PER_POINT * _ASCENT, row.size * MM_PER_POINT * receipt.leading

    def place(text: str, index: int, share: float) -> Run:
        x = receipt.left + share * (room - measure(text, advances)) * em
        return Run("song", row.size, x, baseline + index * pitch, text, row.ink)

    share = 0.5 if row.align == "centre" else 0.0
    runs = [place(text, index, share) for index, text in enumerate(texts)]
    return runs + [place(text, index, 1.0) for index, text in enumerate(rights, first_right)]


def _stack(blocks: Sequence[Block], receipt: Receipt) -> Drawn:
    """One under the other, on a paper as long as they are."""
    top = receipt.top
    parts = []
    for block in blocks:
        parts.append(f"q 1 0 0 1 0 {-top:.3f} cm\n{block.content}Q\n")
        top += block.height
    return Drawn(receipt.width, top + receipt.top, "".join(parts))


def _texts(fields: Mapping[str, object]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in fields.items()}
