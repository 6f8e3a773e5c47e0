"""For how long documents are kept: the years a tenant may choose, with what asks for them, and when they begin."""

import tomllib
from datetime import datetime
from pathlib import Path

import msgspec

from libs.common.clock import SHANGHAI


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """Years that may be chosen."""

    years: int
    basis: str
    basis_zh: str


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """`default` holds for a tenant that has chosen nothing."""

    default: int
    term: tuple[Term, ...]


TERMS = msgspec.convert(tomllib.loads(Path(__file__).with_name("terms.toml").read_text("utf-8")), Terms)
YEARS = tuple(term.years for term in TERMS.term)


def term_start(issued_at: datetime) -> datetime:
    """Terms run from the first day after the accounting year (MOF Order 79, article 14)."""
    year = issued_at.astimezone(SHANGHAI).year
    return datetime(year + 1, 1, 1, tzinfo=SHANGHAI)
