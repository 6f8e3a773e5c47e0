"""The offline verifier on folders of downloaded documents, with their manifests, proofs and roots."""

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clients.verify.__main__ import main
from clients.verify.canonical import encode
from clients.verify.envelope import DOCUMENTS
from clients.verify.merkle import hash_leaf, hash_leaves
from services.render.merkle import root_of
from tests.unit.verify.made import (
    Made,
    make_invoice,
    make_keys,
    make_proof,
    make_root,
    run,
    sign,
    state_root,
    write_folder,
    write_json,
)

pytestmark = pytest.mark.fast

INVOICES = [make_invoice(number, ("pdf", "ofd", "xml")) for number in (1, 2)]
LEAVES = [one.leaf(kind) for one in INVOICES for kind in sorted(one.documents)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "folder", INVOICES)


def path_of(folder: Path, made: Made, kind: str) -> Path:
    return folder / made.name(kind).removeprefix("documents/")


def test_sound_folder_is_proven(folder: Path, capsys: Any) -> None:
    assert run(capsys, folder) == (0, "proven", [])


def test_folder_is_told_of_in_both_languages(folder: Path, tmp_path: Path, capsys: Any) -> None:
    keys = write_json(tmp_path, "keys.json", make_keys())
    assert main([str(folder), "--keys", keys]) == 0
    shown = capsys.readouterr().out
    assert "完整且未被更改 · complete and unaltered" in shown
    assert "6  版式文件 documents" in shown


@pytest.mark.parametrize("kind", ["pdf", "ofd", "xml"])
def test_altered_byte_names_the_file(kind: str, folder: Path, capsys: Any) -> None:
    file = path_of(folder, INVOICES[0], kind)
    file.write_bytes(file.read_bytes() + b" ")
    assert run(capsys, folder) == (1, "failed", [("file-altered", file.name)])


def test_altered_file_of_one_invoice_is_named_whatever_it_is_called(tmp_path: Path, capsys: Any) -> None:
    folder = write_folder(tmp_path / "folder", INVOICES[:1])
    path_of(folder, INVOICES[0], "pdf").rename(folder / "invoice.pdf")
    assert run(capsys, folder).code == 0
    (folder / "invoice.pdf").write_bytes(b"forged")
    assert run(capsys, folder).found == [("file-altered", "invoice.pdf")]


def test_dropped_file_is_found(folder: Path, capsys: Any) -> None:
    path_of(folder, INVOICES[0], "ofd").unlink()
    assert run(capsys, folder).found == [("document-missing", f"{INVOICES[0].number} ofd")]


def test_surplus_file_is_found(folder: Path, capsys: Any) -> None:
    (folder / "notes.txt").write_text("note")
    assert run(capsys, folder).found == [("file-surplus", "notes.txt")]


def test_two_swapped_files_are_found(folder: Path, capsys: Any) -> None:
    first, second = (path_of(folder, one, "pdf") for one in INVOICES)
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    found = sorted(run(capsys, folder).found)
    assert found == [("file-misnamed", first.name), ("file-misnamed", second.name)]


def test_copy_of_a_file_is_found(folder: Path, capsys: Any) -> None:
    file = path_of(folder, INVOICES[0], "pdf")
    (folder / "zz.pdf").write_bytes(file.read_bytes())
    assert run(capsys, folder).found == [("file-duplicate", "zz.pdf")]


def test_manifest_whose_payload_was_changed_is_found(folder: Path, capsys: Any) -> None:
    file = folder / f"{INVOICES[0].number}.json"
    answer = json.loads(file.read_text())
    payload = base64.b64decode(answer["manifest"]["payload"]).replace(b'"version":1', b'"version":2')
    answer["manifest"]["payload"] = base64.b64encode(payload).decode()
    file.write_text(json.dumps(answer))
    found = run(capsys, folder).found
    assert ("seal-invalid", file.name) in found
    assert len([code for code, _ in found if code == "file-surplus"]) == 3


def test_older_manifest_beside_the_newer_one_is_no_finding(folder: Path, capsys: Any) -> None:
    older = INVOICES[0].seal(documents=INVOICES[0].sealed()[:2])
    (folder / "older.json").write_text(json.dumps(older))
    assert run(capsys, folder).code == 0


def test_two_seals_for_different_bytes_of_one_document_are_found(folder: Path, capsys: Any) -> None:
    forged = INVOICES[0]._replace(documents={"pdf": b"other"})
    (folder / "other.json").write_text(json.dumps(forged.seal()))
    assert run(capsys, folder).found == [("seal-conflict", "other.json")]


def test_manifest_by_another_key_is_found(folder: Path, capsys: Any) -> None:
    outcome = run(capsys, folder, keys=make_keys(Ed25519PrivateKey.from_private_bytes(b"o" * 32)))
    assert outcome.code == 1
    assert ("seal-unknown-key", f"{INVOICES[0].number}.json") in outcome.found


