"""Rows of running text: words, figures and what stands after them stay whole, Chinese breaks anywhere."""

import re
from collections.abc import Iterator, Mapping

from services.render.page.text import measure, wrap

# A word with the blank after it, or one character; a closing mark never begins a row.
_TOKEN = re.compile(r"(?:[!-~]+ ?|.)[，。、：；！？）》”’]*")


def wrap_words(text: str, advances: Mapping[str, int], limit: float) -> list[str]:
    """Rows of at most `limit` thousandths of an em; a word that is longer is broken. Line feeds begin rows."""
    return [row for paragraph in text.split("\n") for row in _wrap_paragraph(paragraph, advances, limit)]


def _wrap_paragraph(text: str, advances: Mapping[str, int], limit: float) -> Iterator[str]:
    row, width = "", 0
    for token in _TOKEN.findall(text):
        wide = measure(token, advances)
        if row and width + wide > limit:
            yield row.rstrip(" ")
            row, width = "", 0
        *full, rest = wrap(token, advances, limit) if wide > limit else [token]
        yield from full
        row, width = row + rest, width + measure(rest, advances)
    yield row.rstrip(" ")
