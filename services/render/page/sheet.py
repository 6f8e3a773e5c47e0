"""A layout made ready for one format: its labels written once, as fragments that stand between the values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from services.render.page.layout import Block, Entry, Label, Layout, load_layout, section_labels
from services.render.page.runs import Ready

Write: TypeAlias = Callable[[Sequence[Label]], str]


class Design(NamedTuple):
    """A layout with what an invoice adds to it: the block of its special business, the mark of its version."""

    name: str
    layout: Layout
    block: Block
    mark: Label | None

    def labels(self) -> Iterator[Label]:
        """Every fixed text that may stand on its pages."""
        yield from self.layout.labels()
        yield from section_labels(self.block.columns)
        yield from filter(None, (self.block.caption, self.mark))


class Sheet(NamedTuple):
    """A design whose labels are fragments; `circle` is ⊗ before the words."""

    design: Design
    titles: Mapping[str, str]
    head: Sequence[Ready]
    columns: str
    subtotal: Sequence[Ready]
    total: Sequence[Ready]
    closing: Sequence[Ready]
    foot: Sequence[Ready]
    mark: str
    circle: str


def make_designs(names: Sequence[str], business: str, mark: str) -> list[Design]:
    """Of layouts by name; the special business and the mark may be none."""
    layouts = [load_layout(name) for name in names]
    return [
        Design(name, layout, layout.blocks.get(business, Block()), layout.marks.get(mark))
        for name, layout in zip(names, layouts, strict=True)
    ]


def make_sheet(design: Design, write: Write, *, circle: str) -> Sheet:
    """In the format of which `write` makes a fragment of labels."""
    layout, caption = design.layout, design.block.caption

    def ready(section: Sequence[Entry]) -> list[Ready]:
        return [Ready(write(entry.labels), entry.field) for entry in section]

    return Sheet(
        design,
        {kind: write([title]) for kind, title in layout.titles.items()},
        [*([Ready(write([caption]), None)] if caption else []), *ready(layout.head)],
        write(section_labels(layout.columns)),
        ready(layout.subtotal),
        ready(layout.total),
        ready(layout.closing),
        ready(layout.foot),
        write([design.mark]) if design.mark else "",
        circle,
    )
