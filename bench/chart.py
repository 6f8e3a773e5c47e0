"""The main run as a picture: answers and whole paths a second, and where the CPU time of one invoice goes."""

from collections import Counter
from collections.abc import Sequence

from bench.phases import Run
from bench.processes import sum_by_part

WIDTH, PLOT_HEIGHT, BAR_HEIGHT, MARGIN = 860, 220, 22, 60
COLOURS = {"answers": "#9aa5b1", "whole paths": "#c0392b"}


def draw_chart(run: Run, title: str) -> str:
    """SVG text."""
    bars = list(sum_by_part(run.cpu).items())[:12]
    height = MARGIN + PLOT_HEIGHT + MARGIN + BAR_HEIGHT * len(bars) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{MARGIN}" y="24" font-size="15">{title}</text>',
        *_draw_rates(run),
        *_draw_bars([(name, 1000 * spent / len(run.answers)) for name, spent in bars]),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _draw_rates(run: Run) -> list[str]:
    """One point a second from the first request until everything was complete."""
    moments = {"answers": sorted(answer.at for answer in run.answers), "whole paths": run.completed}
    seconds = int(max(run.ended, *(found[-1] for found in moments.values() if found)) - run.began) + 1
    counts = {name: Counter(int(at - run.began) for at in found) for name, found in moments.items()}
    most = max(max(found.values(), default=1) for found in counts.values())
    x_step, bottom = (WIDTH - 2 * MARGIN) / max(seconds, 1), MARGIN + PLOT_HEIGHT
    drawn = [
        f'<line x1="{MARGIN}" y1="{bottom}" x2="{WIDTH - MARGIN}" y2="{bottom}" stroke="black"/>',
        f'<text x="{MARGIN}" y="{bottom + 16}">0 s</text>',
        f'<text x="{WIDTH - MARGIN}" y="{bottom + 16}" text-anchor="end">{seconds} s</text>',
        f'<text x="{MARGIN - 6}" y="{MARGIN + 4}" text-anchor="end">{most}/s</text>',
    ]
    for row, (name, found) in enumerate(counts.items()):
        points = " ".join(
            f"{MARGIN + second * x_step:.1f},{bottom - found[second] / most * PLOT_HEIGHT:.1f}"
            for second in range(seconds)
        )
        style = f'stroke="{COLOURS[name]}" stroke-width="2" fill="none"'
        drawn.append(f'<polyline points="{points}" {style}/>')
        label = f'x="{WIDTH - MARGIN}" y="{24 + 16 * row}" text-anchor="end" fill="{COLOURS[name]}"'
        drawn.append(f"<text {label}>{name} a second</text>")
    return drawn


def _draw_bars(bars: Sequence[tuple[str, float]]) -> list[str]:
    """CPU milliseconds of one invoice by part."""
    top, left = MARGIN + PLOT_HEIGHT + MARGIN, 160
    most = max(value for _, value in bars)
    drawn = [f'<text x="{MARGIN}" y="{top - 10}" font-size="14">CPU ms of one invoice</text>']
    for row, (name, value) in enumerate(bars):
        y, length = top + row * BAR_HEIGHT, value / most * (WIDTH - left - MARGIN - 60)
        drawn += [
            f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{name}</text>',
            f'<rect x="{left}" y="{y + 2}" width="{length:.1f}" height="{BAR_HEIGHT - 6}" fill="#2c7fb8"/>',
            f'<text x="{left + length + 6:.1f}" y="{y + 14}">{value:.2f}</text>',
        ]
    return drawn
