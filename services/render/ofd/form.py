"""What all documents of one design share: template pages, resources, the fonts of the labels. Made once a process."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from typing import NamedTuple

from services.render.fonts.glyphs import FontName, font_file
from services.render.ofd.markup import FOLDER, NAMESPACE, write_page, write_part
from services.render.ofd.objects import Style, Typeface, text_object
from services.render.ofd.package import Part, make_part
from services.render.ofd.shapes import draw_crossed_circle, draw_form
from services.render.ofd.truetype import build_font
from services.render.page.layout import Entry, Label, Layout, section_labels
from services.render.page.pages import PAGE_NUMBER_CHARACTERS
from services.render.page.runs import PLAIN_MONO, run_label
from services.render.page.sheet import Design, Sheet, make_designs, make_sheet

SONG: Typeface = ("song", 1.0)
MONO: Typeface = ("mono", 1.0)
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
    style: Style
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
    numbers = count(1)
    used = label_characters(designs)
    fonts = dict(zip([SONG, MONO, *used], numbers, strict=False))
    stationery = tuple([make_stationery(design, kind, fonts, numbers) for design in designs])
    parts = [
        write_part(f"{FOLDER}/PublicRes.xml", _write_resources(fonts)),
        *[embed_font(face, characters) for face, characters in used.items()],
    ]
    return Form(parts, stationery, next(numbers))


def label_characters(designs: Sequence[Design]) -> dict[Typeface, list[str]]:
    """What each font of the labels has to draw, page numbers included."""
    kai = {1.0: set(PAGE_NUMBER_CHARACTERS)}
    for label in (label for design in designs for label in design.labels()):
        kai.setdefault(label.squeeze, set()).update(label.text)
    return {("kai", squeeze): sorted(text) for squeeze, text in kai.items()}


def make_stationery(
    design: Design, kind: str, fonts: Mapping[Typeface, int], numbers: Iterator[int]
) -> Stationery:
    """The form as every page shows it, with 小计 on all pages but the last."""
    layout = design.layout
    inks = {ink: f'<ofd:FillColor Value="{r} {g} {b}"/>' for ink, (r, g, b) in layout.inks.items()}
    style = Style(inks, fonts)
    labels = [template_labels(design, kind, sums) for sums in (layout.subtotal, layout.total)]
    middle = make_template(layout, labels[0], style, numbers)
    last = make_template(layout, labels[1], style, numbers, is_last=True)
    return Stationery(make_sheet(design, lambda _: "", circle=""), style, middle, last)


def make_template(
    layout: Layout, labels: Sequence[Label], style: Style, numbers: Iterator[int], *, is_last: bool = False
) -> Template:
    """A page with lines and labels; what lies lowest comes first."""
    page, layer = next(numbers), next(numbers)
    objects = [
        draw_form(layout, numbers),
        *[text_object(next(numbers), run_label(label), style, {}) for label in labels],
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


def embed_font(face: Typeface, characters: Sequence[str]) -> Part:
    """The font's file with just these characters."""
    font, squeeze = face
    return make_part(f"{FOLDER}/Res/{name_font(face)}.ttf", build_font(font, characters, squeeze))


@cache
def embed_mono(*, is_plain: bool) -> Part:
    """The typewriter font, whole if the usual characters do not do."""
    return embed_font(MONO, PLAIN_MONO if is_plain else font_file("mono").characters())


def name_font(face: Typeface) -> str:
    """As in `kai` or, squeezed, `kai_89`."""
    font, squeeze = face
    return font if squeeze == 1 else f"{font}_{squeeze * 100:.0f}"


def _write_resources(ids: Mapping[Typeface, int]) -> str:
    """Chapter 7.9: the fonts."""
    fonts = [
        f'<ofd:Font ID="{number}" FontName="{font_file(face[0]).description.name}" FamilyName="{_FAMILIES[face[0]]}">'
        f"<ofd:FontFile>{name_font(face)}.ttf</ofd:FontFile></ofd:Font>"
        for face, number in ids.items()
    ]
    return f'<ofd:Res {NAMESPACE} BaseLoc="Res"><ofd:Fonts>{"".join(fonts)}</ofd:Fonts></ofd:Res>'
