"""The test page: rulers, crosses near the corners, a line to measure, and what to do with what was measured."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

from services.render.fonts.glyphs import font_file
from services.render.page.layout import MM_PER_POINT, SHARE_LEFT_OF_X, Ink
from services.render.page.runs import Run
from services.render.page.text import measure
from services.render.print.placement import Paper, arrange
from services.render.print.press import Drawn, Press
from services.render.print.profiles import Offset, Profile, ProfileName, load_profiles
from services.render.print.words import wrap_words

# In mm, but for the sizes of type.
SHORTEST = 150.0  # of a roll
VERTICAL = 100.0  # the ruler down the side
CROSS_ARM = 4.0
_STROKE = 0.1
_RULERS_IN = 12.0  # from the crosses
_TICKS = {10: 3.0, 5: 2.0, 1: 1.2}
_LINE_IN, _LINE_BELOW, _LINE_END = (
    3.0,
    8.0,
    2.5,
)  # the line to measure, from where the rulers meet; half of its ends
_TEXT_BELOW = 14.0  # first baseline, from there too
_NUMBER_SIZE = 7.0  # points
_NUMBER_AWAY, _NUMBER_DROP = (
    3.6,
    0.9,
)  # from the ruler; of a baseline, for its figures to be centred at their tick
_SIZE = 8.5  # points
_PITCH = _SIZE * MM_PER_POINT * 1.38
_BEFORE = 0.7  # room before a sentence
_INKS: Mapping[Ink, str] = {"value": "0 g"}


class _Texts(msgspec.Struct, frozen=True):
    sentences: tuple[tuple[str, str], ...]


@cache
def _load_texts() -> tuple[tuple[str, str], ...]:
    path = Path(__file__).with_name("ruler_page.toml")
    return msgspec.toml.decode(path.read_bytes(), type=_Texts).sentences


def draw_test_page(name: ProfileName, offset: Offset) -> bytes:
    """Moved like the invoices of the same order, so that a saved offset can be checked."""
    profile = load_profiles()[name]
    press = Press()
    x, y = profile.cross + _RULERS_IN + _LINE_IN, profile.cross + _RULERS_IN + _TEXT_BELOW
    runs = list(_set_sentences(_fill_in(profile, offset), x, y, profile.width - profile.cross - x))
    height = profile.height or max(SHORTEST, runs[-1].y + profile.cross + CROSS_ARM)
    strokes = [*_crosses(Paper(profile.width, height), profile.cross), *_rulers(profile)]
    lines = "".join([f"{a:g} {-b:g} m {c:g} {-d:g} l\n" for a, b, c, d in strokes])
    content = f"0 G {_STROKE} w {lines}S\n" + press.write([*_numbers(profile), *runs], _INKS)
    whole = msgspec.structs.replace(profile, slots=())  # rulers belong to the paper, not to a slot
    for side in arrange([Drawn(profile.width, height, content)], whole):
        press.add(side, offset, None)
    return press.finish(profile.title_zh, None)


def _fill_in(profile: Profile, offset: Offset) -> Mapping[str, str]:
    height = f" × {profile.height:g}" if profile.height else ""
    return {
        "title": profile.title,
        "title_zh": profile.title_zh,
        "ruler": f"{profile.ruler:g}",
        "cross": f"{profile.cross:g}",
        "near": f"{profile.cross - 1.5:g}",
        "far": f"{profile.cross + 1.5:g}",
        "dx": f"{offset.dx:g}",
        "dy": f"{offset.dy:g}",
        "paper": f"{profile.width:g}{height}",
    }


def _crosses(paper: Paper, inset: float) -> Iterator[tuple[float, float, float, float]]:
    for x in (inset, paper.width - inset):
        for y in (inset, paper.height - inset):
            yield x - CROSS_ARM, y, x + CROSS_ARM, y
            yield x, y - CROSS_ARM, x, y + CROSS_ARM


def _rulers(profile: Profile) -> Iterator[tuple[float, float, float, float]]:
    """One along the top, one down the side, and the line to measure between them."""
    zero = profile.cross + _RULERS_IN
    yield zero, zero, zero + profile.ruler, zero
    yield zero, zero, zero, zero + VERTICAL
    for mm in range(round(profile.ruler) + 1):
        yield zero + mm, zero, zero + mm, zero - _tick(mm)
    for mm in range(round(VERTICAL) + 1):
        yield zero, zero + mm, zero - _tick(mm), zero + mm
    left, y = zero + _LINE_IN, zero + _LINE_BELOW
    right = left + profile.ruler
    yield left, y, right, y
    for x in (left + _STROKE / 2, right - _STROKE / 2):  # measured from outside to outside
        yield x, y - _LINE_END, x, y + _LINE_END


def _tick(mm: int) -> float:
    return next(length for step, length in _TICKS.items() if mm % step == 0)


def _numbers(profile: Profile) -> Iterator[Run]:
    """Every ten millimetres."""
    zero = profile.cross + _RULERS_IN
    advances = font_file("song").advances

    def place(mm: int, x: float, y: float, share: float) -> Run:
        wide = measure(str(mm), advances) * _NUMBER_SIZE * MM_PER_POINT / 1000
        return Run("song", _NUMBER_SIZE, x - share * wide, y, str(mm), "value")

    for mm in range(0, round(profile.ruler) + 1, 10):
        yield place(mm, zero + mm, zero - _NUMBER_AWAY, SHARE_LEFT_OF_X["centre"])
    for mm in range(10, round(VERTICAL) + 1, 10):
        yield place(mm, zero - _NUMBER_AWAY, zero + mm + _NUMBER_DROP, SHARE_LEFT_OF_X["right"])


def _set_sentences(values: Mapping[str, str], x: float, y: float, width: float) -> Iterator[Run]:
    """Each in Chinese, then in English, below each other."""
    advances = font_file("song").advances
    limit = width * 1000 / (_SIZE * MM_PER_POINT)
    for pair in _load_texts():
        for sentence in pair:
            for row in wrap_words(sentence.format_map(values), advances, limit):
                yield Run("song", _SIZE, x, y, row, "value")
                y += _PITCH
        y += _BEFORE
