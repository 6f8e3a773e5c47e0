"""Path objects of a page (GB/T 33190-2016 chapter 9): the lines and areas of a form, and the QR code."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from services.render.page.layout import Layout
from services.render.page.qr import qr_modules
from services.render.page.shapes import trace_cross, trace_ellipse

_BLACK = (0, 0, 0)
_DARK = re.compile(b"\0+")


def draw_form(layout: Layout, numbers: Iterator[int]) -> str:
    """Recognition strip, lines and the neutral oval."""
    drawing = layout.drawing
    page = (0, 0, layout.width, layout.height)
    shapes = [
        fill_path(next(numbers), band.box, _rectangle(0, 0, *band.box[2:]), band.colour)
        for band in drawing.bands
    ]
    lines = " ".join([f"M {x:g} {y:g} L {x2:g} {y2:g}" for x, y, x2, y2 in drawing.rules])
    shapes.append(stroke_path(next(numbers), page, lines, layout.inks["label"], drawing.rule_width))
    x, y, wide, high = drawing.specimen
    oval = _ellipse(x + wide / 2, y + high / 2, wide / 2, high / 2)
    shapes.append(stroke_path(next(numbers), page, oval, layout.inks["specimen"], drawing.specimen_width))
    return "".join(shapes)


def draw_crossed_circle(layout: Layout, numbers: Iterator[int]) -> str:
    """⊗ before the words."""
    if layout.drawing.crossed_circle is None:
        return ""
    x, y, radius = layout.drawing.crossed_circle
    arms = [f"M {a:.3f} {b:.3f} L {c:.3f} {d:.3f}" for a, b, c, d in trace_cross(x, y, radius)]
    box = (0, 0, layout.width, layout.height)
    data = f"{_ellipse(x, y, radius, radius)} {' '.join(arms)}"
    return stroke_path(next(numbers), box, data, _BLACK, layout.drawing.cross_width)


def trace_qr(text: str) -> tuple[int, str]:
    """Modules a side, and the dark ones row by row as rectangles, the length of a module being one."""
    rows = qr_modules(text)
    across = len(rows) + 1
    runs = [run.span() for run in _DARK.finditer(b"\xff".join(rows))]
    areas = [_modules(start % across, start // across, end - start) for start, end in runs]
    return len(rows), " ".join(areas)


def draw_qr(number: int, layout: Layout, code: tuple[int, str]) -> str:
    """The code in its square, where the layout has one."""
    if layout.drawing.qr is None:
        return ""
    x, y, side = layout.drawing.qr
    modules, data = code
    scale = f"{side / modules:.6f}"
    return fill_path(number, (x, y, side, side), data, _BLACK, f' CTM="{scale} 0 0 {scale} 0 0"')


def fill_path(
    number: int, box: Iterable[float], data: str, colour: tuple[int, int, int], attributes: str = ""
) -> str:
    """An area; its path is relative to the box."""
    return (
        f'<ofd:PathObject ID="{number}" Boundary="{_numbers(box)}" Stroke="false" Fill="true"{attributes}>'
        f'<ofd:FillColor Value="{_numbers(colour)}"/>'
        f"<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def stroke_path(
    number: int, box: Iterable[float], data: str, colour: tuple[int, int, int], width: float
) -> str:
    """Lines; their path is relative to the box."""
    return (
        f'<ofd:PathObject ID="{number}" Boundary="{_numbers(box)}" LineWidth="{width:g}">'
        f'<ofd:StrokeColor Value="{_numbers(colour)}"/>'
        f"<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>"
    )


@cache
def _modules(x: int, y: int, length: int) -> str:
    """So many modules in a row; there are some thousand places for them."""
    return _rectangle(x, y, length, 1)


def _rectangle(x: float, y: float, wide: float, high: float) -> str:
    return f"M {x:g} {y:g} L {x + wide:g} {y:g} L {x + wide:g} {y + high:g} L {x:g} {y + high:g} C"


def _ellipse(x: float, y: float, wide: float, high: float) -> str:
    """Four Bézier curves around (x, y)."""
    return f"M {x + wide:.3f} {y:.3f} {' '.join(map(_bezier, trace_ellipse(x, y, wide, high)))} C"


def _bezier(points: Iterable[float]) -> str:
    return "B " + " ".join([f"{value:.3f}" for value in points])


def _numbers(values: Iterable[float]) -> str:
    return " ".join([f"{value:g}" for value in values])
