"""Manifests, roots and proofs as a stranger checks them over HTTP, with docs/formats/integrity.md alone."""

import base64
import hashlib
import itertools
import json
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from deploy.local.demo.client import Client
from deploy.local.operate import worker_environment
from tests.e2e.test_documents import BODY
from tests.helpers.sandbox_programs import ROOT, wait_until
from tests.helpers.stack import RunningStack, wait_for_documents

pytestmark = [pytest.mark.stack]

DOCUMENTS = "application/vnd.openfapiao.documents+json"
DAY_ROOT = "application/vnd.openfapiao.day-root+json"
HEAD = ("invoice_id", "code", "number", "issued_at")
KINDS = ("digital_ordinary", "paper_ordinary", "tax_control_special")
SHANGHAI = timezone(timedelta(hours=8))


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def canonical(value: Any) -> bytes:
    """RFC 8785, for ASCII names, texts, integers and null."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def fetch_keys(client: Client) -> dict[str, Ed25519PublicKey]:
    """By thumbprint (RFC 7638), computed here."""
    keys = {}
    for key in client.get("/v1/document-keys").expect(200)["keys"]:
        members = canonical({name: key[name] for name in ("crv", "kty", "x")})
        name = base64.urlsafe_b64encode(sha256(members)).rstrip(b"=").decode()
        keys[name] = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
    return keys


def open_seal(seal: Any, kind: str, keys: dict[str, Ed25519PublicKey]) -> tuple[Any, bytes]:
    """What a DSSE envelope says, and its bytes; raises where no known key has signed it."""
    payload, named = base64.b64decode(seal["payload"], validate=True), seal["payloadType"].encode()
    signed = b" ".join([b"DSSEv1", b"%d" % len(named), named, b"%d" % len(payload), payload])
    signature = next(each for each in seal["signatures"] if each["keyid"] in keys)
    keys[signature["keyid"]].verify(base64.b64decode(signature["sig"], validate=True), signed)
    assert seal["payloadType"] == kind
    content = json.loads(payload)
    assert canonical(content) == payload
    return content, payload


def half(count: int) -> int:
    """The largest power of two below the number of leaves."""
    return 1 << (count - 1).bit_length() - 1


def tree_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    left = half(len(leaves))
    return sha256(b"\1" + tree_root(leaves[:left]) + tree_root(leaves[left:]))


def root_of_path(leaf: bytes, index: int, count: int, path: list[bytes]) -> bytes:
    """RFC 6962, section 2.1.1, read from the top."""
    if count == 1:
        assert (index, path) == (0, [])
        return leaf
    left = half(count)
    if index < left:
        return sha256(b"\1" + root_of_path(leaf, index, left, path[:-1]) + path[-1])
    return sha256(b"\1" + path[-1] + root_of_path(leaf, index - left, count - left, path[:-1]))


def hash_document(manifest: Any, document: Any) -> bytes:
    return sha256(b"\0" + canonical({name: manifest[name] for name in HEAD} | document))


def issue(client: Client) -> list[str]:
    """One invoice of each kind, with its documents."""
    bodies = [BODY | {"kind": kind, "reference": f"OUT-{time.time_ns()}"} for kind in KINDS]
    ids = [client.post("/v1/invoices", body).expect(201)["id"] for body in bodies]
    for invoice_id in ids:
        wait_for_documents(client, invoice_id)
    return ids


def close_day(stack: RunningStack, last_day: str | None) -> None:
    """Today, or the day after the last closed one, whichever is later, is over for one that closes days."""
    today = datetime.now(SHANGHAI).date()
    day = today if last_day is None else max(today, datetime.fromisoformat(last_day).date() + timedelta(1))
    over = datetime.combine(day + timedelta(1), datetime.min.time(), SHANGHAI) + timedelta(minutes=11)
    command = [sys.executable, "-m", "tests.helpers.closing_day", over.isoformat()]
    environment = {"PATH": os.environ["PATH"]} | worker_environment(stack.stack, "render")
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


def fetch_roots(client: Client) -> list[Any]:
    """The newest first."""
    items: list[Any] = client.get("/v1/document-roots").expect(200)["items"]
    return items


def close_and_fetch(stack: RunningStack, client: Client) -> Any:
    """The root of one day more; tried again where the worker was closing days itself."""
    known = fetch_roots(client)

    def close() -> Any:
        close_day(stack, known[0]["day"] if known else None)
        roots = fetch_roots(client)
        return len(roots) > len(known) and roots[0]

    return wait_until(close)


def verify_by_command(folder: Path, client: Client, invoice_id: str, proof: Any) -> int:
    """What clients.verify, which this file shares nothing with, thinks of a proof: its exit code."""
    kept = folder / "kept"
    kept.mkdir(exist_ok=True)
    path = f"/v1/invoices/{invoice_id}/documents"
    (kept / "manifest.json").write_bytes(client.get(path).content)
    for name, content in wait_for_documents(client, invoice_id).items():
        (kept / f"invoice.{name}").write_bytes(content)
    (folder / "keys.json").write_bytes(client.get("/v1/document-keys").content)
    (folder / "proof.json").write_text(json.dumps(proof))
    options = ["--keys", str(folder / "keys.json"), "--proof", str(folder / "proof.json")]
    command = [sys.executable, "-m", "clients.verify", str(kept), *options]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode


def follow(proof: Any, root: str) -> bool:
    path = [bytes.fromhex(beside) for beside in proof["path"]]
    leaf = sha256(b"\0" + canonical(proof["leaf"]))
    try:
        return root_of_path(leaf, proof["leaf_index"], proof["tree_size"], path).hex() == root
    except (AssertionError, IndexError):
        return False


def test_manifest_of_every_document_is_signed_and_says_its_hash(stack: RunningStack) -> None:
    client = stack.accounts["A"].client
    keys = fetch_keys(client)
    for invoice_id in issue(client):
        path = f"/v1/invoices/{invoice_id}"
        seal = client.get(f"{path}/documents").expect(200)["manifest"]
        manifest, _ = open_seal(seal, DOCUMENTS, keys)
        invoice = client.get(path).expect(200) | {"invoice_id": invoice_id}
        assert {name: manifest[name] for name in HEAD} == {name: invoice[name] for name in HEAD}
        assert [each["format"] for each in manifest["documents"]] == ["ofd", "pdf", "xml"]
        for each in manifest["documents"]:
            content = client.get(f"{path}/documents/{each['format']}?version={each['version']}").content
            assert (len(content), sha256(content).hex()) == (each["size"], each["sha256"])
        forged = seal | {"payload": base64.b64encode(canonical(manifest | {"number": "1"})).decode()}
        with pytest.raises(InvalidSignature):
            open_seal(forged, DOCUMENTS, keys)


def test_day_is_proven_document_by_document_and_chained_to_the_one_before(stack: RunningStack) -> None:
    client, other = stack.accounts["A"].client, stack.accounts["B"].client
    keys = fetch_keys(client)
    issue(other)
    issue(client)
    close_and_fetch(stack, client)
    late = issue(client)
    root = close_and_fetch(stack, client)
    for newer, older in itertools.pairwise(fetch_roots(client)):
        payload = open_seal(older["seal"], DAY_ROOT, keys)[1]
        assert open_seal(newer["seal"], DAY_ROOT, keys)[0]["previous"] == sha256(payload).hex()
    record, _ = open_seal(root["seal"], DAY_ROOT, keys)
    assert record["tenant_id"] == stack.accounts["A"].tenant_id
    content = client.get(f"/v1/document-roots/{root['day']}/leaves").content
    leaves = [content[at : at + 32] for at in range(0, len(content), 32)]
    assert (len(leaves), tree_root(leaves).hex()) == (record["documents"], record["root"])
    for invoice_id in late:
        manifest, _ = open_seal(
            client.get(f"/v1/invoices/{invoice_id}/documents").json["manifest"], DOCUMENTS, keys
        )
        for document in manifest["documents"]:
            path = f"/v1/invoices/{invoice_id}/documents/{document['format']}/proof"
            proof = client.get(path).expect(200)
            assert proof["leaf"] == {name: manifest[name] for name in HEAD} | document
            assert leaves[proof["leaf_index"]] == hash_document(manifest, document)
            assert proof["tree_size"] == record["documents"]
            assert follow(proof, record["root"])
            assert other.get(path).status == 404
    theirs = {root["root"] for root in fetch_roots(other)}
    assert root["root"] not in theirs


def test_proof_with_anything_altered_holds_for_nobody(stack: RunningStack, tmp_path: Path) -> None:
    client = stack.accounts["A"].client
    invoice_id = issue(client)[0]
    close_and_fetch(stack, client)
    proof = client.get(f"/v1/invoices/{invoice_id}/documents/pdf/proof").expect(200)
    root = proof["root"]
    assert follow(proof, root["root"])
    assert verify_by_command(tmp_path, client, invoice_id, proof) == 0
    digest = proof["leaf"]["sha256"]
    of_path = [
        {"leaf": proof["leaf"] | {"sha256": digest[:-1] + ("1" if digest[-1] == "0" else "0")}},
        {"leaf": proof["leaf"] | {"version": 2}},
        {"leaf_index": proof["leaf_index"] + 1},
        {"path": proof["path"][:-1]},
        {"path": [*proof["path"][:-1], "00" * 32]},
    ]
    of_root = [{"root": root | {name: "x"}} for name in ("day", "root", "previous")]
    for change in of_path:
        assert not follow(proof | change, root["root"]), change
    for change in [*of_path, *of_root, {"tree_size": proof["tree_size"] + 1}]:
        assert verify_by_command(tmp_path, client, invoice_id, proof | change) == 1, change


def test_day_without_documents_has_no_record(stack: RunningStack) -> None:
    client = stack.accounts["A"].client
    issue(client)
    last = close_and_fetch(stack, client)
    close_day(stack, last["day"])
    assert fetch_roots(client)[0] == last
    assert client.get(f"/v1/document-roots/{last['day']}/leaves").status == 200
    assert client.get("/v1/document-roots/2026-01-01/leaves").status == 404
