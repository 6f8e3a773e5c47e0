"""Reads the rule packs beside this file: one folder for each day from which a pack is in force.

A pack's `rules.json` may name another pack under `like`, whose kinds, businesses and classes it shares.
"""

from datetime import date
from functools import lru_cache
from pathlib import Path

import msgspec

from libs.common.clock import shanghai_day, utc_now
from services.invoice.domain.rules import RulePack

_FOLDER = Path(__file__).parent


def list_rule_packs() -> list[str]:
    """The ids of all packs, in order: the first days they are in force."""
    return sorted(path.parent.name for path in _FOLDER.glob("*/rules.json"))


def rule_pack(day: date) -> RulePack:
    """The pack in force on a day (Asia/Shanghai), without rates that have ended; the first one for earlier days."""
    names = _list_known()
    return load_rule_pack(max((name for name in names if name <= day.isoformat()), default=names[0]), day)


def current_rules() -> RulePack:
    """The pack in force now."""
    return rule_pack(shanghai_day(utc_now()))


@lru_cache(maxsize=512)
def load_rule_pack(name: str, day: date) -> RulePack:
    """One pack of `list_rule_packs` with the rates that had not ended on `day`."""
    return msgspec.convert(_read_pack(_FOLDER / name, day), RulePack, strict=False)


@lru_cache(maxsize=1)
def _list_known() -> tuple[str, ...]:
    return tuple(list_rule_packs())


def _read_pack(folder: Path, day: date) -> dict[str, object]:
    rules = msgspec.json.decode((folder / "rules.json").read_bytes())
    shared = folder.with_name(rules.pop("like", folder.name))
    rates = [rate for rate in rules["rates"] if rate.get("until", "9999-12-31") >= day.isoformat()]
    return {
        **rules,
        "id": folder.name,
        "rates": {rate["rate"]: rate for rate in rates},
        "kinds": _read(folder, shared, "kinds.json"),
        "special_business": _read(folder, shared, "special_business.json"),
        "short_names": _read(folder, shared, "tax_classes.json"),
    }


def _read(folder: Path, shared: Path, name: str) -> object:
    path = folder / name
    return msgspec.json.decode((path if path.exists() else shared / name).read_bytes())
