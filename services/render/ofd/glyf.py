"""Outlines as TrueType holds them: cubic curves become quadratic ones, contours become the table entry of a glyph.

Readers of OFD draw embedded fonts with TrueType outlines; few know the cubic curves that the shipped fonts consist of.
"""

from collections.abc import Iterator, Sequence
from math import ceil, hypot
from struct import pack
from typing import NamedTuple

from services.render.ofd.charstring import Contour, Curve, Point, read_contours

TOLERANCE = 0.75  # thousandths of an em that a quadratic curve may leave the cubic one
_ERROR_SHARE = 3**0.5 / 36  # of the third difference: how far one quadratic curve leaves a cubic one
_ON_CURVE, _SHORT_X, _SHORT_Y, _REPEAT, _SAME_X, _SAME_Y = 1, 2, 4, 8, 16, 32


class Glyph(NamedTuple):
    """An entry of the table, padded to four bytes; what `maxp` and `hmtx` must know of it."""

    entry: bytes
    left: int
    points: int
    contours: int


class Knot(NamedTuple):
    """A point of a contour, on the curve or a control point."""

    x: int
    y: int
    is_on: bool


EMPTY = Glyph(b"", 0, 0, 0)


def make_glyph(outline: bytes, squeeze: float = 1.0) -> Glyph:
    """From a Type 2 charstring; `squeeze` scales its width."""
    traced = [trace(contour) for contour in read_contours(outline)]
    if squeeze != 1:
        traced = [[knot._replace(x=round(knot.x * squeeze)) for knot in knots] for knots in traced]
    contours = [knots for knots in traced if len(knots) > 1]
    if not contours:
        return EMPTY
    knots = [knot for contour in contours for knot in contour]
    xs, ys = [knot.x for knot in knots], [knot.y for knot in knots]
    ends, end = [], -1
    for contour in contours:
        end += len(contour)
        ends.append(end)
    head = pack(f">h4h{len(ends)}HH", len(ends), min(xs), min(ys), max(xs), max(ys), *ends, 0)
    entry = head + _encode_knots(knots)
    return Glyph(entry + bytes(-len(entry) % 4), min(xs), len(knots), len(contours))


def trace(contour: Contour) -> list[Knot]:
    """Its knots in the direction of TrueType, which is the opposite one; the first is not repeated at the end."""
    knots = [Knot(*contour.start, is_on=True)]
    at = contour.start
    for curve in contour.curves:
        knots += split_curve(at, curve)
        at = curve.end
    if knots[-1] == knots[0]:
        knots.pop()
    return knots[::-1]


def split_curve(start: Point, curve: Curve) -> Iterator[Knot]:
    """As few quadratic curves of equal share as keep to the tolerance; each leaves and ends as the cubic one does."""
    (x0, y0), end = start, curve.end
    if curve.first is not None and curve.second is not None:
        (x1, y1), (x2, y2) = curve.first, curve.second
        # The curve is ((a t + b) t + c) t + start.
        cx, cy = 3 * (x1 - x0), 3 * (y1 - y0)
        bx, by = 3 * (x2 - x1) - cx, 3 * (y2 - y1) - cy
        ax, ay = end.x - x0 - cx - bx, end.y - y0 - cy - by
        count = max(1, ceil((hypot(ax, ay) * _ERROR_SHARE / TOLERANCE) ** (1 / 3)))
        step = 1 / count
        for index in range(count):
            t = index * step
            u = t + step
            # The control point is halfway between those at which the tangents of the two ends point.
            linear, square = (t + u) / 2, t * u
            cube = linear * (square - step * step / 2)
            x, y = ax * cube + bx * square + cx * linear, ay * cube + by * square + cy * linear
            yield Knot(round(x0 + x), round(y0 + y), is_on=False)
            if index < count - 1:
                x, y = ((ax * u + bx) * u + cx) * u, ((ay * u + by) * u + cy) * u
                yield Knot(round(x0 + x), round(y0 + y), is_on=True)
    yield Knot(*end, is_on=True)


def _encode_knots(knots: Sequence[Knot]) -> bytes:
    """Flags, then the steps of x, then those of y; runs of equal flags are written once."""
    flags, horizontal, vertical = bytearray(), bytearray(), bytearray()
    last = repeats = -1
    x = y = 0
    for knot in knots:
        flag = _ON_CURVE if knot.is_on else 0
        flag |= _encode_step(knot.x - x, _SHORT_X, _SAME_X, horizontal)
        flag |= _encode_step(knot.y - y, _SHORT_Y, _SAME_Y, vertical)
        x, y = knot.x, knot.y
        if flag != last or repeats == 255:
            flags.append(flag)
            last, repeats = flag, 0
        elif repeats == 0:
            flags[-1] |= _REPEAT
            flags.append(1)
            repeats = 1
        else:
            repeats += 1
            flags[-1] = repeats
    return bytes(flags + horizontal + vertical)


def _encode_step(step: int, is_short: int, is_same: int, into: bytearray) -> int:
    """Writes a step in as few bytes as it takes and returns its flags."""
    if step == 0:
        return is_same
    if -256 < step < 256:
        into.append(abs(step))
        return is_short | (is_same if step > 0 else 0)
    into += step.to_bytes(2, "big", signed=True)
    return 0
