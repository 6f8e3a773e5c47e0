"""What all documents of one design share: catalog, rules, the fonts of the labels. Made once a process."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import msgspec

from services.render.fonts.glyphs import font_file
from services.render.page.layout import MM_PER_POINT, Ink, Label, Layout
from services.render.page.pages import PAGE_NUMBER_CHARACTERS
from services.render.page.runs import run_label
from services.render.page.sheet import Design, Sheet, make_designs, make_sheet
from services.render.pdf import attachment
from services.render.pdf.file import stream
from services.render.pdf.fonts import OBJECTS_PER_FONT, embed_font, encode_characters
from services.render.pdf.operators import draw_crossed_circle, draw_rules, fill, write_items
from services.render.pdf.srgb import CONDITION, make_profile

RESOURCES = 2
_KAI = 3
_MONO = _KAI + OBJECTS_PER_FONT
_PROFILE = _MONO + OBJECTS_PER_FONT
_RULES = _PROFILE + 1


class Subject(NamedTuple):
    """What documents have in common that share a form; business and mark may be none. `figures` are those in mono."""

    layouts: tuple[str, ...]
    kind: str
    business: str
    mark: str
    figures: str


class Template(NamedTuple):
    """A sheet in operators: the colours of its inks, and the start of its pages, which draws its rules."""

    sheet: Sheet
    inks: Mapping[Ink, str]
    start: str


class Numbers(NamedTuple):
    """Of a document's own objects, which follow the constant ones: the font of its values is the first."""

    song: int

    @property
    def information(self) -> int:
        return self.song + OBJECTS_PER_FONT

    @property
    def metadata(self) -> int:
        return self.information + 1

    @property
    def attachment(self) -> int:
        return self.metadata + 1

    @property
    def pages(self) -> int:
        return self.attachment + attachment.OBJECTS


class Form(NamedTuple):
    """The constant objects, numbered from 1, the codes of the fonts among them, and the templates."""

    objects: list[bytes]
    codes: dict[str, dict[str, str]]
    templates: tuple[Template, ...]
    numbers: Numbers


@cache
def make_form(subject: Subject) -> Form:
    """With the characters that its labels need and no others."""
    designs = make_designs(subject.layouts, subject.business, subject.mark)
    designs = [_keep_title(design, subject.kind) for design in designs]
    labels = [label.text for design in designs for label in design.labels()]
    kai = encode_characters(sorted(set(PAGE_NUMBER_CHARACTERS).union(*labels)))
    mono = encode_characters(subject.figures)
    numbers = Numbers(_RULES + len(designs))
    rules = "".join([f"/{name} {number} 0 R" for number, name in enumerate(subject.layouts, _RULES)])
    resources = f"<</Font<</kai {_KAI} 0 R/mono {_MONO} 0 R/song {numbers.song} 0 R>>/XObject<<{rules}>>>>"
    objects = [_write_catalog(numbers).encode(), resources.encode()]
    objects += embed_font(font_file("kai"), kai, _KAI)
    objects += [*embed_font(font_file("mono"), mono, _MONO), stream(make_profile(), "/N 3")]
    objects += [_embed_rules(design.layout) for design in designs]
    codes = {"kai": kai, "mono": mono}
    return Form(objects, codes, tuple([make_template(design, codes) for design in designs]), numbers)


def _keep_title(design: Design, kind: str) -> Design:
    """Without the titles of other kinds."""
    titles = {name: title for name, title in design.layout.titles.items() if name == kind}
    return design._replace(layout=msgspec.structs.replace(design.layout, titles=titles))


def _write_catalog(numbers: Numbers) -> str:
    """The document's root (7.7.2): the colours that it is meant for (14.11.5), the file that belongs to it (7.11.4)."""
    intent = (
        f"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier({CONDITION})/Info({CONDITION})"
        f"/DestOutputProfile {_PROFILE} 0 R>>"
    )
    file = f"{numbers.attachment} 0 R"
    return (
        f"<</Type/Catalog/Version/1.7/Pages {numbers.pages} 0 R"
        f"/Metadata {numbers.metadata} 0 R/Lang(zh-CN)/OutputIntents[{intent}]"
        f"/AF[{file}]/Names<</EmbeddedFiles<</Names[({attachment.NAME}){file}]>>>>"
        "/ViewerPreferences<</DisplayDocTitle true/PrintScaling/None>>>>"
    )


def make_template(design: Design, codes: Mapping[str, Mapping[str, str]]) -> Template:
    """With the codes of the fonts of the labels."""
    layout = design.layout
    inks = {ink: fill(rgb) for ink, rgb in layout.inks.items()}

    def write(labels: Sequence[Label]) -> str:
        return write_items(map(run_label, labels), inks, codes)

    points = f"{1 / MM_PER_POINT:.6f}"
    start = f"{points} 0 0 {points} 0 {layout.height / MM_PER_POINT:.3f} cm /{design.name} Do\n"
    return Template(make_sheet(design, write, circle=draw_crossed_circle(layout)), inks, start)


def _embed_rules(layout: Layout) -> bytes:
    bounds = f"/Type/XObject/Subtype/Form/BBox[0 {-layout.height:g} {layout.width:g} 0]/Resources<<>>"
    return stream(draw_rules(layout).encode(), bounds)
