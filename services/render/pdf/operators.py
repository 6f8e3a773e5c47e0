"""Operators of a content stream (ISO 32000-1 8.4, 8.5, 9.4) for texts and for the shapes of a form.

The origin is the upper left corner, the unit a millimetre, also for type sizes; y is positive upwards.
"""

from collections.abc import Iterable, Mapping

from services.render.page.layout import MM_PER_POINT, Ink, Layout
from services.render.page.qr import qr_modules
from services.render.page.runs import Item, Run
from services.render.page.shapes import trace_cross, trace_ellipse


def write_items(
    items: Iterable[Item], inks: Mapping[Ink, str], codes: Mapping[str, Mapping[str, str]]
) -> str:
    """Runs with the codes of their fonts, between fragments."""
    return "".join([item if isinstance(item, str) else write_run(item, inks, codes) for item in items])


def write_run(run: Run, inks: Mapping[Ink, str], codes: Mapping[str, Mapping[str, str]]) -> str:
    """One row of text."""
    font, size, x, y, text, ink, squeeze, spacing, _, _ = run
    shown = "".join(map(codes[font].__getitem__, text))
    spaced, reset = (f"{spacing:g} Tc ", "0 Tc ") if spacing else ("", "")
    return (
        f"BT {inks[ink]} /{font} {size * MM_PER_POINT:.4f} Tf {spaced}{squeeze:g} 0 0 1 {x:.3f} {-y:.3f} Tm"
        f"<{shown}>Tj {reset}ET\n"
    )


def draw_rules(layout: Layout) -> str:
    """Lines, recognition strip and the neutral oval."""
    drawing = layout.drawing
    parts = []
    for band in drawing.bands:
        x, y, wide, high = band.box
        parts.append(f"{fill(band.colour)} {x:g} {-y - high:g} {wide:g} {high:g} re f")
    parts.append(f"{fill(layout.inks['label']).upper()} {drawing.rule_width:g} w")
    parts += [f"{x:g} {-y:g} m {x2:g} {-y2:g} l" for x, y, x2, y2 in drawing.rules]
    x, y, wide, high = drawing.specimen
    oval = ellipse(x + wide / 2, -y - high / 2, wide / 2, high / 2)
    parts.append(f"S {fill(layout.inks['specimen']).upper()} {drawing.specimen_width:g} w {oval} S")
    return "\n".join(parts)


def draw_crossed_circle(layout: Layout) -> str:
    """⊗ before the words, as a path."""
    if layout.drawing.crossed_circle is None:
        return ""
    x, y, radius = layout.drawing.crossed_circle
    arms = " ".join([f"{a:.3f} {b:.3f} m {c:.3f} {d:.3f} l" for a, b, c, d in trace_cross(x, -y, radius)])
    return f"q 0 G {layout.drawing.cross_width:g} w {ellipse(x, -y, radius, radius)} {arms} S Q\n"


def draw_qr(text: str, layout: Layout) -> str:
    """The code in its square, where the layout has one."""
    return draw_code(text, *layout.drawing.qr) if layout.drawing.qr else ""


def draw_code(text: str, x: float, y: float, side: float) -> str:
    """A QR code as an inline image mask (8.9.7), sharp at any resolution."""
    rows = qr_modules(text)
    hexadecimal = "".join(map(_pack, rows))
    return (
        f"q 0 g {side:g} 0 0 {side:g} {x:g} {-y - side:g} cm\n"
        f"BI /W {len(rows[0])} /H {len(rows)} /IM true /F /AHx ID\n{hexadecimal}>\nEI Q\n"
    )


def fill(rgb: tuple[int, int, int]) -> str:
    """The operator that sets a colour for areas and text; in capitals it sets that of lines."""
    parts = [f"{part / 255:.3g}" for part in rgb]
    return f"{parts[0]} g" if len(set(parts)) == 1 else f"{' '.join(parts)} rg"


def ellipse(x: float, y: float, wide: float, high: float) -> str:
    """A closed path of four Bézier curves around (x, y)."""
    curves = trace_ellipse(x, y, wide, high)
    path = " ".join(" ".join(f"{value:.3f}" for value in curve) + " c" for curve in curves)
    return f"{x + wide:.3f} {y:.3f} m {path} h"


def _pack(row: bytes) -> str:
    """A row's bits in hexadecimal, most significant first, padded with light to whole bytes."""
    bits = row.replace(b"\x00", b"0").replace(b"\xff", b"1").ljust((len(row) + 7) // 8 * 8, b"1")
    return f"{int(bits, 2):0{len(bits) // 4}x}"
