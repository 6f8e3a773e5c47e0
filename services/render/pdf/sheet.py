"""A layout made ready for drawing: its labels as operators, its inks as colours (ISO 32000-1 8.6 and 9.4).

The origin is the upper left corner, the unit a millimetre, also for type sizes; y is positive upwards.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.render.pdf.layout import MM_PER_POINT, Block, Entry, Field, Ink, Label, Layout


class Ready(NamedTuple):
    """Labels as operators, and the place of the value after them."""

    operators: str
    field: Field | None


class Sheet(NamedTuple):
    """`rules` names the form that holds the layout's lines; `block` is that of the invoice's special business."""

    layout: Layout
    rules: str
    inks: Mapping[Ink, str]
    codes: Mapping[str, str]
    titles: Mapping[str, str]
    head: Sequence[Ready]
    columns: str
    subtotal: Sequence[Ready]
    total: Sequence[Ready]
    closing: Sequence[Ready]
    foot: Sequence[Ready]
    block: Block
    mark: str


def make_sheet(
    layout: Layout, rules: str, block: Block, mark: Label | None, codes: Mapping[str, str]
) -> Sheet:
    """With the codes of the labels' font."""
    inks = {ink: fill(rgb) for ink, rgb in layout.inks.items()}

    def write(labels: Sequence[Label]) -> str:
        return "".join([draw_label(label, inks, codes) for label in labels])

    def ready(section: Sequence[Entry]) -> list[Ready]:
        return [Ready(write(entry.labels), entry.field) for entry in section]

    head = ready(layout.head)
    if block.caption:
        head.insert(0, Ready(write([block.caption]), None))
    return Sheet(
        layout,
        rules,
        inks,
        codes,
        {kind: write([title]) for kind, title in layout.titles.items()},
        head,
        "".join([entry.operators for entry in ready(layout.columns)]),
        ready(layout.subtotal),
        ready(layout.total),
        ready(layout.closing),
        ready(layout.foot),
        block,
        write([mark]) if mark else "",
    )


def draw_label(label: Label, inks: Mapping[Ink, str], codes: Mapping[str, str], lower: float = 0.0) -> str:
    """A fixed text as ready operators, `lower` mm further down."""
    text = "".join(map(codes.__getitem__, label.text))
    size, y = label.size * MM_PER_POINT, -label.y - lower
    spacing, reset = (f"{label.spacing:g} Tc ", "0 Tc ") if label.spacing else ("", "")
    return (
        f"BT {inks[label.ink]} /kai {size:.4f} Tf {spacing}{label.squeeze:g} 0 0 1 {label.x:.3f} {y:.3f} Tm"
        f"<{text}>Tj {reset}ET\n"
    )


def fill(rgb: tuple[int, int, int]) -> str:
    """The operator that sets a colour for areas and text; in capitals it sets that of lines."""
    parts = [f"{part / 255:.3g}" for part in rgb]
    return f"{parts[0]} g" if len(set(parts)) == 1 else f"{' '.join(parts)} rg"
