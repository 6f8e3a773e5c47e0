"""Reads the rule packs beside this file: one folder for each day from which a pack is in force."""

from datetime import date
from functools import lru_cache
from pathlib import Path

import msgspec

from services.invoice.domain.rules import RulePack

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=8)
def rule_pack(day: date) -> RulePack:
    """The pack in force on a day (Asia/Shanghai), without rates that have ended; the first one for earlier days."""
    names = sorted(path.name for path in _FOLDER.iterdir() if (path / "rules.json").exists())
    name = max((name for name in names if name <= day.isoformat()), default=names[0])
    return msgspec.convert(_read_pack(_FOLDER / name, day), RulePack, strict=False)


def _read_pack(folder: Path, day: date) -> dict[str, object]:
    rules = msgspec.json.decode((folder / "rules.json").read_bytes())
    rates = [rate for rate in rules["rates"] if rate.get("until", "9999-12-31") >= day.isoformat()]
    return {
        **rules,
        "id": folder.name,
        "rates": {rate["rate"]: rate for rate in rates},
        "kinds": _read(folder / "kinds.json"),
        "special_business": _read(folder / "special_business.json"),
        "short_names": _read(folder / "tax_classes.json"),
    }


def _read(path: Path) -> object:
    return msgspec.json.decode(path.read_bytes())
