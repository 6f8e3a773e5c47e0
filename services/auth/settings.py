"""Configuration of auth's processes."""

import os
from typing import Self

from pydantic import Field, SecretStr, model_validator

from libs.common.settings import Settings

_SAMPLE_WORDS = ("sample", "example", "demo", "local", "change", "secret", "password")


class AuthSettings(Settings):
    """`key_encryption_secret` seals the private signing keys: whoever has it and the database can sign tokens."""

    key_encryption_secret: SecretStr = Field(min_length=32)
    # Passwords are hashed by so many threads (19 MiB each); so many more sign-ins may wait for one.
    password_threads: int = Field(default=len(os.sched_getaffinity(0)), ge=1, le=64)
    password_queue: int = Field(default=64, ge=1, le=1000)

    @model_validator(mode="after")
    def _refuse_sample_secrets(self) -> Self:
        secret = self.key_encryption_secret.get_secret_value()
        if self.environment == "production" and (
            len(set(secret)) < 12 or any(word in secret.lower() for word in _SAMPLE_WORDS)
        ):
            raise ValueError(
                "OFP_KEY_ENCRYPTION_SECRET looks like a sample: use 32 or more random characters"
            )
        return self


def load_settings() -> AuthSettings:
    """Read the environment; fails naming what is missing, never showing a value."""
    return AuthSettings()
