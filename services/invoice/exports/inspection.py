"""Looks into a fetched archive: whole, manifest, tables, and a sample of documents. Blocking: for threads."""

import hashlib
import random
import zipfile
import zlib
from collections import defaultdict
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from services.invoice.domain.export import CheckReport, ClaimedCheck, Finding
from services.invoice.exports.archive import read_manifest
from services.invoice.exports.encryption import measure

_CHUNK_BYTES = 256 * 1024
_LOTS = random.SystemRandom()


class SampledDocument(NamedTuple):
    """A document of the archive as it was found."""

    name: str
    invoice_id: str
    format: str
    version: int
    sha256: str


class Inspection(NamedTuple):
    """The report so far, and the documents whose hashes are still to be compared with the platform's."""

    report: CheckReport
    sample: list[SampledDocument]


def inspect(path: Path, claimed: ClaimedCheck) -> Inspection:
    """Everything that can be told from the file itself and from what was recorded of it."""
    size, sha256 = measure(path)
    findings = []
    if (size, sha256) != (claimed.size, claimed.sha256):
        findings.append(Finding("archive-differs", path.name, claimed.sha256, sha256))
    if claimed.export.content.recipients:
        return Inspection(CheckReport(archive_sha256=sha256, is_encrypted=True, findings=tuple(findings)), [])
    checked, sample = _inspect_inside(path, claimed.order.sample, findings)
    report = CheckReport(archive_sha256=sha256, files_checked=checked, findings=tuple(findings))
    return Inspection(report, sample)


def _inspect_inside(path: Path, most: int, findings: list[Finding]) -> tuple[int, list[SampledDocument]]:
    try:
        with zipfile.ZipFile(path) as archive:
            files = _list_files(archive, findings)
            documents = [file for file in files if "invoice_id" in file]
            tables = [file for file in files if "invoice_id" not in file]
            chosen = tables + _draw(documents, most)
            found = [_inspect_file(archive, file, findings) for file in chosen]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        findings.append(Finding("archive-unreadable"))
        return 0, []
    return len(chosen), [document for document in found if document is not None]


def _draw(documents: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """By lot, of each format alike."""
    by_format: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for file in _LOTS.sample(documents, len(documents)):
        by_format[_format_of(file)].append(file)
    in_turn = chain.from_iterable(zip_longest(*by_format.values()))
    return list(islice(filter(None, in_turn), most))


def _format_of(file: dict[str, Any]) -> str:
    """Archives that were made when there was only one format do not say it."""
    return str(file.get("format") or file["name"].rpartition(".")[2])


def _list_files(archive: zipfile.ZipFile, findings: list[Finding]) -> list[dict[str, Any]]:
    """What the manifest names and the archive has."""
    try:
        files: list[dict[str, Any]] = read_manifest(archive)["files"]
    except (KeyError, zipfile.BadZipFile, msgspec.MsgspecError, zlib.error, TypeError):
        findings.append(Finding("manifest-unreadable"))
        return []
    names = set(archive.namelist())
    findings += [Finding("file-missing", file["name"]) for file in files if file["name"] not in names]
    return [file for file in files if file["name"] in names]


def _inspect_file(
    archive: zipfile.ZipFile, file: dict[str, Any], findings: list[Finding]
) -> SampledDocument | None:
    """Its hash against the manifest's; what is a document goes on to the platform's."""
    name, digest = file["name"], hashlib.sha256()
    try:
        with archive.open(name) as content:
            while chunk := content.read(_CHUNK_BYTES):
                digest.update(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        findings.append(Finding("file-damaged", name, file["sha256"]))
        return None
    if digest.hexdigest() != file["sha256"]:
        findings.append(Finding("file-differs", name, file["sha256"], digest.hexdigest()))
    if "invoice_id" not in file:
        return None
    return SampledDocument(name, file["invoice_id"], _format_of(file), file["version"], digest.hexdigest())
