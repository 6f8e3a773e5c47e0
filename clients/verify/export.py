"""Checks an export: a ZIP whose manifest lists every file, and has the seal of every invoice."""

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from .envelope import Keys
from .findings import Report
from .inventory import Inventory, Present
from .json_stream import BadJson, read_members
from .seals import Owner, Sealed, add_seal
from .zip_reader import BadZip, Bomb, Entry, ZipReader

MANIFEST = "manifest.json"

MISSING = "select name from listed except select name from present"
SURPLUS = "select name from present where name <> 'manifest.json' except select name from listed"
# Of no invoice, though it is no table: calling it one keeps a document from being asked for its seal.
FOREIGN = """
select name, 'listed without an invoice' from listed
where invoice is null and name not in ('invoices.xlsx', 'invoices.csv', 'lines.csv')
"""
ALTERED = """
select name, 'recorded ' || l.sha256 || ', found ' || p.sha256 from listed l join present p using (name)
where l.sha256 is not p.sha256 or l.size is not p.size
"""
UNSEALED = """
select l.name, coalesce(i.number, l.invoice) from listed l left join invoices i on i.invoice = l.invoice
where l.invoice is not null and not coalesce(i.has_seal, 0)
"""
NOT_SEALED = """
select l.name, i.number from listed l join invoices i on i.invoice = l.invoice
where i.has_seal and not exists (
  select 1 from sealed s where s.invoice = l.invoice and s.format = l.format and s.version = l.version
    and s.sha256 = l.sha256 and s.size = l.size)
"""
SUPERSEDED = """
select l.name, 'version ' || l.version || ', the newest is ' || n.version
from listed l join newest n on n.invoice = l.invoice and n.format = l.format where n.version > l.version
"""
MISNAMED = """
select l.name, i.number || ' ' || l.format from listed l join invoices i on i.invoice = l.invoice
where instr(l.name, '_' || i.number || '_') = 0 or l.name not like '%.' || l.format
"""
# Documents that seals name, in a format that the export has of other invoices.
ABSENT = """
select a.number || ' ' || a.format, 'version ' || a.version from absent a
where a.format in (select distinct format from listed where invoice is not null)
  and not exists (select 1 from lacking k where k.invoice = a.invoice and k.format = a.format)
"""
# Only the manifest, which nobody signed, says that they could not be had.
STATED = """
select a.number || ' ' || a.format, 'version ' || a.version
from absent a join lacking k on k.invoice = a.invoice and k.format = a.format
"""
QUESTIONS = {
    "file-missing": MISSING,
    "file-surplus": SURPLUS,
    "file-foreign": FOREIGN,
    "file-altered": ALTERED,
    "document-unsealed": UNSEALED,
    "document-not-sealed": NOT_SEALED,
    "document-superseded": SUPERSEDED,
    "file-misnamed": MISNAMED,
    "document-missing": ABSENT,
    "document-stated-missing": STATED,
}


def check_export(path: Path, keys: Keys | None, inventory: Inventory, report: Report) -> None:
    """The whole archive; what was found is in `report`."""
    reader = ZipReader(path)
    try:
        manifest = _hash_entries(reader, inventory, report)
        if manifest is None:
            report.add("manifest-missing", MANIFEST)
            return
        _read_manifest(reader.read(manifest), keys, inventory, report)
    except BadZip as error:
        report.add("archive-unreadable", path.name, str(error))
        return
    finally:
        reader.close()
    for code, question in QUESTIONS.items():
        for subject, *detail in inventory.ask(question):
            report.add(code, subject, *detail)
    report.checked["files"] = inventory.count("select count(*) from present")
    report.checked["documents"] = inventory.count("select count(*) from listed where invoice is not null")
    report.checked["invoices"] = inventory.count("select count(*) from invoices")


def _hash_entries(reader: ZipReader, inventory: Inventory, report: Report) -> Entry | None:
    """Everything that is in the archive; returns the manifest's entry."""
    manifest = None
    for entry in reader.entries():
        if not is_plain(entry.name):
            report.add("path-unsafe", entry.name)
        try:
            present = hash_file(entry.name, reader.read(entry))
        except Bomb as error:
            report.add("archive-bomb", entry.name, str(error))
            continue
        except BadZip as error:
            report.add("file-altered", entry.name, str(error))
            present = Present(entry.name, -1, "unreadable")
        if not inventory.add_present(present):
            report.add("file-duplicate", entry.name)
        elif entry.name == MANIFEST:
            manifest = entry
    return manifest


def is_plain(name: str) -> bool:
    """Whether the name stays inside the folder into which somebody might extract it, on any system."""
    if not name or any(character in name for character in "\\:\0") or not name.isprintable():
        return False
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and str(path) == name


def hash_file(name: str, pieces: Iterator[bytes]) -> Present:
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return Present(name, size, digest.hexdigest())


def _read_manifest(pieces: Iterator[bytes], keys: Keys | None, inventory: Inventory, report: Report) -> None:
    """The lists of the manifest, an item at a time."""
    try:
        for name, item in read_members(pieces):
            if name == "invoices":
                _add_invoice(item, keys, inventory, report)
            elif name == "files" and not inventory.add_listed(item):
                report.add("file-duplicate", str(item["name"]), "listed twice")
            elif name == "missing":
                inventory.add_lacking(item["invoice_id"], item["format"])
    except Bomb as error:
        report.add("archive-bomb", MANIFEST, str(error))
    except (BadJson, KeyError, TypeError, AttributeError, ValueError) as error:
        report.add("manifest-unreadable", MANIFEST, str(error))


def _add_invoice(item: Any, keys: Keys | None, inventory: Inventory, report: Report) -> None:
    number = f"{item['code'] or ''}{item['number'] or ''}"
    seal = item.get("seal")
    if not inventory.add_invoice(item["id"], number, has_seal=seal is not None):
        report.add("file-duplicate", number, "an invoice that is listed twice")
    if seal is not None:
        owner = Owner(item["id"], item["code"], item["number"])
        add_seal(Sealed(number, seal, owner), keys, inventory, report)
