"""The offline verifier on exports: a sound one is proven, and every way to tamper with one is found and named."""

import copy
import hashlib
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clients.verify.__main__ import main
from tests.unit.verify.made import (
    make_entries,
    make_invoice,
    make_keys,
    make_manifest,
    repack,
    run,
    write_export,
    zip_of,
)

pytestmark = pytest.mark.fast

INVOICES = [make_invoice(number) for number in (1, 2, 3)]
FIRST, SECOND = INVOICES[0].name("pdf"), INVOICES[1].name("pdf")


@pytest.fixture
def entries() -> dict[str, bytes]:
    return make_entries(INVOICES)


@pytest.fixture
def manifest() -> dict[str, Any]:
    return make_manifest(INVOICES)


def test_sound_export_is_proven(tmp_path: Path, capsys: Any, entries: Any, manifest: Any) -> None:
    assert run(capsys, write_export(tmp_path / "a.zip", entries, manifest)) == (0, "proven", [])


def test_altered_byte_is_found(tmp_path: Path, capsys: Any, entries: Any, manifest: Any) -> None:
    entries[FIRST] = b"X" + entries[FIRST][1:]
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert outcome == (1, "failed", [("file-altered", FIRST)])


def test_altered_byte_with_a_fitting_manifest_is_not_sealed(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    forged = INVOICES[0]._replace(documents={"pdf": b"forged", "xml": INVOICES[0].documents["xml"]})
    entries[FIRST] = b"forged"
    manifest["files"][0] |= forged.facts("pdf")
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert outcome == (1, "failed", [("document-not-sealed", FIRST)])


def test_dropped_file_is_found(tmp_path: Path, capsys: Any, entries: Any, manifest: Any) -> None:
    del entries[FIRST]
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert outcome.found == [("file-missing", FIRST)]


def test_dropped_file_that_the_manifest_drops_too_is_missed_by_the_seal(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    del entries[FIRST]
    del manifest["files"][0]
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert outcome.found == [("document-missing", f"{INVOICES[0].number} pdf")]


def test_document_that_only_the_manifest_calls_missing_is_not_proven(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    del entries[FIRST]
    del manifest["files"][0]
    manifest["missing"] = [{"invoice_id": INVOICES[0].id, "format": "pdf", "reason": "corrupt"}]
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert outcome == (2, "unproven", [("document-stated-missing", f"{INVOICES[0].number} pdf")])


def test_document_that_the_manifest_calls_a_table_is_found(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    entries[FIRST] = b"forged"
    size, digest = len(b"forged"), hashlib.sha256(b"forged").hexdigest()
    manifest["files"][0] = {"name": FIRST, "size": size, "sha256": digest}
    manifest["missing"] = [{"invoice_id": INVOICES[0].id, "format": "pdf", "reason": "corrupt"}]
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert (outcome.code, outcome.found[0]) == (1, ("file-foreign", FIRST))


def test_tables_are_said_to_be_under_no_seal_until_the_whole_is_compared(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    path = write_export(tmp_path / "a.zip", entries, manifest)
    notes = []
    for options in ([], ["--sha256", hashlib.sha256(path.read_bytes()).hexdigest()]):
        main([str(path), "--json", *options])
        notes.append([note["code"] for note in json.loads(capsys.readouterr().out)["notes"]])
    assert notes == [["tables-unsealed"], []]


def test_surplus_file_is_found(tmp_path: Path, capsys: Any, entries: Any, manifest: Any) -> None:
    entries["documents/extra.pdf"] = b"extra"
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert outcome.found == [("file-surplus", "documents/extra.pdf")]


def test_two_swapped_files_are_found(tmp_path: Path, capsys: Any, entries: Any, manifest: Any) -> None:
    entries[FIRST], entries[SECOND] = entries[SECOND], entries[FIRST]
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert sorted(outcome.found) == [("file-altered", FIRST), ("file-altered", SECOND)]


def test_two_swapped_files_with_a_fitting_manifest_are_misnamed(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    entries[FIRST], entries[SECOND] = entries[SECOND], entries[FIRST]
    files = {file["name"]: file for file in manifest["files"]}
    files[FIRST]["name"], files[SECOND]["name"] = SECOND, FIRST
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert sorted(outcome.found) == [("file-misnamed", FIRST), ("file-misnamed", SECOND)]


def test_manifest_that_gives_an_invoice_another_number_is_found(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    manifest["invoices"][0]["number"] = "26429999999999999999"
    found = dict(run(capsys, write_export(tmp_path / "a.zip", entries, manifest)).found)
    assert found["seal-mismatch"] == "26429999999999999999"


def test_manifest_with_the_seal_of_another_invoice_is_found(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    manifest["invoices"][0]["seal"] = manifest["invoices"][1]["seal"]
    found = dict(run(capsys, write_export(tmp_path / "a.zip", entries, manifest)).found)
    assert found["seal-mismatch"] == INVOICES[0].number


def test_seal_whose_payload_was_changed_is_found(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    forged = INVOICES[0]._replace(documents={"pdf": b"forged", "xml": INVOICES[0].documents["xml"]})
    entries[FIRST] = b"forged"
    manifest["files"][0] |= forged.facts("pdf")
    manifest["invoices"][0]["seal"]["payload"] = forged.seal()["payload"]
    found = dict(run(capsys, write_export(tmp_path / "a.zip", entries, manifest)).found)
    assert found["seal-invalid"] == INVOICES[0].number


def test_seals_by_another_key_are_found(tmp_path: Path, capsys: Any, entries: Any, manifest: Any) -> None:
    path = write_export(tmp_path / "a.zip", entries, manifest)
    outcome = run(capsys, path, keys=make_keys(Ed25519PrivateKey.from_private_bytes(b"o" * 32)))
    assert outcome.code == 1
    assert {code for code, _ in outcome.found} == {"seal-unknown-key", "document-not-sealed"}


def test_seal_forged_under_the_name_of_the_key_is_found(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    forged = INVOICES[0].seal(Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    forged["signatures"][0]["keyid"] = INVOICES[0].seal()["signatures"][0]["keyid"]
    manifest["invoices"][0]["seal"] = forged
    found = dict(run(capsys, write_export(tmp_path / "a.zip", entries, manifest)).found)
    assert found["seal-invalid"] == INVOICES[0].number


def test_signature_of_the_authority_beside_ours_changes_nothing(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    manifest["invoices"][0]["seal"]["signatures"].append({"keyid": "sm2:1", "sig": "AAAA"})
    assert run(capsys, write_export(tmp_path / "a.zip", entries, manifest)).code == 0


def test_older_version_in_place_of_the_newest_is_found(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    first = INVOICES[0]
    later = [*first.sealed(), {"format": "pdf", "version": 2, "sha256": "aa", "size": 1}]
    manifest["invoices"][0]["seal"] = first.seal(documents=later)
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert outcome.found == [("document-superseded", FIRST)]


def test_invoice_without_a_seal_is_not_proven(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    manifest["invoices"][0]["seal"] = None
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert (outcome.code, {code for code, _ in outcome.found}) == (2, {"document-unsealed"})


def test_export_without_keys_is_not_proven(tmp_path: Path, capsys: Any, entries: Any, manifest: Any) -> None:
    assert main([str(write_export(tmp_path / "a.zip", entries, manifest))]) == 2
    assert "未提供公钥" in capsys.readouterr().out


def test_archive_with_another_hash_than_the_platform_recorded_is_found(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    path = write_export(tmp_path / "a.zip", entries, manifest)
    recorded = hashlib.sha256(path.read_bytes()).hexdigest()
    assert run(capsys, path, "--sha256", recorded).code == 0
    manifest["totals"]["amount"] = "13.00"
    write_export(path, entries, manifest)
    assert run(capsys, path, "--sha256", recorded).found == [("archive-altered", "a.zip")]


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_truncated_archive_is_found(
    kept: float, tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    path = write_export(tmp_path / "a.zip", entries, manifest)
    outcome = run(capsys, repack(path, lambda content: content[: int(kept * len(content))]))
    assert outcome == (1, "failed", [("archive-unreadable", "a.zip")])


def test_changed_byte_is_found_wherever_an_entry_has_content_or_a_name(tmp_path: Path, capsys: Any) -> None:
    invoices = INVOICES[:1]
    path = write_export(tmp_path / "a.zip", make_entries(invoices), make_manifest(invoices))
    whole, unnoticed = path.read_bytes(), []
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    for entry in entries:
        name = len(entry.filename.encode())
        begin = entry.header_offset + 30
        for at in range(begin, begin + name + entry.compress_size, 11):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            if run(capsys, path).code == 0:
                unnoticed.append((entry.filename, at - begin))
    assert unnoticed == []


@pytest.mark.parametrize(
    "name", ["../evil.pdf", "/etc/evil.pdf", "a/../../evil", "a\\evil.pdf", "C:evil.pdf", "a//b"]
)
def test_name_that_leads_out_of_the_archive_is_found(
    name: str, tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    entries[name] = b"evil"
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert ("path-unsafe", name) in outcome.found
    assert not (tmp_path.parent / "evil.pdf").exists()


def test_entry_that_is_there_twice_is_found(tmp_path: Path, capsys: Any, entries: Any, manifest: Any) -> None:
    path = tmp_path / "a.zip"
    files = [*entries.items(), ("manifest.json", json.dumps(manifest).encode()), (FIRST, b"other")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path.write_bytes(zip_of(files))
    assert run(capsys, path).found == [("file-duplicate", FIRST)]


def test_invoice_that_is_listed_twice_is_found(
    tmp_path: Path, capsys: Any, entries: Any, manifest: Any
) -> None:
    manifest["invoices"].append(copy.deepcopy(manifest["invoices"][0]))
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, manifest))
    assert outcome.found == [("file-duplicate", INVOICES[0].number)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"files": [{"name": {}}]},
        {"files": [7]},
        {"invoices": [{"id": "x"}]},
        {"invoices": ["x"]},
        {"files": [{"name": "a", "size": 10**30}]},
        {"missing": [None]},
        [],
        "manifest",
    ],
)
def test_manifest_of_another_shape_is_unreadable(wrong: Any, tmp_path: Path, capsys: Any) -> None:
    outcome = run(capsys, write_export(tmp_path / "a.zip", {}, wrong))
    assert outcome == (1, "failed", [("manifest-unreadable", "manifest.json")])


def test_manifest_that_is_nested_without_end_is_unreadable(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_of([("manifest.json", b'{"files": [' + b"[" * 200_000)]))
    assert run(capsys, path).found == [("manifest-unreadable", "manifest.json")]


def test_archive_without_a_manifest_is_found(tmp_path: Path, capsys: Any, entries: Any) -> None:
    outcome = run(capsys, write_export(tmp_path / "a.zip", entries, None))
    assert outcome == (1, "failed", [("manifest-missing", "manifest.json")])


def test_encrypted_archive_is_to_be_decrypted_first(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "a.zip.age"
    path.write_bytes(b"age-encryption.org/v1\n")
    assert run(capsys, path) == (2, "unproven", [("archive-encrypted", "a.zip.age")])


def test_path_that_does_not_exist_is_no_proof(tmp_path: Path, capsys: Any) -> None:
    assert main([str(tmp_path / "nothing.zip")]) == 2
    assert "nothing.zip" in capsys.readouterr().err
