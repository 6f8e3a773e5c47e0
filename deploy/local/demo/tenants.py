"""The demo's tenants, users and keys, made by the real commands; what scripts need goes to `.local/demo.env`."""

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from deploy.local.demo.client import Client
from deploy.local.demo_env import write_demo_env
from deploy.local.operate import worker_environment
from deploy.local.stack import ROOT, Stack

PLATFORM = "OpenFapiao 平台"
# Invented companies; the tax ids have valid check digits.
TENANTS: dict[str, dict[str, Any]] = {
    "A": {
        "name": "武汉晴川数码科技有限公司",
        "tax_id": "91420100MA4K00002Y",
        "address": "武汉市洪山区晴川路1号",
        "phone": "027-00000001",
        "bank_name": "晴川银行武汉分行",
        "bank_account": "4200000000000001",
        "channel": "local_blocks",
    },
    "B": {
        "name": "杭州青禾软件有限公司",
        "tax_id": "91330106MA400CT799",
        "address": "杭州市西湖区青禾路2号",
        "phone": "0571-00000002",
        "bank_name": "青禾银行杭州分行",
        "bank_account": "3300000000000002",
        "channel": "assigned_on_issue",
    },
}
USERS = {
    "OFP": ("A", "wuhan.accountant", "晴川会计", ["owner", "issuer", "accountant", "viewer", "developer"]),
    "OFP_VICTIM": ("A", "wuhan.victim", "锁定演练", ["viewer"]),
    "OFP_OPERATOR": ("platform", "platform.operator", "平台运维", ["operator", "support_agent"]),
}


@dataclass(frozen=True)
class Account:
    """A tenant that can issue."""

    tenant_id: str
    taxpayer_id: str
    api_key: str
    client: Client


def make_accounts(stack: Stack, url: str) -> dict[str, Account]:
    """Make what is missing, keep what is there; writes `.local/demo.env`."""
    state_path = stack.local / "demo-state.json"
    state = json.loads(state_path.read_text()) if state_path.exists() else {}
    passwords = {user: state.get(user) or secrets.token_urlsafe(15) for user in USERS}
    made = _bootstrap(stack, _wanted(passwords, state))
    keys = {name: key["secret"] for name, key in zip(TENANTS, made["api_keys"], strict=True)}
    ids = {name: tenant["id"] for name, tenant in zip(TENANTS, made["tenants"], strict=False)}
    _write_private(state_path, json.dumps({**passwords, **keys}))
    accounts = {
        name: _open_account(Client(url, keys[name]), ids[name], TENANTS[name], keys[name]) for name in TENANTS
    }
    write_demo_env(stack, _for_scripts(accounts, passwords))
    return accounts


def _wanted(passwords: dict[str, str], state: dict[str, str]) -> dict[str, Any]:
    names = {**{key: tenant["name"] for key, tenant in TENANTS.items()}, "platform": PLATFORM}
    limits = {"rate_per_second": 5000, "burst": 10000}
    tenants: list[dict[str, Any]] = [{"name": names[key], **limits} for key in TENANTS]
    return {
        "tenants": [*tenants, {"name": PLATFORM, "is_platform": True}],
        "users": [
            {
                "tenant": names[tenant],
                "username": username,
                "email": f"{username}@example.cn",
                "display_name": display_name,
                "password": passwords[user],
                "roles": roles,
            }
            for user, (tenant, username, display_name, roles) in USERS.items()
        ],
        "api_keys": [
            {"tenant": names[key], "name": "demo", "environment": "test", "secret": state.get(key)}
            for key in TENANTS
        ],
    }


def _bootstrap(stack: Stack, wanted: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "services.auth.bootstrap"],
        input=json.dumps(wanted).encode(),
        capture_output=True,
        cwd=ROOT,
        env=worker_environment(stack, "auth"),
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"The demo's tenants could not be made:\n{done.stderr.decode()}")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def _open_account(client: Client, tenant_id: str, company: dict[str, Any], key: str) -> Account:
    """Wait until the key has reached the invoice service, register the taxpayer, wait for its quota."""
    client.wait_until("the API key is known", lambda: client.get("/v1/taxpayers").status == 200)
    taxpayers = client.get("/v1/taxpayers").json["items"]
    if not taxpayers:
        taxpayers = [client.post("/v1/taxpayers", {**company, "is_default": True}).expect(201)]
    client.wait_until("numbers and quota have arrived", lambda: _can_issue(client))
    return Account(tenant_id, taxpayers[0]["id"], key, client)


def _can_issue(client: Client) -> bool:
    """Digital ones, and on paper from stock."""
    probes = (_PROBE | {"kind": kind} for kind in ("digital_ordinary", "paper_ordinary"))
    return all(client.post("/v1/invoices?dry_run=true", probe).status == 200 for probe in probes)


_PROBE: dict[str, Any] = {
    "buyer": {"name": "个人", "is_individual": True},
    "lines": [
        {"name": "键盘", "tax_class_code": "1090511030000000000", "tax_rate": "0.13", "amount": "1.00"}
    ],
}


def _for_scripts(accounts: dict[str, Account], passwords: dict[str, str]) -> dict[str, str]:
    return {
        "OFP_API_KEY": accounts["A"].api_key,
        "OFP_OTHER_API_KEY": accounts["B"].api_key,
        **{f"{user}_USERNAME": entry[1] for user, entry in USERS.items()},
        **{f"{user}_PASSWORD": password for user, password in passwords.items()},
        "OFP_TENANT_ID": accounts["A"].tenant_id,
        "OFP_OTHER_TENANT_ID": accounts["B"].tenant_id,
        "OFP_TAXPAYER_ID": accounts["A"].taxpayer_id,
        "OFP_OTHER_TAXPAYER_ID": accounts["B"].taxpayer_id,
    }


def _write_private(path: Any, text: str) -> None:
    """Mode 600 from the first byte, replaced whole."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
