"""Checks proofs that documents are in the root of their day, and the chain of the days' roots."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import canonical
from .envelope import DAY_ROOT, BadSeal, Keys, Opened, open_envelope
from .findings import Report
from .inventory import Inventory
from .merkle import BadPath, hash_leaf, hash_leaves, root_from_path

LEAF_BYTES = 32
STATED = ("day", "documents", "root", "previous")
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError)


class Roots:
    """Roots by tenant and day, as far as they are known."""

    def __init__(self, keys: Keys | None, report: Report) -> None:
        self._keys, self._report = keys, report
        self._opened: dict[tuple[str, str], Opened] = {}

    def add(self, seal: Any, subject: str) -> Opened | None:
        """The root that was signed; None after a finding."""
        try:
            opened = open_envelope(seal, DAY_ROOT, self._keys)
            place = str(opened.content["tenant_id"]), str(opened.content["day"])
        except BadSeal as error:
            self._report.add(error.code, subject, error.detail)
            return None
        except _MALFORMED as error:
            self._report.add("seal-invalid", subject, f"lacks {error}")
            return None
        known = self._opened.setdefault(place, opened)
        if known.payload != opened.payload:
            self._report.add("root-differs", place[1])
            return None
        return opened

    def add_item(self, item: Any, subject: str) -> Opened | None:
        """A root as the API answers it: what is stated beside the seal has to be what was signed."""
        if (opened := self.add(item["seal"], subject)) is None:
            return None
        for name in STATED:
            if item.get(name, "") != opened.content.get(name):
                self._report.add("proof-differs", subject, name)
        return opened

    def find_day(self, root: bytes) -> str | None:
        """The day with this root."""
        days = (day for (_, day), opened in self._opened.items() if opened.content.get("root") == root.hex())
        return next(days, None)

    def check_chain(self) -> None:
        """Every root but a tenant's first one here holds the hash of the one before."""
        before: tuple[str, Opened] | None = None
        for (tenant, day), opened in sorted(self._opened.items()):
            if before is not None and before[0] == tenant:
                wanted = hashlib.sha256(before[1].payload).hexdigest()
                if opened.content.get("previous") != wanted:
                    self._report.add("chain-broken", day, f"does not follow {before[1].content['day']}")
            before = tenant, opened
        self._report.checked["roots"] = len(self._opened)


def list_values(content: Any) -> Iterator[Any]:
    """One answer of the API, a list of them, or the items of a page."""
    if isinstance(content, dict) and isinstance(content.get("items"), list):
        content = content["items"]
    yield from content if isinstance(content, list) else [content]


def check_roots(content: Any, roots: Roots) -> None:
    """What `GET /v1/document-roots` answered."""
    for item in list_values(content):
        if isinstance(item, dict) and "seal" in item:
            roots.add_item(item, "day root")
        else:
            roots.add(item, "day root")
    roots.check_chain()


def check_leaves(path: Path, roots: Roots, inventory: Inventory, report: Report) -> None:
    """What `GET /v1/document-roots/{day}/leaves` answered: a root that is known, and every document of it here."""
    root = hash_leaves(_read_leaves(path))
    if root is None or (day := roots.find_day(root)) is None:
        report.add("leaves-foreign", path.name)
        return
    for index, leaf in enumerate(_read_leaves(path)):
        if not inventory.has_leaf(leaf):
            report.add("day-incomplete", day, f"leaf {index}")
        report.checked["leaves"] += 1


def _read_leaves(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while leaf := file.read(LEAF_BYTES):
            yield leaf


def check_proof(proof: Any, roots: Roots, inventory: Inventory, report: Report) -> None:
    """What `GET …/documents/{format}/proof` answered: about a document that is here, and leading to its root."""
    subject = "proof"
    try:
        leaf = proof["leaf"]
        subject = f"{leaf['code'] or ''}{leaf['number']} {leaf['format']}"
        if not inventory.is_sealed_and_here(leaf):
            report.add("proof-foreign", subject)
            return
        opened = roots.add_item(proof["root"], subject)
        if opened is None:
            return
        if proof["tree_size"] != opened.content["documents"]:
            report.add("proof-differs", subject, "tree_size")
        path = [_read_hash(beside) for beside in proof["path"]]
        found = root_from_path(
            hash_leaf(canonical.encode(leaf)), proof["leaf_index"], opened.content["documents"], path
        )
        if found.hex() != opened.content["root"]:
            report.add("proof-invalid", subject, f"leads to {found.hex()}")
    except BadPath as error:
        report.add("proof-invalid", subject, f"the path is {error}")
    except _MALFORMED as error:
        report.add("proof-invalid", subject, f"no proof: {error!r}")
    report.checked["proofs"] += 1


def _read_hash(text: str) -> bytes:
    """In the one way in which it is written."""
    content = bytes.fromhex(text)
    if content.hex() != text:
        raise ValueError("not as a hash is written")
    return content
