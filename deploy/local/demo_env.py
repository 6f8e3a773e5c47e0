"""`.local/demo.env`: where the stack answers and who may use it, for scripts to source."""

import os
from collections.abc import Mapping

from deploy.local.postgres import superuser_url
from deploy.local.stack import Stack, read_env_file


def write_demo_env(stack: Stack, accounts: Mapping[str, str] | None = None) -> None:
    """Addresses as they are now; `accounts` (keys, users, ids) where given, else those written before."""
    path = stack.local / "demo.env"
    values = {**read_env_file(path), **(accounts or {}), **addresses(stack)}
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    draft.replace(path)


def addresses(stack: Stack) -> dict[str, str]:
    """Every variable that follows from ports and credentials of the stack itself."""
    postgres = stack.port("OFP_POSTGRES_PORT")
    secret = stack.credentials.get
    return {
        "OFP_URL": f"http://{_local(stack, 'OFP_GATEWAY_PORT')}",
        "OFP_WEBHOOK_ALLOWED": _local(stack, "OFP_WEBHOOK_PORT"),
        "OFP_BUREAU_URL": f"http://{_local(stack, 'OFP_BUREAU_PORT')}",
        "OFP_MAILBOX_URL": f"http://{_local(stack, 'OFP_MAILBOX_PORT')}",
        "OFP_KAFKA": _local(stack, "OFP_KAFKA_PORT"),
        "OFP_POSTGRES_HOST": "127.0.0.1",
        "OFP_POSTGRES_PORT": str(postgres),
        "OFP_POSTGRES_SUPERUSER_URL": superuser_url(postgres, secret("postgres")),
        "OFP_S3_URL": f"http://{_local(stack, 'OFP_S3_PORT')}",
        "OFP_S3_ACCESS_KEY": secret("s3_access_key"),
        "OFP_S3_SECRET_KEY": secret("s3_secret_key"),
        "OFP_PIDS": stack.shown(stack.run),
    }


def _local(stack: Stack, variable: str) -> str:
    return f"127.0.0.1:{stack.port(variable)}"
