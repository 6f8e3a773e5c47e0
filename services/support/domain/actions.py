"""What can safely be done about a ticket's invoice and its documents, for either side: one call each. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SafeAction:
    """A call of the public API that changes no invoice; `scope` is what its caller needs."""

    code: str
    title: str
    title_zh: str
    method: str
    path: str
    scope: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Which ticket is about which invoice, and its documents' states by format."""

    tenant: UUID
    ticket: UUID
    invoice: UUID
    documents: Mapping[str, str]


def list_actions(subject: Subject, *, is_agent: bool) -> list[SafeAction]:
    """Look at each document, have it drawn or sent again, prove a file."""
    return [
        *_actions_on_documents(subject, is_agent=is_agent),
        _send_copy(subject) if is_agent else _send_again(subject),
        _verify(),
    ]


def _actions_on_documents(subject: Subject, *, is_agent: bool) -> Iterator[SafeAction]:
    """Agents name the tenant, and are recorded as who looked."""
    query = f"?tenant_id={subject.tenant}" if is_agent else ""
    for name, state in sorted(subject.documents.items()):
        shown, path = name.upper(), f"/v1/invoices/{subject.invoice}/documents/{name}"
        if state == "ready":
            scope = "support:agent" if is_agent else "document:read"
            yield SafeAction(
                f"open_{name}", f"Open the {shown}", f"打开 {shown} 文件", "GET", f"{path}{query}", scope
            )
        scope = "support:agent" if is_agent else "document:write"
        yield SafeAction(
            f"draw_{name}",
            f"Draw the {shown} again",
            f"重新生成 {shown} 文件",
            "POST",
            f"{path}/regenerations{query}",
            scope,
        )


def _send_copy(subject: Subject) -> SafeAction:
    return SafeAction(
        "send_copy",
        "Send a copy to known contacts",
        "向已知联系方式补发",
        "POST",
        f"/v1/tickets/{subject.ticket}/copies",
        "support:agent",
    )


def _send_again(subject: Subject) -> SafeAction:
    return SafeAction(
        "send_again",
        "Send the documents again",
        "重新发送发票文件",
        "POST",
        f"/v1/invoices/{subject.invoice}/deliveries",
        "notify:write",
    )


def _verify() -> SafeAction:
    """Anybody may, without an account."""
    return SafeAction(
        "verify_file",
        "Check whether a file was altered",
        "查验文件是否被更改",
        "POST",
        "/v1/verifications",
        "",
    )
