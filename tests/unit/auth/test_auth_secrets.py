"""Seals, successors, digests, tokens and settings: what the secret opens and what it does not."""

import base64
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from pydantic import ValidationError

from libs.common.auth import AUDIENCE, ISSUER
from libs.common.ids import TenantId, new_id
from services.auth.secret_keys import SealBroken, SecretKeys, new_secret
from services.auth.settings import AuthSettings
from services.auth.tokens import Bearer, SigningPair

pytestmark = pytest.mark.fast

SECRET = "one secret of at least 32 characters"
OTHER = "two secret of at least 32 characters"


def make_settings(secret: str, environment: str = "production") -> AuthSettings:
    return AuthSettings(environment=environment, database_url="postgresql://x", key_encryption_secret=secret)


def test_seal_opens_under_its_name_and_secret_only() -> None:
    sealed = SecretKeys(SECRET).seal("name", b"private")
    assert SecretKeys(SECRET).unseal("name", sealed) == b"private"
    for keys, name, value in (
        (SecretKeys(OTHER), "name", sealed),
        (SecretKeys(SECRET), "other name", sealed),
        (SecretKeys(SECRET), "name", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (SecretKeys(SECRET), "name", sealed[:20]),
        (SecretKeys(SECRET), "name", b""),
    ):
        with pytest.raises(SealBroken):
            keys.unseal(name, value)
    assert SecretKeys(SECRET).seal("name", b"private") != sealed


def test_successor_is_the_same_each_time_and_needs_the_secret() -> None:
    token = new_secret()
    successor = SecretKeys(SECRET).successor_of(token)
    assert successor == SecretKeys(SECRET).successor_of(token)
    assert len(successor) == len(token) == 43
    assert len({successor, token, SecretKeys(OTHER).successor_of(token)}) == 3
    assert SecretKeys(SECRET).successor_of(successor) != token


def test_name_digest_needs_the_secret() -> None:
    assert SecretKeys(SECRET).digest_name("a") == SecretKeys(SECRET).digest_name("a")
    assert SecretKeys(SECRET).digest_name("a") != SecretKeys(OTHER).digest_name("a")
    assert SecretKeys(SECRET).digest_name("a") != SecretKeys(SECRET).digest_name("A")


def test_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    """Appendix A.1 and A.3."""
    private = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    pair = SigningPair.from_bytes(private)
    assert pair.jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert pair.id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert "d" not in pair.jwk


def test_token_carries_its_claims_and_lives_ten_minutes_at_most() -> None:
    pair, now = SigningPair.generate(), datetime.now(UTC)
    bearer = Bearer(TenantId(new_id()), new_id(), "user", "张三", {"b", "a"}, new_id(), 3)
    token = pair.sign(bearer, now)
    claims = jwt.decode(token.text, pair.public, algorithms=["EdDSA"], issuer=ISSUER, audience=AUDIENCE)
    assert token.expires_in == claims["exp"] - claims["iat"] == 600
    assert (claims["sub"], claims["tenant"]) == (str(bearer.id), str(bearer.tenant))
    assert (claims["sid"], claims["scope"], claims["ver"]) == (str(bearer.session), "a b", 3)
    assert (claims["kind"], claims["name"]) == ("user", "张三")
    assert pair.sign(bearer, now).text != token.text


def test_token_ends_with_the_credential_behind_it() -> None:
    now = datetime.now(UTC)
    until = now + timedelta(seconds=90)
    bearer = Bearer(TenantId(new_id()), new_id(), "api_key", "k", (), new_id(), 1, until=until)
    assert 89 <= SigningPair.generate().sign(bearer, now).expires_in <= 91


@pytest.mark.parametrize(
    "secret", ["qwertyuiop", "x" * 40, "demo-secret-of-more-than-32-characters", "change me " * 5]
)
def test_settings_refuse_sample_secrets_in_production_without_showing_them(secret: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make_settings(secret)
    assert secret not in str(refused.value)


def test_settings_do_not_show_the_secret() -> None:
    secret = new_secret()
    assert secret not in repr(make_settings(secret))
