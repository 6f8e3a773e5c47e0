"""Shapes that every format draws, as points: the oval 样票, and ⊗ before the words. Lengths in mm."""

from collections.abc import Iterator

QUARTER = 0.5523  # how far the control points of a quarter circle lie, in radii
_DIAGONAL = 0.7071  # of the radius: how far the arms of the cross reach to each side


def trace_ellipse(x: float, y: float, wide: float, high: float) -> Iterator[tuple[float, ...]]:
    """Its four Bézier curves around (x, y), two control points and the end of each; they begin at (x + wide, y)."""
    dx, dy = wide * QUARTER, high * QUARTER
    yield x + wide, y + dy, x + dx, y + high, x, y + high
    yield x - dx, y + high, x - wide, y + dy, x - wide, y
    yield x - wide, y - dy, x - dx, y - high, x, y - high
    yield x + dx, y - high, x + wide, y - dy, x + wide, y


def trace_cross(x: float, y: float, radius: float) -> Iterator[tuple[float, ...]]:
    """The two lines that cross a circle, each from its left end to its right one."""
    arm = radius * _DIAGONAL
    for side in (1, -1):
        yield x - arm, y - side * arm, x + arm, y + side * arm