def test_key_under_a_name_that_is_not_its_thumbprint_does_not_count(folder: Path, capsys: Any) -> None:
    keys = make_keys(Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    keys["keys"][0]["kid"] = make_keys()["keys"][0]["kid"]
    outcome = run(capsys, folder, keys=keys)
    assert (outcome.code, outcome.found[0][0]) == (1, "seal-unknown-key")


def test_old_key_beside_the_new_one_still_proves(folder: Path, capsys: Any) -> None:
    new = Ed25519PrivateKey.from_private_bytes(b"n" * 32)
    keys = make_keys(new)
    keys["keys"] += make_keys()["keys"]
    assert run(capsys, folder, keys=keys).code == 0


def test_payload_that_is_not_canonical_is_no_seal(tmp_path: Path, capsys: Any) -> None:
    folder = write_folder(tmp_path / "folder", INVOICES[:1])
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    payload = json.dumps(INVOICES[0].head | {"documents": INVOICES[0].sealed()}).encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(DOCUMENTS), DOCUMENTS.encode(), len(payload), payload)
    envelope = INVOICES[0].seal()
    envelope["payload"] = base64.b64encode(payload).decode()
    envelope["signatures"][0]["sig"] = base64.b64encode(key.sign(signed)).decode()
    (folder / f"{INVOICES[0].number}.json").write_text(json.dumps(envelope))
    assert ("seal-invalid", f"{INVOICES[0].number}.json") in run(capsys, folder).found


def test_seal_of_a_day_is_no_manifest(tmp_path: Path, capsys: Any) -> None:
    folder = write_folder(tmp_path / "folder", INVOICES[:1])
    (folder / f"{INVOICES[0].number}.json").write_text(json.dumps(make_root(LEAVES)))
    assert ("seal-invalid", f"{INVOICES[0].number}.json") in run(capsys, folder).found


def test_link_out_of_the_folder_is_found_and_not_followed(folder: Path, capsys: Any) -> None:
    (folder / "link.pdf").symlink_to("/etc/hostname")
    assert run(capsys, folder).found == [("path-unsafe", "link.pdf")]


def test_empty_folder_is_no_proof(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "folder").mkdir()
    assert run(capsys, tmp_path / "folder").code == 1


@pytest.mark.parametrize("index", range(len(LEAVES)))
def test_proof_leads_to_the_root_of_the_day(index: int, folder: Path, tmp_path: Path, capsys: Any) -> None:
    proof = write_json(tmp_path, "proof.json", make_proof(LEAVES, index))
    assert run(capsys, folder, "--proof", proof).code == 0


def test_proof_that_was_tampered_with_is_found(folder: Path, tmp_path: Path, capsys: Any) -> None:
    sound = make_proof(LEAVES, 2)
    subject = f"{INVOICES[0].number} xml"
    for change in (
        {"leaf_index": 3},
        {"leaf_index": -1},
        {"leaf_index": 10**9},
        {"leaf_index": "2"},
        {"path": sound["path"][:-1]},
        {"path": [*sound["path"], "00" * 32]},
        {"path": ["00" * 32, *sound["path"][1:]]},
        {"path": ["zz"]},
        {"path": None},
    ):
        proof = write_json(tmp_path, "proof.json", sound | change)
        assert run(capsys, folder, "--proof", proof).found == [("proof-invalid", subject)], change


def test_what_a_proof_states_beside_the_seal_is_what_was_signed(
    folder: Path, tmp_path: Path, capsys: Any
) -> None:
    sound = make_proof(LEAVES, 2)
    root = sound["root"]
    stated = [{"tree_size": 7}, *({"root": root | {name: "x"}} for name in root if name != "seal")]
    for change in stated:
        proof = write_json(tmp_path, "proof.json", sound | change)
        outcome = run(capsys, folder, "--proof", proof)
        assert outcome.found == [("proof-differs", f"{INVOICES[0].number} xml")], change


@pytest.mark.parametrize("place", [("path", 0), ("leaf", "sha256")])
def test_proof_with_its_hashes_written_in_another_way_is_found(
    place: Any, folder: Path, tmp_path: Path, capsys: Any
) -> None:
    proof = copy.deepcopy(make_proof(LEAVES, 2))
    proof[place[0]][place[1]] = proof[place[0]][place[1]].upper()
    assert run(capsys, folder, "--proof", write_json(tmp_path, "proof.json", proof)).code == 1


def test_proof_of_something_that_no_document_can_be_is_found(
    folder: Path, tmp_path: Path, capsys: Any
) -> None:
    sound = make_proof(LEAVES, 2)
    sizes: list[Any] = [[], {}]
    for size in sizes:
        proof = sound | {"leaf": sound["leaf"] | {"size": size}}
        found = run(capsys, folder, "--proof", write_json(tmp_path, "proof.json", proof)).found
        assert found == [("proof-invalid", f"{INVOICES[0].number} xml")]


