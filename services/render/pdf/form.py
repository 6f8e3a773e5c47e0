"""What all documents of one design share: catalog, rules, the fonts of the labels. Made once a process."""

from functools import cache
from typing import NamedTuple

from services.render.pdf.file import stream
from services.render.pdf.fonts import OBJECTS_PER_FONT, embed_font, encode_characters, font_file
from services.render.pdf.layout import Block, Label, Layout, load_layout, section_labels
from services.render.pdf.sheet import Sheet, fill, make_sheet

PAGE_NUMBER_CHARACTERS = "0123456789共页第 "
RESOURCES = 2
_KAI = 3
_MONO = _KAI + OBJECTS_PER_FONT
_RULES = _MONO + OBJECTS_PER_FONT
_CIRCLE = 0.5523  # how far the control points of a quarter circle lie, in radii


class Form(NamedTuple):
    """The constant objects, numbered from 1, the codes of the fonts among them, and the sheets.

    What follows is each document's own: the font of the values (five objects from `song`), the information
    dictionary, the page tree, the pages.
    """

    objects: list[bytes]
    codes: dict[str, dict[str, str]]
    sheets: tuple[Sheet, ...]

    @property
    def song(self) -> int:
        return len(self.objects) + 1

    @property
    def information(self) -> int:
        return self.song + OBJECTS_PER_FONT

    @property
    def pages(self) -> int:
        return self.information + 1


@cache
def make_form(names: tuple[str, ...], business: str, mark: str) -> Form:
    """Of the layouts that a document has pages of; the special business and the mark may be none."""
    layouts = [load_layout(name) for name in names]
    blocks = [layout.blocks.get(business, Block()) for layout in layouts]
    marks = [layout.marks.get(mark) for layout in layouts]
    kai, mono = font_file("kai"), font_file("mono")
    labels = encode_characters(
        sorted(set(PAGE_NUMBER_CHARACTERS).union(*map(_characters, layouts, blocks, marks)))
    )
    figures = encode_characters(mono.characters())
    song = _RULES + len(layouts)
    catalog = (
        f"<</Type/Catalog/Version/1.7/Pages {song + OBJECTS_PER_FONT + 1} 0 R/Lang(zh-CN)"
        "/ViewerPreferences<</DisplayDocTitle true/PrintScaling/None>>>>"
    )
    rules = "".join([f"/{name} {number} 0 R" for number, name in enumerate(names, _RULES)])
    resources = f"<</Font<</kai {_KAI} 0 R/mono {_MONO} 0 R/song {song} 0 R>>/XObject<<{rules}>>>>"
    objects = [catalog.encode(), resources.encode(), *embed_font(kai, labels, _KAI)]
    objects += [*embed_font(mono, figures, _MONO), *map(_embed_rules, layouts)]
    sheets = map(make_sheet, layouts, names, blocks, marks, [labels] * len(layouts))
    return Form(objects, {"kai": labels, "mono": figures}, tuple(sheets))


def _characters(layout: Layout, block: Block, mark: Label | None) -> str:
    labels = [*layout.labels(), block.caption, *section_labels(block.columns), mark]
    return "".join([label.text for label in labels if label])


def _embed_rules(layout: Layout) -> bytes:
    bounds = f"/Type/XObject/Subtype/Form/BBox[0 {-layout.height:g} {layout.width:g} 0]/Resources<<>>"
    return stream(draw_form(layout).encode(), bounds)


def draw_form(layout: Layout) -> str:
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
    parts.append(f"S {fill(layout.inks['specimen']).upper()} 0.4 w {oval} S")
    return "\n".join(parts)


def draw_crossed_circle(layout: Layout) -> str:
    """⊗ before the words, as a path."""
    if layout.drawing.crossed_circle is None:
        return ""
    x, y, radius = layout.drawing.crossed_circle
    arm = radius * 0.7071
    arms = " ".join(
        f"{x - arm:.3f} {-y - side * arm:.3f} m {x + arm:.3f} {-y + side * arm:.3f} l" for side in (1, -1)
    )
    return f"q 0 G 0.2 w {ellipse(x, -y, radius, radius)} {arms} S Q\n"


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
