"""What all documents share: catalog, rules of the form, the fonts of the labels. Made once a process."""

from functools import cache
from typing import NamedTuple

from services.render.pdf.file import stream
from services.render.pdf.fonts import OBJECTS_PER_FONT, embed_font, encode_characters, font_file
from services.render.pdf.layout import Layout, native

PAGE_NUMBER_CHARACTERS = "0123456789共页第 "
_CIRCLE = 0.5523  # how far the control points of a quarter circle lie, in radii
_CATALOG, _RULES, _RESOURCES, _KAI = 1, 2, 3, 4
_MONO = _KAI + OBJECTS_PER_FONT
SONG = _MONO + OBJECTS_PER_FONT
INFORMATION = SONG + OBJECTS_PER_FONT
PAGES = INFORMATION + 1
HEAD = PAGES + 1


class Form(NamedTuple):
    """The constant objects, numbered from 1, and the codes of the fonts among them."""

    objects: list[bytes]
    codes: dict[str, dict[str, str]]


@cache
def native_form() -> Form:
    """Catalog, rules, resources, kai and mono; song (from object SONG) is each document's own."""
    layout = native()
    kai, mono = font_file("kai"), font_file("mono")
    labels = encode_characters(
        sorted({*PAGE_NUMBER_CHARACTERS, *"".join(label.text for label in layout.labels())})
    )
    figures = encode_characters(mono.characters())
    catalog = (
        f"<</Type/Catalog/Version/1.7/Pages {PAGES} 0 R/Lang(zh-CN)"
        "/ViewerPreferences<</DisplayDocTitle true/PrintScaling/None>>>>"
    )
    fonts = f"/kai {_KAI} 0 R/mono {_MONO} 0 R/song {SONG} 0 R"
    resources = f"<</Font<<{fonts}>>/XObject<</form {_RULES} 0 R>>>>"
    bounds = f"/Type/XObject/Subtype/Form/BBox[0 0 {layout.width:g} {layout.height:g}]/Resources<<>>"
    rules = stream(draw_form(layout).encode(), bounds)
    objects = [catalog.encode(), rules, resources.encode(), *embed_font(kai, labels, _KAI)]
    objects += embed_font(mono, figures, _MONO)
    return Form(objects, {"kai": labels, "mono": figures})


def draw_form(layout: Layout) -> str:
    """Lines, recognition strip and the neutral oval, in mm from the lower left corner."""
    drawing, height = layout.drawing, layout.height
    parts = []
    for band in drawing.bands:
        red, green, blue = (f"{part / 255:.3f}" for part in band.colour)
        x, y, wide, high = band.box
        parts.append(f"{red} {green} {blue} rg {x:g} {height - y - high:g} {wide:g} {high:g} re f")
    parts.append(f"0.502 0 0 RG {drawing.rule_width:g} w")
    parts += [f"{x:g} {height - y:g} m {x2:g} {height - y2:g} l" for x, y, x2, y2 in drawing.rules]
    x, y, wide, high = drawing.specimen
    oval = ellipse(x + wide / 2, height - y - high / 2, wide / 2, high / 2)
    parts.append(f"S 0.55 G 0.4 w {oval} S")
    return "\n".join(parts)


def draw_crossed_circle(layout: Layout) -> str:
    """⊗ before the words, as a path."""
    x, y, radius = layout.drawing.crossed_circle
    y, arm = layout.height - y, radius * 0.7071
    arms = " ".join(
        f"{x - arm:.3f} {y - side * arm:.3f} m {x + arm:.3f} {y + side * arm:.3f} l" for side in (1, -1)
    )
    return f"q 0 G 0.2 w {ellipse(x, y, radius, radius)} {arms} S Q\n"


def ellipse(x: float, y: float, wide: float, high: float) -> str:
    """A closed path of four Bézier curves around (x, y)."""
    dx, dy = wide * _CIRCLE, high * _CIRCLE
    curves = [
        (x + wide, y + dy, x + dx, y + high, x, y + high),
        (x - dx, y + high, x - wide, y + dy, x - wide, y),
        (x - wide, y - dy, x - dx, y - high, x, y - high),
        (x + dx, y - high, x + wide, y - dy, x + wide, y),
    ]
    path = " ".join(" ".join(f"{value:.3f}" for value in curve) + " c" for curve in curves)
    return f"{x + wide:.3f} {y:.3f} m {path} h"
