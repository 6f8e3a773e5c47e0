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
    size = run.size * MM_PER_POINT
    widths = list(map(font_file(run.font).advances.__getitem__, run.text))
    moves = list(map(_advances(run.size, run.spacing, run.squeeze).__getitem__, widths))
    width = (sum(widths) * size / 1000 + run.spacing * len(widths)) * run.squeeze
    aside, above = size * _ASIDE, size * _ABOVE
    delta = f' DeltaX="{write_delta(moves[:-1])}"' if len(moves) > 1 else ""
    font = style.fonts[run.font, run.squeeze]
    box = f"{run.x - aside:.3f} {run.y - above:.3f} {width + 2 * aside:.3f} {size * (_ABOVE + _BELOW):.3f}"
    return (
        f'<ofd:TextObject ID="{number}" Boundary="{box}" Font="{font}" Size="{size:.4f}">'
        f"{style.inks[run.ink]}{_transforms(run.text, glyphs)}"
        f'<ofd:TextCode X="{aside:.3f}" Y="{above:.3f}"{delta}>{escape(run.text)}</ofd:TextCode>'
        "</ofd:TextObject>"
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


class _Advances(dict[int, str]):
    """Widths in thousandths of an em -> in mm at one size, as written."""

    def __init__(self, size: float, spacing: float, squeeze: float) -> None:
        super().__init__()
        self._scale = size * MM_PER_POINT * squeeze / 1000
        self._spacing = spacing * squeeze

    def __missing__(self, width: int) -> str:
        advance = f"{round(width * self._scale + self._spacing, 4):g}"
        self[width] = advance
        return advance


@cache
def _advances(size: float, spacing: float, squeeze: float) -> _Advances:
    return _Advances(size, spacing, squeeze)
