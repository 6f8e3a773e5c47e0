"""The catalogue of invoice kinds, from the rule pack."""

from typing import Any

import msgspec
from msgspec import Struct

from services.invoice.domain.kinds import InvoiceKind, KindEntry
from services.invoice.domain.rules import RulePack


class KindList(Struct, frozen=True):
    items: list[dict[str, Any]]
    next_cursor: None
    rule_pack: str


def list_kinds(rules: RulePack) -> KindList:
    """Every kind of the bureau's list, those that can be chosen first."""
    entries = sorted(rules.kinds.items(), key=lambda item: not item[1].is_issuable)
    return KindList([_describe(kind, entry) for kind, entry in entries], None, rules.id)


def _describe(kind: InvoiceKind, entry: KindEntry) -> dict[str, Any]:
    fields = msgspec.structs.asdict(entry)
    codes, is_allowed = fields.pop("codes"), fields.pop("is_issuable")
    return {"kind": kind, "code": codes.bureau, "allowed": is_allowed, "blocking_draft": None, **fields}
