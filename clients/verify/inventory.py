"""What is there, what the manifest lists and what seals vouch for, in a file of SQLite: memory stays flat."""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from . import canonical
from .merkle import hash_leaf

_TABLES = """
create table present (name text primary key, size integer, sha256 text) without rowid;
create table listed (name text primary key, size integer, sha256 text, invoice text, format text, version integer)
  without rowid;
create table sealed (invoice text, format text, version integer, sha256 text, size integer, number text, leaf blob,
  primary key (invoice, format, version)) without rowid;
create table lacking (invoice text, format text, primary key (invoice, format)) without rowid;
create table invoices (invoice text primary key, number text, has_seal integer) without rowid;
create index present_sha256 on present (sha256);
create index listed_invoice on listed (invoice, format);
create index sealed_leaf on sealed (leaf);
create index sealed_sha256 on sealed (sha256);
create view newest as select * from sealed s where not exists
  (select 1 from sealed n where n.invoice = s.invoice and n.format = s.format and n.version > s.version);
create view absent as select * from newest n where not exists
  (select 1 from listed l where l.invoice = n.invoice and l.format = n.format);
"""

# What a manifest says of its invoice.
HEAD = ("invoice_id", "code", "number", "issued_at")


class Present(NamedTuple):
    """A file as it was found."""

    name: str
    size: int
    sha256: str


class Inventory:
    """Filled first, then asked."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "inventory", isolation_level=None)
        self._connection.executescript("pragma journal_mode = off; pragma synchronous = off;" + _TABLES)
        self._connection.execute("begin")

    def close(self) -> None:
        self._connection.close()

    def _insert(self, statement: str, *values: object) -> bool:
        """False where there is one of this name already; raises ValueError for what no column can hold."""
        try:
            return self._connection.execute(f"insert or ignore into {statement}", values).rowcount == 1
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise ValueError(str(error)) from None

    def add_present(self, file: Present) -> bool:
        return self._insert("present values (?, ?, ?)", *file)

    def add_listed(self, file: Mapping[str, Any]) -> bool:
        values = [file.get(name) for name in ("name", "size", "sha256", "invoice_id", "format", "version")]
        return self._insert("listed values (?, ?, ?, ?, ?, ?)", *values)

    def add_lacking(self, invoice: str, file_format: str) -> None:
        self._insert("lacking values (?, ?)", invoice, file_format)

    def add_invoice(self, invoice: str, number: str, *, has_seal: bool) -> bool:
        return self._insert("invoices values (?, ?, ?)", invoice, number, has_seal)

    def add_sealed(self, manifest: Mapping[str, Any]) -> str | None:
        """All documents of one sealed manifest; names one for which another seal stands."""
        conflict = None
        number = f"{manifest['code'] or ''}{manifest['number']}"
        for one in manifest["documents"]:
            values = [one[name] for name in ("format", "version", "sha256", "size")]
            leaf = hash_leaf(canonical.encode({name: manifest[name] for name in HEAD} | one))
            row = (manifest["invoice_id"], *values, number, leaf)
            if not self._insert("sealed values (?, ?, ?, ?, ?, ?, ?)", *row) and not self._is_sealed(leaf):
                conflict = f"{one['format']} version {one['version']}"
        return conflict

    def _is_sealed(self, leaf: bytes) -> bool:
        return next(self.ask("select 1 from sealed where leaf = ?", leaf), None) is not None

    def has_leaf(self, leaf: bytes) -> bool:
        """Whether a document with this leaf is here."""
        statement = """
        select 1 from sealed s join present p on p.sha256 = s.sha256 and p.size = s.size where s.leaf = ?
        """
        return next(self.ask(statement, leaf), None) is not None

    def ask(self, statement: str, *values: object) -> Iterator[Any]:
        return iter(self._connection.execute(statement, values))

    def count(self, statement: str) -> int:
        (number,) = next(self.ask(statement))
        return int(number)

    def is_sealed_and_here(self, leaf: Mapping[str, Any]) -> bool:
        """Whether a seal vouches for the very document that a leaf is about, and its bytes are here.

        Raises ValueError for what no column can hold.
        """
        statement = """
        select 1 from sealed s join present p on p.sha256 = s.sha256 and p.size = s.size
        where s.invoice = ? and s.format = ? and s.version = ? and s.sha256 = ? and s.size = ?
        """
        names = ("invoice_id", "format", "version", "sha256", "size")
        try:
            return next(self.ask(statement, *(leaf[name] for name in names)), None) is not None
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise ValueError(str(error)) from None
