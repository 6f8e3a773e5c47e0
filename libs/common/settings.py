"""Configuration of a process: read once from the environment in `main.py`, then passed down as values."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every process needs; a service's `settings.py` adds its own. Secrets have no defaults."""

    model_config = SettingsConfigDict(
        env_prefix="OFP_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    environment: Literal["local", "production"] = "production"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=0, ge=0, le=65535)
    internal_port: int = Field(default=0, ge=0, le=65535)
    database_url: str
    database_connections: int = Field(default=8, ge=1, le=100)
    kafka_bootstrap: str = "127.0.0.1:9092"
    jwks_url: str = "http://127.0.0.1:8080/v1/auth/.well-known/jwks.json"
    public_url: str = "http://127.0.0.1:8080"
    drain_seconds: float = Field(default=5.0, ge=0, le=30)
    # Each api process enforces its share of a tenant's rate limit.
    api_processes: int = Field(default=1, ge=1, le=1000)
    # Requests in progress beyond which the process answers 503 at once.
    concurrency_limit: int = Field(default=512, ge=1)
