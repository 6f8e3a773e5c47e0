"""Writes the ZIP of an export: documents as they come, then tables and a manifest. Keeps no row in memory.

Layout: documents/…, invoices.xlsx (invoices and lines), invoices.csv, lines.csv, manifest.json.
"""

import hashlib
import shutil
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import msgspec

from libs.common.clock import SHANGHAI, rfc3339
from libs.common.file_names import name_document
from services.invoice.domain.encoding import encode
from services.invoice.domain.export import ClaimedExport
from services.invoice.domain.invoice import Totals
from services.invoice.exports.columns import INVOICE_COLUMNS, LINE_COLUMNS, invoice_row, line_rows
from services.invoice.exports.reading import Obtained
from services.invoice.exports.spooled_zip import open_spooled_zip
from services.invoice.queries.exports import ExportedInvoice
from services.invoice.tables import CsvTable, Table, XlsxFile

MANIFEST = "manifest.json"
FORMAT = "openfapiao-export/1"


class Sums:
    """How many invoices, and their amounts."""

    def __init__(self) -> None:
        self._invoices = 0
        self._amount = self._tax = self._amount_with_tax = Decimal("0.00")

    def add(self, totals: Totals) -> None:
        self._invoices += 1
        self._amount += totals.amount
        self._tax += totals.tax
        self._amount_with_tax += totals.amount_with_tax

    def as_dict(self) -> dict[str, object]:
        sums = {"amount": self._amount, "tax": self._tax, "amount_with_tax": self._amount_with_tax}
        return {"invoices": self._invoices, **sums}


