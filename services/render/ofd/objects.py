"""Text objects of a page (GB/T 33190-2016 chapter 11); lengths in mm, from the upper left corner, y points down."""

from collections.abc import Mapping
from functools import cache
from itertools import groupby
from typing import NamedTuple, TypeAlias

from services.render.fonts.glyphs import FontName, font_file
from services.render.page.layout import MM_PER_POINT, Ink
from services.render.page.runs import Run
from services.render.structured.markup import escape

Typeface: TypeAlias = tuple[FontName, float]  # a font and how many times as wide it is

_ABOVE, _BELOW, _ASIDE = 1.2, 0.4, 0.2  # room for ink around the baseline and the ends of a text, in its size


class Style(NamedTuple):
    """Colours as elements, and the ids of the fonts.

    A squeezed text has a font of its own, for readers differ in what they do to advances when they transform a text.
    """

    inks: Mapping[Ink, str]
    fonts: Mapping[Typeface, int]


def text_object(number: int, run: Run, style: Style, glyphs: Mapping[str, int]) -> str:
    """One row of text (11.3): the baseline begins where the run says, every advance is written out."""
    font, size, x, y, text, ink, squeeze, spacing, _, _ = run
    measure = _measure(size, spacing, squeeze)
    widths = list(map(font_file(font).advances.__getitem__, text))
    moves = list(map(measure.__getitem__, widths))
    width = sum(widths) * measure.scale + len(widths) * measure.spacing + 2 * measure.aside
    delta = f' DeltaX="{write_delta(moves[:-1])}"' if len(moves) > 1 else ""
    box = f"{x - measure.aside:.3f} {y - measure.above:.3f} {width:.3f} {measure.height}"
    return (
        f'<ofd:TextObject ID="{number}" Boundary="{box}" Font="{style.fonts[font, squeeze]}" {measure.size}>'
        f"{style.inks[ink]}{_transforms(text, glyphs)}"
        f"<ofd:TextCode {measure.place}{delta}>{escape(text)}</ofd:TextCode></ofd:TextObject>"
    )


def write_delta(moves: list[str]) -> str:
    """Advances as an ST_Array: `g n v` stands for n times v."""
    parts = []
    for move, run in groupby(moves):
        count = len(list(run))
        parts.append(f"g {count} {move}" if count > 2 else " ".join([move] * count))
    return " ".join(parts)


def _transforms(text: str, glyphs: Mapping[str, int]) -> str:
    """Names the glyphs of characters beyond U+FFFF (11.4), which readers take for two of the text's units."""
    if max(text) <= "\uffff":
        return ""
    transforms = []
    position = 0
    for character in text:
        if character > "\uffff":
            transforms.append(
                f'<ofd:CGTransform CodePosition="{position}" CodeCount="2" GlyphCount="1">'
                f"<ofd:Glyphs>{glyphs[character]}</ofd:Glyphs></ofd:CGTransform>"
            )
            position += 1
        position += 1
    return "".join(transforms)


class _Measure(dict[int, str]):
    """At one size: widths in thousandths of an em -> advances in mm, as written; and what else is the same for all."""

    def __init__(self, size: float, spacing: float, squeeze: float) -> None:
        super().__init__()
        high = size * MM_PER_POINT
        self.aside, self.above = high * _ASIDE, high * _ABOVE
        self.scale, self.spacing = high * squeeze / 1000, spacing * squeeze
        self.size = f'Size="{high:.4f}"'
        self.height = f"{high * (_ABOVE + _BELOW):.3f}"
        self.place = f'X="{self.aside:.3f}" Y="{self.above:.3f}"'

    def __missing__(self, width: int) -> str:
        advance = f"{round(width * self.scale + self.spacing, 4):g}"
        self[width] = advance
        return advance


@cache
def _measure(size: float, spacing: float, squeeze: float) -> _Measure:
    return _Measure(size, spacing, squeeze)
