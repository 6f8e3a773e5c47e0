"""What the API answers about proofs: roots of days, the way from a document to one, and keys."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.render.proofs.queries import Inclusion, RootView
from services.render.schemas import Envelope, build_envelope


class DayRootItem(BaseModel):
    """The Merkle root over all documents of the tenant that became ready on one day in Asia/Shanghai."""

    day: date
    documents: int
    root: str = Field(description="SHA-256 in hexadecimal, by RFC 6962")
    previous: str | None = Field(description="SHA-256 of the payload that the seal of the root before holds")
    sealed_at: datetime
    seal: Envelope


class DayRoots(BaseModel):
    """Newest first; days without documents have none."""

    items: list[DayRootItem]
    next_cursor: str | None
    as_of: datetime


class Leaf(BaseModel):
    """What the tree holds of a document; its hash is that of the canonical JSON of exactly these members."""

    invoice_id: str
    code: str | None
    number: str
    issued_at: str
    format: str
    version: int
    sha256: str
    size: int


class InclusionProof(BaseModel):
    """Leads from the document to the signed root of its day (docs/formats/integrity.md)."""

    leaf: Leaf
    leaf_index: int
    tree_size: int
    path: list[str] = Field(description="Hashes beside the way up, the nearest first")
    root: DayRootItem


class ProofPending(BaseModel):
    """The day of the document is still open; ask again after Retry-After seconds."""

    format: str
    version: int
    state: Literal["pending"] = "pending"
    expected_at: datetime


class DocumentKey(BaseModel):
    """A JSON Web Key (RFC 8037); `kid` is its thumbprint by RFC 7638."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    use: Literal["sig"]
    alg: Literal["EdDSA"]
    kid: str
    x: str


class DocumentKeys(BaseModel):
    """Every key that ever sealed documents."""

    keys: list[DocumentKey]


def build_root(view: RootView) -> DayRootItem:
    return DayRootItem(
        day=view.day,
        documents=view.documents,
        root=view.root,
        previous=view.previous,
        sealed_at=view.sealed_at,
        seal=build_envelope(view.seal),
    )


def build_proof(inclusion: Inclusion) -> InclusionProof:
    return InclusionProof(
        leaf=Leaf.model_validate(inclusion.leaf),
        leaf_index=inclusion.leaf_index,
        tree_size=inclusion.root.documents,
        path=[*inclusion.path],
        root=build_root(inclusion.root),
    )