class _Spool:
    """JSON values that become one array of the manifest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.count = 0

    def add(self, value: object) -> None:
        self._file.write((b",\n" if self.count else b"") + encode(value))
        self.count += 1

    def copy_to(self, file: Any) -> None:
        self._file.seek(0)
        shutil.copyfileobj(self._file, file)


class _Hashing:
    """A file that is hashed and measured while it is written."""

    def __init__(self, file: Any) -> None:
        self._file, self._sha256, self.size = file, hashlib.sha256(), 0

    def write(self, content: bytes) -> int:
        self._sha256.update(content)
        self.size += len(content)
        return int(self._file.write(content))

    def hexdigest(self) -> str:
        return self._sha256.hexdigest()


class ArchiveWriter:
    """Not for the event loop: everything here is disk and hashing."""

    def __init__(self, folder: Path, claimed: ClaimedExport) -> None:
        self._folder, self._claimed = folder, claimed
        self.path = folder / "archive.zip"
        self._open, self._lock = ExitStack(), Lock()
        self._zip = self._open.enter_context(open_spooled_zip(self.path, self._create("entries")))
        self._files, self._invoices, self._missing = (
            _Spool(self._create(name)) for name in ("files.json", "invoices.json", "missing.json")
        )
        self._sums: defaultdict[str, Sums] = defaultdict(Sums)
        self._all = Sums()
        self._documents = 0
        self._reasons: Counter[str] = Counter()
        self._csvs: dict[str, CsvTable] = {}
        self._tables: list[Sequence[Table]] = []
        self._open_tables(claimed.order.content.tables)

    @property
    def missing(self) -> dict[str, int]:
        """How many documents, by the reason why they are not there."""
        return dict(self._reasons)

    def release(self) -> None:
        """Let go of every file, wherever the work was broken off."""
        with self._lock, self._open:
            pass

    def _create(self, name: str) -> BinaryIO:
        return self._open.enter_context((self._folder / name).open("w+b"))

    def _open_tables(self, wanted: Sequence[str]) -> None:
        self._book = None
        if "xlsx" in wanted:
            self._book = XlsxFile(self._create("invoices.xlsx"), self._folder)
            self._open.callback(self._book.abandon)
            sheets = [("发票", INVOICE_COLUMNS), ("明细", LINE_COLUMNS)]
            self._tables.append([self._book.sheet(name, [*columns.values()]) for name, columns in sheets])
        if "csv" in wanted:
            files = {"invoices.csv": INVOICE_COLUMNS, "lines.csv": LINE_COLUMNS}
            for name, columns in files.items():
                self._csvs[name] = CsvTable(self._create(name), [*columns])
                self._open.callback(self._csvs[name].close)
            self._tables.append([*self._csvs.values()])

    def add(self, entries: Iterable[tuple[ExportedInvoice, Sequence[Obtained]]]) -> None:
        """Invoices with their documents."""
        with self._lock:
            for invoice, obtained in entries:
                self._add_invoice(invoice, obtained)

    def _add_invoice(self, invoice: ExportedInvoice, obtained: Sequence[Obtained]) -> None:
        """The invoice's rows, its documents, and its place in the manifest."""
        names = [self._add_document(invoice, each) for each in obtained]
        files = [name for name in names if name]
        for invoices, lines in self._tables:
            invoices.write(invoice_row(invoice, files))
            for row in line_rows(invoice):
                lines.write(row)
        identity = {"id": invoice.id, "code": invoice.code, "number": invoice.number}
        self._invoices.add({**identity, "status": invoice.status, "files": files, "seal": invoice.seal})
        for sums in (self._all, self._sums[invoice.status]):
            sums.add(invoice.content.totals)

    def _add_document(self, invoice: ExportedInvoice, obtained: Obtained) -> str | None:
        """Its name in the archive. What has no number has no document, so nothing is missing."""
        if invoice.number is None or invoice.issued_at is None:
            return None
        if obtained.content is None:
            identity = {"invoice_id": invoice.id, "number": invoice.number}
            self._reasons[obtained.reason] += 1
            self._missing.add({**identity, "format": obtained.document.format, "reason": obtained.reason})
            return None
        number, seller = f"{invoice.code or ''}{invoice.number}", invoice.content.seller.name
        name = f"documents/{name_document(number, seller, invoice.issued_at, obtained.document.format)}"
        compression = zipfile.ZIP_DEFLATED if obtained.document.format == "xml" else zipfile.ZIP_STORED
        self._zip.writestr(_entry(name, invoice.issued_at, compression), obtained.content)
        self._files.add(
            {
                "name": name,
                "size": len(obtained.content),
                "sha256": obtained.document.outcome.sha256,
                "invoice_id": invoice.id,
                "format": obtained.document.format,
                "version": obtained.document.outcome.version,
            }
        )
        self._documents += 1
        return name

    def close(self, filters: object) -> None:
        """Tables and manifest; the file at `path` is complete."""
        with self._lock:
            self._close_tables()
            self._write_manifest(filters)
            self._zip.close()

    def _close_tables(self) -> None:
        if self._book is not None:
            self._book.close()
            self._add_table("invoices.xlsx", zipfile.ZIP_STORED)
        for name, table in self._csvs.items():
            table.close()
            self._add_table(name, zipfile.ZIP_DEFLATED)

    def _add_table(self, name: str, compression: int) -> None:
        entry = _entry(name, self._claimed.created_at, compression)
        with (self._folder / name).open("rb") as source, self._zip.open(entry, "w", force_zip64=True) as file:
            hashing = _Hashing(file)
            shutil.copyfileobj(source, hashing)
        self._files.add({"name": name, "size": hashing.size, "sha256": hashing.hexdigest()})

    def _write_manifest(self, filters: object) -> None:
        order = self._claimed.order
        period = order.period and {"from": order.period.first, "to": order.period.last}
        head = {
            "format": FORMAT,
            "export_id": order.id,
            "tenant_id": order.tenant,
            "created_at": rfc3339(self._claimed.created_at),
            "period": period,
            "filter": filters,
            "totals": self._totals(),
        }
        entry = _entry(MANIFEST, self._claimed.created_at, zipfile.ZIP_DEFLATED)
        with self._zip.open(entry, "w", force_zip64=True) as file:
            file.write(encode(head)[:-1])
            arrays = {"files": self._files, "missing": self._missing, "invoices": self._invoices}
            for name, spool in arrays.items():
                file.write(f',\n"{name}":[\n'.encode())
                spool.copy_to(file)
                file.write(b"]")
            file.write(b"}\n")

    def _totals(self) -> dict[str, object]:
        """Counts, and sums of all rows, also by status."""
        return {
            **self._all.as_dict(),
            "documents": self._documents,
            "missing": self._missing.count,
            "by_status": {status: sums.as_dict() for status, sums in sorted(self._sums.items())},
        }


def _entry(name: str, instant: datetime, compression: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, instant.astimezone(SHANGHAI).timetuple()[:6])
    entry.compress_type = compression
    entry.external_attr = 0o644 << 16
    return entry


def read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Raises KeyError, BadZipFile or DecodeError where the archive is damaged."""
    manifest: dict[str, Any] = msgspec.json.decode(archive.read(MANIFEST))
    return manifest
