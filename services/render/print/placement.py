"""Pages put on paper: at full size wherever they fit, else turned and scaled until they do."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from services.render.page.layout import MM_PER_POINT
from services.render.print.profiles import Offset, Profile, Slot

TURN_GAIN = 1.05  # a page is turned only where that makes it clearly larger
# mm on each side of a page that is scaled anyway: with its own margins, then smaller too, what printers leave blank.
SPARE = 1.5


class Sized(Protocol):
    """What has a size in mm."""

    @property
    def width(self) -> float: ...

    @property
    def height(self) -> float: ...


SizedT = TypeVar("SizedT", bound=Sized)


class Placement(NamedTuple):
    """Upper left corner on the paper, scale, and whether the page is turned clockwise."""

    x: float
    y: float
    scale: float = 1.0
    is_turned: bool = False

    def matrix(self, page: Sized, paper: Sized, offset: Offset) -> str:
        """The `cm` operator (ISO 32000-1 8.3.4) from the page, in mm with its origin above, to the paper in points."""
        unit = self.scale / MM_PER_POINT
        x = (self.x + offset.dx) / MM_PER_POINT
        y = (paper.height - self.y - offset.dy) / MM_PER_POINT
        if self.is_turned:
            return f"0 {-unit:.6f} {unit:.6f} 0 {x + page.height * unit:.3f} {y:.3f} cm"
        return f"{unit:.6f} 0 0 {unit:.6f} {x:.3f} {y:.3f} cm"


class Paper(NamedTuple):
    """The size of a sheet in mm."""

    width: float
    height: float


class Side(NamedTuple, Generic[SizedT]):
    """One side of a sheet of paper: what stands on it and where; `is_cut` where it has a line to cut along."""

    paper: Paper
    places: Sequence[tuple[SizedT, Placement]]
    is_cut: bool


def arrange(pages: Iterable[SizedT], profile: Profile) -> Iterator[Side[SizedT]]:
    """Sides in the order of the pages; a page that fits no slot has one for itself."""
    if not profile.slots or profile.height is None:
        for page in pages:
            yield Side(Paper(page.width, page.height), [(page, Placement(0.0, 0.0))], is_cut=False)
        return
    paper, is_cut = Paper(profile.width, profile.height), profile.cut is not None
    waiting: list[tuple[SizedT, Placement]] = []
    for page in pages:
        slot = profile.slots[len(waiting)]
        is_slotted = fits(page, slot)
        if is_slotted:
            waiting.append((page, Placement(slot.x, slot.y)))
        if waiting and (not is_slotted or len(waiting) == len(profile.slots)):
            yield Side(paper, waiting, is_cut)
            waiting = []
        if not is_slotted:
            yield Side(paper, [(page, centre(page, paper))], is_cut=False)
    if waiting:
        yield Side(paper, waiting, is_cut)


def fits(page: Sized, room: Sized | Slot) -> bool:
    """At full size, upright."""
    return page.width <= room.width and page.height <= room.height


def centre(page: Sized, paper: Paper) -> Placement:
    """In the middle of the paper: at full size if it fits, else as large as it can be."""
    if fits(page, paper):
        return Placement((paper.width - page.width) / 2, (paper.height - page.height) / 2)
    upright = min((paper.width - 2 * SPARE) / page.width, (paper.height - 2 * SPARE) / page.height)
    turned = min((paper.width - 2 * SPARE) / page.height, (paper.height - 2 * SPARE) / page.width)
    is_turned = turned > upright * TURN_GAIN
    scale = turned if is_turned else upright
    width, height = (page.height, page.width) if is_turned else (page.width, page.height)
    return Placement((paper.width - width * scale) / 2, (paper.height - height * scale) / 2, scale, is_turned)
