"""`python -m clients.verify PATH`: proves documents complete and unaltered, without asking anybody."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import canonical
from .envelope import Keys, read_keys
from .export import check_export, hash_file
from .findings import EXIT_CODES, NOTES, RESULTS, Report
from .folder import check_folder, read_file
from .inventory import Inventory
from .proofs import Roots, check_leaves, check_proof, check_roots, list_values

COUNTED = {
    "files": ("文件", "files"),
    "documents": ("版式文件", "documents"),
    "invoices": ("发票", "invoices"),
    "seals": ("签章", "seals"),
    "proofs": ("存在证明", "proofs"),
    "roots": ("每日根值", "day roots"),
    "leaves": ("叶值", "leaves"),
}
MOST_SHOWN = 50
_ENCRYPTED = b"age-encryption.org/"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 proven, 1 altered or incomplete, 2 not proven."""
    options = _read_options(arguments)
    path: Path = options.path
    report = Report()
    try:
        keys = None if options.keys is None else read_keys(_load(options.keys))
        proofs = [one for file in options.proof for one in list_values(_load(file))]
        roots = [_load(file) for file in options.roots]
        with tempfile.TemporaryDirectory(prefix="openfapiao-verify-") as folder:
            inventory = Inventory(Path(folder))
            try:
                _check(path, keys, inventory, report)
                _check_whole(path, options.sha256, report)
                known = Roots(keys, report)
                for proof in proofs:
                    check_proof(proof, known, inventory, report)
                for content in roots:
                    check_roots(content, known)
                for leaves in options.leaves:
                    check_leaves(leaves, known, inventory, report)
            finally:
                inventory.close()
    except (OSError, ValueError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return EXIT_CODES["unproven"]
    _print(path, report, is_json=options.json)
    return EXIT_CODES[report.result]


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="verify",
        description="核验发票文件完整且未被更改，无需联网。Proves invoice documents complete and unaltered.",
    )
    parser.add_argument("path", type=Path, help="文件夹或导出压缩包 · a folder, or an export (ZIP)")
    parser.add_argument("--keys", type=Path, help="公钥 · public keys, as GET /v1/document-keys answers")
    parser.add_argument(
        "--proof", type=Path, action="append", default=[], help="存在证明 · a proof (repeatable)"
    )
    parser.add_argument(
        "--roots", type=Path, action="append", default=[], help="每日根值 · roots of days (repeatable)"
    )
    parser.add_argument(
        "--leaves",
        type=Path,
        action="append",
        default=[],
        help="某日全部叶值 · all leaves of a day (repeatable)",
    )
    parser.add_argument(
        "--sha256", help="压缩包的哈希 · the export's sha256, as GET /v1/exports/{id} answers"
    )
    parser.add_argument("--json", action="store_true", help="以 JSON 输出 · answer in JSON")
    return parser.parse_args(arguments)


def _load(path: Path) -> Any:
    try:
        return canonical.decode(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def _check(path: Path, keys: Keys | None, inventory: Inventory, report: Report) -> None:
    if keys is None:
        report.add("keys-missing")
    if path.is_dir():
        check_folder(path, keys, inventory, report)
    else:
        with path.open("rb") as file:
            is_encrypted = file.read(len(_ENCRYPTED)) == _ENCRYPTED
        if is_encrypted:
            report.add("archive-encrypted", path.name)
            return
        check_export(path, keys, inventory, report)
    if not report.found and not report.checked["documents"]:
        report.add("nothing-found", path.name)


def _check_whole(path: Path, sha256: str | None, report: Report) -> None:
    """What no seal covers of an export: its tables, totals and list of invoices."""
    if path.is_dir():
        if sha256 is not None:
            raise ValueError("--sha256 is that of an export, not of a folder")
        return
    if sha256 is None:
        report.notes.append("tables-unsealed")
        return
    found = hash_file(path.name, read_file(path)).sha256
    if found != sha256.lower():
        report.add("archive-altered", path.name, found)


def _print(path: Path, report: Report, *, is_json: bool) -> None:
    if is_json:
        print(json.dumps({"path": str(path)} | report.as_dict(), ensure_ascii=False, indent=1))
        return
    print(path)
    for name, (zh, en) in COUNTED.items():
        if report.checked[name]:
            print(f"  {report.checked[name]:>9}  {zh} {en}")
    for finding in report.findings[:MOST_SHOWN]:
        zh, en = finding.texts
        detail = f" ({finding.detail})" if finding.detail else ""
        print(f"  {finding.code:<20} {finding.subject}: {zh} · {en}{detail}")
    more = report.found.total() - min(len(report.findings), MOST_SHOWN)
    if more:
        print(f"  另有 {more} 项 · and {more} more")
    for code in report.notes:
        print("  {} · {}".format(*NOTES[code]))
    zh, en = RESULTS[report.result]
    print(f"  {zh} · {en}")


def run() -> None:
    """The command as an installed program."""
    sys.exit(main())


if __name__ == "__main__":
    run()
