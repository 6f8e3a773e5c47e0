"""What a ticket offers to do about its invoice, by reader and by what became of the documents."""

from uuid import UUID

import pytest

from services.support.domain.actions import Subject, list_actions

pytestmark = pytest.mark.fast

TENANT, TICKET, INVOICE = (UUID(int=n) for n in (1, 2, 3))
SUBJECT = Subject(TENANT, TICKET, INVOICE, {"pdf": "ready", "ofd": "failed"})


def test_customer_opens_what_is_ready_and_sends_it_again() -> None:
    actions = {action.code: action for action in list_actions(SUBJECT, is_agent=False)}
    assert list(actions) == ["draw_ofd", "open_pdf", "draw_pdf", "send_again", "verify_file"]
    assert actions["open_pdf"].path == f"/v1/invoices/{INVOICE}/documents/pdf"
    assert {action.scope for action in actions.values()} == {
        "document:read",
        "document:write",
        "notify:write",
        "",
    }


def test_agent_names_the_tenant_and_sends_copies_only() -> None:
    actions = {action.code: action for action in list_actions(SUBJECT, is_agent=True)}
    assert "send_again" not in actions
    assert actions["send_copy"].path == f"/v1/tickets/{TICKET}/copies"
    assert actions["open_pdf"].path == f"/v1/invoices/{INVOICE}/documents/pdf?tenant_id={TENANT}"
    assert {action.scope for action in actions.values()} == {"support:agent", ""}
