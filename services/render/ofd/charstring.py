"""Type 2 charstrings read as contours (Adobe Technical Note 5177): the operators that the shipped glyph files hold.

There are no hints, no subroutines and no flex in them.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias


class Point(NamedTuple):
    """In the units of the font."""

    x: int
    y: int


class Curve(NamedTuple):
    """A cubic Bézier curve from the point before it; a straight line has no control points."""

    end: Point
    first: Point | None = None
    second: Point | None = None


class Contour(NamedTuple):
    """A closed outline."""

    start: Point
    curves: list[Curve]


_SHORT, _FIXED = 28, 255
_ENDCHAR = 14


def read_contours(outline: bytes) -> list[Contour]:
    """The outline of one glyph; a contour is closed by a line wherever it ends."""
    pen = _Pen()
    stack: list[int] = []
    position = 0
    while position < len(outline):
        code = outline[position]
        position += 1
        if code >= 32 or code == _SHORT:
            value, size = _number(code, outline, position)
            stack.append(value)
            position += size
        elif code == _ENDCHAR:
            break
        else:
            _OPERATORS[code](pen, stack)
            stack.clear()
    return pen.contours


def _number(code: int, outline: bytes, position: int) -> tuple[int, int]:
    """Section 3.2: the number that begins with `code`, and how many further bytes it takes."""
    if code <= 246 and code != _SHORT:
        return code - 139, 0
    if code == _SHORT:
        return int.from_bytes(outline[position : position + 2], "big", signed=True), 2
    if code == _FIXED:
        return int.from_bytes(outline[position : position + 4], "big", signed=True) >> 16, 4
    if code <= 250:
        return (code - 247) * 256 + outline[position] + 108, 1
    return -(code - 251) * 256 - outline[position] - 108, 1


class _Pen:
    """Where the outline has come to."""

    def __init__(self) -> None:
        self.contours: list[Contour] = []
        self.x = self.y = 0

    def move(self, dx: int, dy: int) -> None:
        self.contours.append(Contour(self._step(dx, dy), []))

    def line(self, dx: int, dy: int) -> None:
        self.contours[-1].curves.append(Curve(self._step(dx, dy)))

    def curve(self, *steps: int) -> None:
        """Three points, each relative to the one before."""
        first, second = self._step(*steps[:2]), self._step(*steps[2:4])
        self.contours[-1].curves.append(Curve(self._step(*steps[4:]), first, second))

    def _step(self, dx: int, dy: int) -> Point:
        self.x += dx
        self.y += dy
        return Point(self.x, self.y)


Operator: TypeAlias = Callable[[_Pen, list[int]], None]


def _rlineto(pen: _Pen, steps: list[int]) -> None:
    for index in range(0, len(steps), 2):
        pen.line(steps[index], steps[index + 1])


def _alternating_lines(pen: _Pen, steps: list[int], *, is_horizontal: bool) -> None:
    for step in steps:
        pen.line(*((step, 0) if is_horizontal else (0, step)))
        is_horizontal = not is_horizontal


def _rrcurveto(pen: _Pen, steps: list[int]) -> None:
    for index in range(0, len(steps), 6):
        pen.curve(*steps[index : index + 6])


def _rcurveline(pen: _Pen, steps: list[int]) -> None:
    _rrcurveto(pen, steps[:-2])
    pen.line(*steps[-2:])


def _rlinecurve(pen: _Pen, steps: list[int]) -> None:
    _rlineto(pen, steps[:-6])
    pen.curve(*steps[-6:])


def _hhcurveto(pen: _Pen, steps: list[int]) -> None:
    """Curves that begin and end horizontally; an odd first number is a step upwards before them."""
    rise = steps[0] if len(steps) % 4 else 0
    for index in range(len(steps) % 4, len(steps), 4):
        a, b, c, d = steps[index : index + 4]
        pen.curve(a, rise, b, c, d, 0)
        rise = 0


def _vvcurveto(pen: _Pen, steps: list[int]) -> None:
    """Curves that begin and end vertically; an odd first number is a step sideways before them."""
    shift = steps[0] if len(steps) % 4 else 0
    for index in range(len(steps) % 4, len(steps), 4):
        a, b, c, d = steps[index : index + 4]
        pen.curve(shift, a, b, c, 0, d)
        shift = 0


def _alternating_curves(pen: _Pen, steps: list[int], *, is_horizontal: bool) -> None:
    """Each ends at a right angle to its beginning, but for the last one, which may have an odd number to end freely."""
    last = steps[-1] if len(steps) % 4 else 0
    count = len(steps) // 4
    for number in range(count):
        a, b, c, d = steps[4 * number : 4 * number + 4]
        end = last if number == count - 1 else 0
        pen.curve(*((a, 0, b, c, end, d) if is_horizontal else (0, a, b, c, d, end)))
        is_horizontal = not is_horizontal


# Moves may have the glyph's width before their own numbers.
_OPERATORS: Mapping[int, Operator] = {
    4: lambda pen, steps: pen.move(0, steps[-1]),
    5: _rlineto,
    6: lambda pen, steps: _alternating_lines(pen, steps, is_horizontal=True),
    7: lambda pen, steps: _alternating_lines(pen, steps, is_horizontal=False),
    8: _rrcurveto,
    21: lambda pen, steps: pen.move(*steps[-2:]),
    22: lambda pen, steps: pen.move(steps[-1], 0),
    24: _rcurveline,
    25: _rlinecurve,
    26: _vvcurveto,
    27: _hhcurveto,
    30: lambda pen, steps: _alternating_curves(pen, steps, is_horizontal=False),
    31: lambda pen, steps: _alternating_curves(pen, steps, is_horizontal=True),
}