def test_signature_with_a_byte_that_changes_nothing_is_refused(
    folder: Path, tmp_path: Path, capsys: Any
) -> None:
    proof = make_proof(LEAVES, 0)
    signature = proof["root"]["seal"]["signatures"][0]
    signature["sig"] = signature["sig"][:40] + "\n" + signature["sig"][40:]
    found = run(capsys, folder, "--proof", write_json(tmp_path, "proof.json", proof)).found
    assert found == [("seal-invalid", f"{INVOICES[0].number} ofd")]


def test_proof_of_a_document_that_is_not_here_is_found(folder: Path, tmp_path: Path, capsys: Any) -> None:
    leaves = [*LEAVES, make_invoice(9).leaf("pdf")]
    proof = write_json(tmp_path, "proof.json", make_proof(leaves, 6))
    assert run(capsys, folder, "--proof", proof).found == [("proof-foreign", f"{make_invoice(9).number} pdf")]


def test_proof_whose_root_nobody_signed_is_found(folder: Path, tmp_path: Path, capsys: Any) -> None:
    proof = make_proof(LEAVES, 0)
    proof["root"]["seal"]["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
    found = run(capsys, folder, "--proof", write_json(tmp_path, "proof.json", proof)).found
    assert found == [("seal-invalid", f"{INVOICES[0].number} ofd")]


def make_chain() -> list[dict[str, Any]]:
    """Roots of three days, each chained to the one before."""
    seals: list[dict[str, Any]] = []
    for day in ("2026-11-23", "2026-11-24", "2026-11-26"):
        previous = base64.b64decode(seals[-1]["payload"]) if seals else None
        seals.append(make_root(LEAVES, day, previous))
    return seals


def test_chain_of_roots_holds_in_any_order_and_breaks_where_one_is_missing(
    folder: Path, tmp_path: Path, capsys: Any
) -> None:
    chain = [state_root(seal) for seal in make_chain()]
    whole = write_json(tmp_path, "roots.json", {"items": chain[::-1]})
    assert run(capsys, folder, "--roots", whole).code == 0
    cut = write_json(tmp_path, "cut.json", [chain[0], chain[2]])
    assert run(capsys, folder, "--roots", cut).found == [("chain-broken", "2026-11-26")]


@pytest.mark.parametrize(
    ("known", "found"),
    [(LEAVES, []), ([*LEAVES, make_invoice(9).leaf("pdf")], [("day-incomplete", "2026-11-24")])],
    ids=["all", "one more"],
)
def test_day_is_complete_where_every_document_of_it_is_here(
    known: Any, found: Any, folder: Path, tmp_path: Path, capsys: Any
) -> None:
    leaves = tmp_path / "leaves"
    leaves.write_bytes(b"".join(hash_leaf(encode(leaf)) for leaf in known))
    roots = write_json(tmp_path, "roots.json", [make_root(known)])
    assert run(capsys, folder, "--roots", roots, "--leaves", str(leaves)).found == found


@pytest.mark.parametrize("content", [b"", b"x", bytes(64)])
def test_leaves_that_give_no_known_root_are_found(
    content: bytes, folder: Path, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "leaves").write_bytes(content)
    roots = write_json(tmp_path, "roots.json", [make_root(LEAVES)])
    found = run(capsys, folder, "--roots", roots, "--leaves", str(tmp_path / "leaves")).found
    assert found == [("leaves-foreign", "leaves")]


def test_two_roots_of_one_day_are_found(folder: Path, tmp_path: Path, capsys: Any) -> None:
    roots = write_json(tmp_path, "roots.json", [make_root(LEAVES), make_root(LEAVES[:3])])
    assert run(capsys, folder, "--roots", roots).found == [("root-differs", "2026-11-24")]


def test_proof_to_another_root_than_the_published_one_is_found(
    folder: Path, tmp_path: Path, capsys: Any
) -> None:
    proof = write_json(tmp_path, "proof.json", make_proof(LEAVES, 0))
    roots = write_json(tmp_path, "roots.json", [make_root(LEAVES[:3])])
    found = run(capsys, folder, "--proof", proof, "--roots", roots).found
    assert found == [("root-differs", "2026-11-24")]


@pytest.mark.parametrize(
    "content", [{}, [], {"documents": 7}, {"code": None, "number": "1", "invoice_id": {}, "documents": [{}]}]
)
def test_manifest_of_another_shape_is_no_seal(content: Any, folder: Path, capsys: Any) -> None:
    (folder / "z.json").write_text(json.dumps(sign(DOCUMENTS, content)))
    assert run(capsys, folder).found == [("seal-invalid", "z.json")]


def test_root_over_leaves_is_the_one_over_the_tree_at_every_size() -> None:
    leaves = [hash_leaf(b"%d" % number) for number in range(40)]
    assert hash_leaves([]) is None
    for size in range(1, 41):
        assert hash_leaves(leaves[:size]) == root_of(leaves[:size])
