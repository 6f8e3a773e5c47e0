"""Long invoices as OFD: whole, in bounded time and memory; what it costs is told as a share of the PDF's cost."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from services.render.ofd.document import render_ofd
from services.render.pdf.document import render_pdf
from services.render.structured.einvoice import render_xml
from tests.unit.render.costs import compare_costs, repeat
from tests.unit.render.ofd_reader import Ofd
from tests.unit.render.samples import make_invoice, make_line
from tests.unit.render.test_pdf_limits import LONGEST, MAKE, make_longest

ROOT = Path(__file__).parents[3]


@pytest.mark.fast
@pytest.mark.parametrize("form", MAKE)
@pytest.mark.parametrize("business", LONGEST)
def test_limits_the_longest_invoice_is_drawn_within_its_pages(form: str, business: str) -> None:
    ofd = Ofd(render_ofd(make_longest(form, business, is_red=True)))
    assert {glyph.page for glyph in ofd.glyphs()} == set(range(1, len(ofd.pages()) + 1))
    for glyph in ofd.glyphs():
        assert 4.5 <= glyph.x <= 205.7, glyph
        assert 0 < glyph.y <= 265, glyph


@pytest.mark.fast
@pytest.mark.parametrize("form", MAKE)
def test_limits_five_thousand_lines_cost_ten_times_five_hundred(form: str) -> None:
    long, short = (MAKE[form](*[make_line(line_no=n) for n in range(1, lines + 1)]) for lines in (5000, 500))
    assert sum(text.text == "*计算机外部设备*键盘" for text in Ofd(render_ofd(long)).values()) == 5000
    assert compare_costs(partial(render_ofd, long), repeat(render_ofd, short, 10), rounds=3) < 4


@pytest.mark.fast
def test_limits_eight_lines_cost_less_than_three_pdfs() -> None:
    invoice = make_invoice(*[make_line(f"*计算机外部设备*键盘{n}", line_no=n) for n in range(1, 9)])
    invoice["xml"] = render_xml(invoice)
    assert compare_costs(repeat(render_ofd, invoice, 20), repeat(render_pdf, invoice, 60)) < 1.3


def test_limits_five_thousand_lines_and_rare_characters_stay_under_150_mb() -> None:
    script = (
        "import re; from services.render.ofd.document import render_ofd\n"
        "from tests.unit.render.samples import make_invoice, make_line\n"
        "render_ofd(make_invoice(*[make_line(line_no=n) for n in range(1, 5001)]))\n"
        "for n in range(0x4E00, 0x9E00, 160):\n"
        "    render_ofd(make_invoice(remarks=''.join(map(chr, range(n, n + 40)))))\n"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])"
    )
    fresh = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    assert int(fresh.stdout) < 150_000
