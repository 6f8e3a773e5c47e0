"""What all documents of one design share: template pages, resources, the fonts of the labels. Made once a process."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from typing import NamedTuple

from services.render.fonts.glyphs import FontName, font_file
from services.render.ofd.markup import FOLDER, NAMESPACE, write_page, write_part
from services.render.ofd.objects import FONT_IDS, text_object
from services.render.ofd.package import Part, make_part
from services.render.ofd.shapes import draw_crossed_circle, draw_form
from services.render.ofd.truetype import build_font
from services.render.page.layout import Entry, Ink, Label, section_labels
from services.render.page.runs import run_label
from services.render.page.sheet import Design, Sheet, make_designs, make_sheet

PAGE_NUMBER_CHARACTERS = "0123456789共页第 "
# Fonts that a reader may have of its own, should it not know embedded ones.
_FAMILIES: Mapping[FontName, str] = {"kai": "楷体", "mono": "Courier New", "song": "宋体"}


class Template(NamedTuple):
    """A template page, which lies under every page that names its `id`."""

    id: int
    path: str
    part: Part


class Stationery(NamedTuple):
    """A sheet whose labels are on template pages: one for the last page, one for those before it."""

    sheet: Sheet
    inks: Mapping[Ink, str]
    middle: Template
    last: Template


class Form(NamedTuple):
    """The constant parts, the stationery of each layout, and the first id that is each document's own."""

    parts: list[Part]
    stationery: tuple[Stationery, ...]
    next_id: int


@cache
def make_form(names: tuple[str, ...], business: str, mark: str, kind: str) -> Form:
    """Of the layouts that a document has pages of; the special business and the mark may be none."""
    designs = make_designs(names, business, mark)
    numbers = count(max(FONT_IDS.values()) + 1)
    stationery = tuple([make_stationery(design, kind, numbers) for design in designs])
    labels = [label.text for design in designs for label in design.labels()]
    kai = sorted(set(PAGE_NUMBER_CHARACTERS).union(*labels))
    parts = [
        write_part(f"{FOLDER}/PublicRes.xml", _write_resources()),
        embed_font("kai", kai),
        embed_font("mono", font_file("mono").characters()),
    ]
    return Form(parts, stationery, next(numbers))


def make_stationery(design: Design, kind: str, numbers: Iterator[int]) -> Stationery:
    """The form as every page shows it, with 小计 on all pages but the last."""
    layout = design.layout
    inks = {ink: f'<ofd:FillColor Value="{r} {g} {b}"/>' for ink, (r, g, b) in layout.inks.items()}
    middle = make_template(design, kind, inks, layout.subtotal, numbers)
    last = make_template(design, kind, inks, layout.total, numbers, is_last=True)
    return Stationery(make_sheet(design, lambda _: "", circle=""), inks, middle, last)


def make_template(
    design: Design,
    kind: str,
    inks: Mapping[Ink, str],
    sums: tuple[Entry, ...],
    numbers: Iterator[int],
    *,
    is_last: bool = False,
) -> Template:
    """A page with lines and labels; what lies lowest comes first."""
    layout = design.layout
    page, layer = next(numbers), next(numbers)
    labels = template_labels(design, kind, sums)
    objects = [
        draw_form(layout, numbers),
        *[text_object(next(numbers), run_label(label), inks, {}) for label in labels],
        draw_crossed_circle(layout, numbers) if is_last else "",
    ]
    path = f"Tpls/Tpl_{page}/Content.xml"
    return Template(page, path, write_page(f"{FOLDER}/{path}", layout, layer, "".join(objects)))


def template_labels(design: Design, kind: str, sums: tuple[Entry, ...]) -> list[Label]:
    """The mark and every fixed text, in reading order."""
    layout = design.layout
    single = [design.mark, layout.titles.get(kind), design.block.caption]
    sections = (layout.head, layout.columns, sums, layout.closing, layout.foot)
    return [*filter(None, single), *[label for section in sections for label in section_labels(section)]]


def embed_font(font: FontName, characters: Sequence[str]) -> Part:
    """The font's file with just these characters."""
    return make_part(f"{FOLDER}/Res/{font}.ttf", build_font(font, characters))


def _write_resources() -> str:
    """Chapter 7.9: the fonts."""
    fonts = [
        f'<ofd:Font ID="{number}" FontName="{font_file(font).description.name}" FamilyName="{_FAMILIES[font]}">'
        f"<ofd:FontFile>{font}.ttf</ofd:FontFile></ofd:Font>"
        for font, number in FONT_IDS.items()
    ]
    return f'<ofd:Res {NAMESPACE} BaseLoc="Res"><ofd:Fonts>{"".join(fonts)}</ofd:Fonts></ofd:Res>'
