"""A printable file as it grows: pages are packed as they come, fonts embedded at the end with what all pages used.

Objects 1 to 4 are the catalog, the page tree, the resources and the information; then page and content by turns.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from libs.common.clock import SHANGHAI
from services.render.fonts.glyphs import FontName, font_file
from services.render.page.layout import MM_PER_POINT, Ink
from services.render.page.runs import Item
from services.render.pdf.file import stream, text_string, write_file
from services.render.pdf.fonts import embed_font
from services.render.pdf.metadata import PRODUCER, pdf_date
from services.render.pdf.operators import write_items
from services.render.print.placement import Side
from services.render.print.profiles import Offset

_CATALOG, _PAGES, _RESOURCES, _INFORMATION = 1, 2, 3, 4
_FONTS: tuple[FontName, ...] = ("song", "kai", "mono")
# A line to cut along: grey, 0.15 mm, dashes of 2 mm; from and to in mm, from the lower left corner.
_CUT = "q 0.55 G 0.15 w [2 2] 0 d {:g} {:g} m {:g} {:g} l S Q\n"


class Drawn(NamedTuple):
    """A page of an invoice in operators; its origin is the upper left corner, its unit a millimetre.

    `bookmark` is the title of what begins with it.
    """

    width: float
    height: float
    content: str
    bookmark: str = ""


class Codes(dict[str, str]):
    """Codes of the characters of one font, given out as the characters come."""

    def __missing__(self, character: str) -> str:
        self[character] = code = f"{len(self) + 1:04X}"
        return code


class Bookmark(NamedTuple):
    """A title, and the object number of the page that it leads to."""

    title: str
    page: int


class Press:
    """Collects printed sides and bookmarks; `finish` gives the file, the same for the same input."""

    def __init__(self) -> None:
        self.codes: Mapping[str, Codes] = {name: Codes() for name in _FONTS}
        self._sides: list[bytes] = []
        self._forms: dict[str, bytes] = {}
        self._bookmarks: list[Bookmark] = []

    @property
    def _next_page(self) -> int:
        """The object number that the next side will have."""
        return _INFORMATION + 1 + len(self._sides)

    def write(self, items: Iterable[Item], inks: Mapping[Ink, str]) -> str:
        """Runs as operators, in the codes of this file."""
        return write_items(items, inks, self.codes)

    def form(self, name: str, drawing: str, width: float, height: float) -> str:
        """The operator that draws what every page repeats; it is kept once."""
        if name not in self._forms:
            bounds = f"/Type/XObject/Subtype/Form/BBox[0 {-height:g} {width:g} 0]/Resources<<>>"
            self._forms[name] = stream(drawing.encode(), bounds)
        return f"/{name} Do\n"

    def add(self, side: Side[Drawn], offset: Offset, cut: Sequence[float] | None) -> None:
        """One side of paper; the line to cut along stays where the paper is, whatever the offset."""
        paper = side.paper
        parts = [
            f"q {placement.matrix(page, paper, offset)}\n{page.content}Q\n" for page, placement in side.places
        ]
        if side.is_cut and cut:
            points = f"{1 / MM_PER_POINT:.6f}"
            x, y, x2, y2 = cut
            line = _CUT.format(x, paper.height - y, x2, paper.height - y2)
            parts.append(f"q {points} 0 0 {points} 0 0 cm {line}Q\n")
        box = f"[0 0 {paper.width / MM_PER_POINT:.3f} {paper.height / MM_PER_POINT:.3f}]"
        entry = (
            f"<</Type/Page/Parent {_PAGES} 0 R/MediaBox{box}/Resources {_RESOURCES} 0 R"
            f"/Contents[{self._next_page + 1} 0 R]>>"
        )
        self._bookmarks += [
            Bookmark(page.bookmark, self._next_page) for page, _ in side.places if page.bookmark
        ]
        self._sides += [entry.encode(), stream("".join(parts).encode())]

    def finish(self, title: str, moment: datetime | None) -> bytes:
        """The file; `moment` is its date, if it has any: never the present."""
        first = self._next_page
        embedded: list[bytes] = []
        names = []
        for name in _FONTS:
            if self.codes[name]:
                names.append(f"/{name} {first + len(embedded)} 0 R")
                embedded += embed_font(font_file(name), self.codes[name], first + len(embedded))
        drawn = [f"/{name} {first + len(embedded) + n} 0 R" for n, name in enumerate(self._forms)]
        embedded += self._forms.values()
        outlines = _outline(self._bookmarks, first + len(embedded))
        resources = f"<</Font<<{''.join(names)}>>/XObject<<{''.join(drawn)}>>>>"
        kids = " ".join([f"{number} 0 R" for number in range(_INFORMATION + 1, first, 2)])
        objects = [
            _catalog(first + len(embedded) if outlines else None).encode(),
            f"<</Type/Pages/Count {len(self._sides) // 2}/Kids[{kids}]>>".encode(),
            resources.encode(),
            f"<</Title{text_string(title)}/Producer({PRODUCER}){_dates(moment)}>>".encode(),
            *self._sides,
            *embedded,
            *outlines,
        ]
        identity = hashlib.sha256(b"\0".join(objects)).hexdigest()[:32]
        return write_file(objects, information=_INFORMATION, identity=identity)


def _dates(moment: datetime | None) -> str:
    if moment is None:
        return ""
    date = pdf_date(moment.astimezone(SHANGHAI))
    return f"/CreationDate({date})/ModDate({date})"


def _catalog(outlines: int | None) -> str:
    """The document's root (7.7.2): at its own size, from the tray with paper of that size (12.2)."""
    shown = f"/Outlines {outlines} 0 R/PageMode/UseOutlines" if outlines else ""
    wishes = "/DisplayDocTitle true/PrintScaling/None/PickTrayByPDFSize true"
    return (
        f"<</Type/Catalog/Version/1.7/Pages {_PAGES} 0 R/Lang(zh-CN){shown}/ViewerPreferences<<{wishes}>>>>"
    )


def _outline(bookmarks: Sequence[Bookmark], root: int) -> list[bytes]:
    """The outline and its items (12.3.3), numbered from `root`; none where there is no bookmark."""
    if not bookmarks:
        return []
    last = root + len(bookmarks)
    items = [f"<</Type/Outlines/First {root + 1} 0 R/Last {last} 0 R/Count {len(bookmarks)}>>"]
    for number, (title, page) in enumerate(bookmarks, root + 1):
        before = f"/Prev {number - 1} 0 R" if number > root + 1 else ""
        after = f"/Next {number + 1} 0 R" if number < last else ""
        items.append(f"<</Title{text_string(title)}/Parent {root} 0 R{before}{after}/Dest[{page} 0 R/Fit]>>")
    return [item.encode() for item in items]
