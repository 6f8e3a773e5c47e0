"""Exports, folders, seals and proofs as the platform makes them, of invented invoices; tests then tamper with them."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clients.verify.__main__ import main
from clients.verify.canonical import encode
from clients.verify.envelope import DAY_ROOT, DOCUMENTS
from services.render.merkle import hash_leaf, path_of, root_of
from services.render.seal import Sealer

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
FORMATS = ("pdf", "xml")


class Made(NamedTuple):
    """An invoice and the bytes of its documents by format."""

    id: str
    number: str
    documents: Mapping[str, bytes]
    version: int = 1

    def name(self, kind: str) -> str:
        return f"documents/dzfp_{self.number}_武汉晴川数码科技有限公司_20261124144000.{kind}"

    @property
    def head(self) -> dict[str, Any]:
        issued_at = "2026-11-24T06:40:00Z"
        return {"invoice_id": self.id, "code": None, "number": self.number, "issued_at": issued_at}

    def sealed(self) -> list[dict[str, Any]]:
        return [{"format": kind} | self.facts(kind) for kind in sorted(self.documents)]

    def facts(self, kind: str) -> dict[str, Any]:
        content = self.documents[kind]
        return {
            "version": self.version,
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
        }

    def seal(self, key: Ed25519PrivateKey = KEY, documents: Sequence[Any] | None = None) -> dict[str, Any]:
        listed = self.sealed() if documents is None else documents
        return sign(DOCUMENTS, self.head | {"documents": listed}, key)

    def leaf(self, kind: str) -> dict[str, Any]:
        return self.head | {"format": kind} | self.facts(kind)


def sign(payload_type: str, content: Any, key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    payload = encode(content)
    signed = b"DSSEv1 %d %b %d %b" % (len(payload_type), payload_type.encode(), len(payload), payload)
    signature = {"keyid": Sealer(key).public_key.id, "sig": base64.b64encode(key.sign(signed)).decode()}
    return {
        "payloadType": payload_type,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [signature],
    }


def make_invoice(number: int, formats: Sequence[str] = FORMATS) -> Made:
    documents = {kind: f"{kind} {number} ".encode() * 50 for kind in formats}
    return Made(f"01990000-0000-7000-8000-{number:012d}", f"2642{number:016d}", documents)


def make_keys(*keys: Ed25519PrivateKey) -> dict[str, Any]:
    return {"keys": [Sealer(key).public_key.as_jwk() for key in keys or (KEY,)]}


def make_manifest(invoices: Sequence[Made]) -> dict[str, Any]:
    files = [
        {"name": one.name(kind), "invoice_id": one.id, "format": kind} | one.facts(kind)
        for one in invoices
        for kind in one.documents
    ]
    listed = [
        {
            "id": one.id,
            "code": None,
            "number": one.number,
            "status": "issued",
            "files": [one.name(kind) for kind in one.documents],
            "seal": one.seal(),
        }
        for one in invoices
    ]
    head = {"format": "openfapiao-export/1", "totals": {"invoices": len(invoices), "amount": "12.00"}}
    return head | {"files": files, "missing": [], "invoices": listed}


def make_entries(invoices: Sequence[Made]) -> dict[str, bytes]:
    """The files of an export by name, without its manifest."""
    return {one.name(kind): content for one in invoices for kind, content in one.documents.items()}


def write_export(path: Path, entries: Mapping[str, bytes], manifest: Any) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        if manifest is not None:
            archive.writestr("manifest.json", json.dumps(manifest), zipfile.ZIP_DEFLATED)
    return path


def write_folder(path: Path, invoices: Sequence[Made]) -> Path:
    """As somebody downloads them: documents beside the answers of `GET …/documents`."""
    path.mkdir(exist_ok=True)
    for one in invoices:
        for kind, content in one.documents.items():
            (path / one.name(kind).removeprefix("documents/")).write_bytes(content)
        answer: dict[str, Any] = {
            "items": [],
            "manifest": one.seal(),
            "next_cursor": None,
            "as_of": "2026-11-24T06:41:00Z",
        }
        (path / f"{one.number}.json").write_text(json.dumps(answer))
    return path


def make_root(leaves: Sequence[Any], day: str = "2026-11-24", previous: bytes | None = None) -> Any:
    """The seal of a day, as in answers."""
    content = {
        "tenant_id": "01990000-0000-7000-8000-00000000000a",
        "day": day,
        "documents": len(leaves),
        "root": root_of([hash_leaf(encode(leaf)) for leaf in leaves]).hex(),
        "previous": previous and hashlib.sha256(previous).hexdigest(),
    }
    return sign(DAY_ROOT, content)


def make_proof(leaves: Sequence[Any], index: int) -> dict[str, Any]:
    path = path_of([hash_leaf(encode(leaf)) for leaf in leaves], index)
    hexes = [beside.hex() for beside in path]
    root = state_root(make_root(leaves))
    return {
        "leaf": leaves[index],
        "leaf_index": index,
        "tree_size": len(leaves),
        "path": hexes,
        "root": root,
    }


def state_root(seal: Any) -> dict[str, Any]:
    """A root as the API answers it: its seal, and what that says."""
    content = json.loads(base64.b64decode(seal["payload"]))
    return {name: content[name] for name in ("day", "documents", "root", "previous")} | {"seal": seal}


class Outcome(NamedTuple):
    """What the command said."""

    code: int
    result: str
    found: list[tuple[str, str]]


def run(capsys: Any, path: Path, *options: str, keys: Any = None) -> Outcome:
    """The command with `--json`; `keys` are those of the platform unless others are given."""
    folder = path.parent / "given"
    folder.mkdir(exist_ok=True)
    (folder / "keys.json").write_text(json.dumps(make_keys() if keys is None else keys))
    code = main([str(path), "--json", "--keys", str(folder / "keys.json"), *options])
    answer = json.loads(capsys.readouterr().out)
    found = [(finding["code"], finding["subject"]) for finding in answer["findings"]]
    return Outcome(code, answer["result"], found)


def write_json(path: Path, name: str, content: Any) -> str:
    """A file outside of what is checked; its path."""
    file = path / name
    file.write_text(json.dumps(content))
    return str(file)


def repack(path: Path, change: Any) -> Path:
    """The archive with its bytes changed."""
    content = bytearray(path.read_bytes())
    path.write_bytes(bytes(change(content)))
    return path


def zip_of(entries: Sequence[tuple[str, bytes]]) -> bytes:
    """An archive in which names may repeat."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()
