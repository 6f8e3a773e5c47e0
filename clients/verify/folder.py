"""Checks a folder: documents, and the manifests that seal them, recognised by what they hold."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import canonical
from .envelope import Keys, is_envelope
from .export import hash_file
from .findings import Report
from .inventory import Inventory
from .seals import Sealed, add_seal

CHUNK_BYTES = 256 * 1024
MOST_MANIFEST_BYTES = 8 * 1024 * 1024

# The bytes of no file are those of the newest version that a seal names.
ABSENT = """
select n.number, n.format, n.version from newest n
where not exists (select 1 from present p where p.sha256 = n.sha256 and p.size = n.size)
"""
STRAY = """
select name from present p
where not exists (select 1 from sealed s where s.sha256 = p.sha256 and s.size = p.size)
"""
COPIES = """
select p.name, 'the same as ' || min(o.name)
from present p join present o on o.sha256 = p.sha256 and o.size = p.size and o.name < p.name group by p.name
"""
VOUCHED = """
select p.name, s.number, s.format from present p join sealed s on s.sha256 = p.sha256 and s.size = p.size
"""
_NUMBERED = re.compile(r"dzfp_([0-9]{18,20})_")


def check_folder(path: Path, keys: Keys | None, inventory: Inventory, report: Report) -> None:
    """Every file below `path`; what was found is in `report`."""
    manifests = []
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        if file.is_symlink() or not (file.is_file() or file.is_dir()):
            report.add("path-unsafe", name)
        elif file.is_file():
            sealed = read_sealed(file)
            if sealed is not None:
                manifests.append((name, sealed))
            else:
                inventory.add_present(hash_file(name, read_file(file)))
    for name, envelope in manifests:
        add_seal(Sealed(name, envelope), keys, inventory, report)
    report.checked["invoices"] = len(manifests)
    if not manifests:
        report.add("manifest-missing", path.name)
    _compare(inventory, report)
    report.checked["files"] = report.checked["documents"] = inventory.count("select count(*) from present")


def read_file(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(CHUNK_BYTES):
            yield piece


def read_sealed(file: Path) -> Any:
    """The envelope in an answer of `GET …/documents`, or alone in the file; None for any other file."""
    if file.suffix != ".json" or file.stat().st_size > MOST_MANIFEST_BYTES:
        return None
    try:
        value = canonical.decode(file.read_bytes())
    except ValueError:
        return None
    if isinstance(value, dict) and is_envelope(value.get("manifest")):
        return value["manifest"]
    return value if is_envelope(value) else None


def _compare(inventory: Inventory, report: Report) -> None:
    absent = {(number, kind): version for number, kind, version in inventory.ask(ABSENT)}
    for (name,) in inventory.ask(STRAY):
        if (meant := _meant(name, absent)) is not None:
            report.add("file-altered", name, f"not version {absent.pop(meant)} of {meant[0]} {meant[1]}")
        else:
            report.add("file-surplus", name)
    for (number, kind), version in absent.items():
        report.add("document-missing", f"{number} {kind}", f"version {version}")
    for name, other in inventory.ask(COPIES):
        report.add("file-duplicate", name, other)
    for name, number, kind in inventory.ask(VOUCHED):
        named = _NUMBERED.search(name)
        if (named and named[1] != number) or not name.endswith(f".{kind}" if kind != "ubl" else ".xml"):
            report.add("file-misnamed", name, f"is {number} {kind}")


def _meant(name: str, absent: dict[tuple[str, str], int]) -> tuple[str, str] | None:
    """The missing document that a file with this name must be meant for, if that is certain."""
    kind = "ubl" if name.endswith(".ubl.xml") else name.rpartition(".")[2]
    named = _NUMBERED.search(name)
    candidates = [key for key in absent if key[1] == kind and (named is None or named[1] == key[0])]
    return candidates[0] if len(candidates) == 1 else None
