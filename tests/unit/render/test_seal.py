"""Seals: byte-exact payloads, signatures that others can check, and keys however they are written."""

import base64
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.render.seal import MANIFEST_TYPE, Manifest, SealedDocument, Sealer, public_key, read_key

pytestmark = pytest.mark.fast

# The key, its public half and the thumbprint that RFC 8037 shows in appendix A.
SEED = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

MANIFEST = Manifest(
    invoice=UUID("01990000-0000-7000-8000-000000000001"),
    code=None,
    number="26422000000000000001",
    issued_at=datetime(2026, 11, 24, 6, 40, tzinfo=UTC),
    documents=(SealedDocument("xml", 1, "bb", 20), SealedDocument("pdf", 2, "aa", 10)),
)


def test_public_key_is_named_by_its_thumbprint() -> None:
    key = Sealer(read_key(SEED)).public_key
    assert (key.id, key.x) == (THUMBPRINT, X)
    assert key.as_jwk()["kid"] == THUMBPRINT


def test_manifest_is_encoded_byte_for_byte_as_published() -> None:
    assert MANIFEST.encode() == (
        b'{"code":null,"documents":[{"format":"pdf","sha256":"aa","size":10,"version":2},'
        b'{"format":"xml","sha256":"bb","size":20,"version":1}],'
        b'"invoice_id":"01990000-0000-7000-8000-000000000001",'
        b'"issued_at":"2026-11-24T06:40:00Z","number":"26422000000000000001"}'
    )


def test_seal_is_checked_by_whoever_has_the_public_key() -> None:
    seal = Sealer(read_key(SEED)).seal_manifest(MANIFEST)
    payload = base64.b64decode(seal.payload)
    signed = b"DSSEv1 %d %s %d %s" % (len(MANIFEST_TYPE), MANIFEST_TYPE.encode(), len(payload), payload)
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(X + "="))
    public.verify(base64.b64decode(seal.signatures[0].sig), signed)
    assert json.loads(payload)["number"] == MANIFEST.number


def test_seal_of_the_same_manifest_is_always_the_same() -> None:
    assert Sealer(read_key(SEED)).seal_manifest(MANIFEST) == Sealer(read_key(SEED)).seal_manifest(MANIFEST)


def test_key_is_read_from_pem_and_from_either_base64() -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    seed = key.private_bytes_raw()
    texts = [pem, base64.b64encode(seed).decode(), base64.urlsafe_b64encode(seed).decode().rstrip("=")]
    wanted = public_key(key.public_key().public_bytes_raw())
    assert [Sealer(read_key(text)).public_key for text in texts] == [wanted] * 3


def test_key_of_another_kind_or_length_is_refused() -> None:
    ec = generate_private_key(SECP256R1())
    pem = ec.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for text in ("", "c2hvcnQ=", "ä" * 43, SEED + "AAAA", pem, "-----BEGIN nothing"):
        with pytest.raises(ValueError, match=r".") as caught:
            read_key(text)
        assert SEED not in str(caught.value)
