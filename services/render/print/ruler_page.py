"""The test page: rulers, crosses near the corners, a line to measure, and what to do with what was measured."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

from services.render.fonts.glyphs import font_file
from services.render.page.layout import MM_PER_POINT, Ink
from services.render.page.runs import Run
from services.render.page.text import measure
from services.render.print.placement import Paper, arrange
from services.render.print.press import Drawn, Press
from services.render.print.profiles import Offset, Profile, ProfileName, load_profiles
from services.render.print.words import wrap_words

SHORTEST = 150.0  # mm of a roll
VERTICAL = 100.0  # mm, of the ruler down the side
CROSS_ARM = 4.0
_STROKE = 0.1  # mm
_RULERS_IN = 12.0  # mm from the crosses
_SIZE = 8.5  # points
_PITCH = _SIZE * MM_PER_POINT * 1.38
_BEFORE = 0.7  # mm before a sentence
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
    x, y = profile.cross + _RULERS_IN + 3.0, profile.cross + _RULERS_IN + 14.0
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
    left, right, y = zero + 3.0, zero + 3.0 + profile.ruler, zero + 8.0
    yield left, y, right, y
    for x in (left + _STROKE / 2, right - _STROKE / 2):  # measured from outside to outside
        yield x, y - 2.5, x, y + 2.5


def _tick(mm: int) -> float:
    return 3.0 if mm % 10 == 0 else 2.0 if mm % 5 == 0 else 1.2


def _numbers(profile: Profile) -> Iterator[Run]:
    """Every ten millimetres."""
    zero = profile.cross + _RULERS_IN
    advances = font_file("song").advances
    for mm in range(0, round(profile.ruler) + 1, 10):
        wide = measure(str(mm), advances) * 7 * MM_PER_POINT / 1000
        yield Run("song", 7.0, zero + mm - wide / 2, zero - 3.6, str(mm), "value")
    for mm in range(10, round(VERTICAL) + 1, 10):
        wide = measure(str(mm), advances) * 7 * MM_PER_POINT / 1000
        yield Run("song", 7.0, zero - 3.6 - wide, zero + mm + 0.9, str(mm), "value")


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
