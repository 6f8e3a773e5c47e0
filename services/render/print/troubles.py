"""The trouble guide: what users see at a printer, how they find out why, and what they do. Data of troubles.toml."""

from functools import cache
from pathlib import Path

import msgspec


class Trouble(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sentences are pairs, English and Chinese; `test_page` where measuring one helps."""

    code: str
    title: str
    title_zh: str
    checks: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, str], ...]
    test_page: bool = False


class _Guide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    troubles: tuple[Trouble, ...]


@cache
def load_troubles() -> tuple[Trouble, ...]:
    """Every trouble, the commonest first."""
    return msgspec.toml.decode(Path(__file__).with_name("troubles.toml").read_bytes(), type=_Guide).troubles
