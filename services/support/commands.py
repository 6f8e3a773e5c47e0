"""What can be done to tickets, each in the caller's transaction: by a customer, an agent or the platform itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.context import Correlation, correlated, current_correlation
from libs.common.db import Tx
from libs.common.ids import TenantId, new_id
from libs.common.outbox import append
from libs.common.problems import FieldError, PreconditionFailed
from services.support import events
from services.support.domain.connectors import RESTORED, ConnectorChange
from services.support.domain.facts import InvoiceName, LearntFacts
from services.support.domain.tickets import (
    PLATFORM,
    Actor,
    Agent,
    CopyWish,
    State,
    Ticket,
    TicketId,
    TicketText,
    User,
    assigned,
    closed,
    copy_requested,
    reopened,
    replied,
)
from services.support.errors import CopyImpossible, InvoiceUnknown
from services.support.events import ticket_changed, ticket_opened
from services.support.store.agents import save_users
from services.support.store.connectors import save_connector
from services.support.store.facts import find_invoice, load_ready, save_facts
from services.support.store.tickets import (
    Change,
    find_promise_tickets,
    insert_change,
    insert_reply,
    insert_ticket,
    load_ticket,
    save_ticket,
)


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """`invoice` is the number or the id of one of the tenant's invoices, None for other matters."""

    tenant: TenantId
    opened_by: Actor
    text: TicketText
    invoice: str | None = None


async def open_ticket(tx: Tx, command: OpenTicket, *, now: datetime) -> Ticket:
    """Raises InvoiceUnknown."""
    invoice = command.invoice and await _find_invoice(tx, command.tenant, command.invoice)
    ticket = Ticket(
        tenant=command.tenant,
        id=TicketId(new_id()),
        number=0,
        state=State.OPEN,
        invoice=invoice or None,
        agent=None,
        resolution=None,
        version=1,
        updated_at=now,
    )
    number = await insert_ticket(tx, ticket, command.text, command.opened_by)
    ticket = replace(ticket, number=number)
    await insert_change(tx, ticket, _change("opened", command.opened_by))
    event = ticket_opened(ticket, command.text.title, command.opened_by)
    await append(tx, event, tenant=ticket.tenant, subject=ticket.subject, now=now)
    return ticket


async def _find_invoice(tx: Tx, tenant: TenantId, name: str) -> InvoiceName:
    if (invoice := await find_invoice(tx, tenant, name)) is not None:
        return invoice
    detail = f"The tenant has no invoice {name!a}."
    error = FieldError("/invoice", InvoiceUnknown.code, detail, f"本租户没有发票 {name}。")
    raise InvoiceUnknown(detail, detail_zh=error.detail_zh, errors=[error])


@dataclass(frozen=True, slots=True)
class TicketEdit:
    """Which ticket is changed by whom; `expected_version` is what the actor had seen, None if it does not matter."""

    tenant: TenantId
    id: TicketId
    actor: Actor
    expected_version: int | None = None


async def reply_to_ticket(tx: Tx, edit: TicketEdit, text: str, *, is_internal: bool, now: datetime) -> Ticket:
    """Add to the conversation; an internal note is for agents and is told to nobody else."""
    ticket = replied(await _load(tx, edit), edit.actor, is_internal=is_internal, now=now)
    await insert_reply(tx, ticket, edit.actor, text, is_internal=is_internal)
    if is_internal:
        await _save(tx, ticket, _change("noted", edit.actor))
    else:
        await _save_and_announce(tx, ticket, _change("replied", edit.actor))
    return ticket


async def assign_ticket(tx: Tx, edit: TicketEdit, agent: Agent, *, now: datetime) -> Ticket:
    """Put the ticket into the hands of `agent`."""
    ticket = assigned(await _load(tx, edit), agent, now=now)
    await _save_and_announce(tx, ticket, _change("assigned", edit.actor, agent.name))
    return ticket


async def close_ticket(tx: Tx, edit: TicketEdit, resolution: str, *, now: datetime) -> Ticket:
    """End the ticket; `resolution` says what came of it and may be empty."""
    ticket = closed(await _load(tx, edit), resolution, now=now)
    await _save_and_announce(tx, ticket, _change("closed", edit.actor, resolution))
    return ticket


async def reopen_ticket(tx: Tx, edit: TicketEdit, reason: str, *, now: datetime) -> Ticket:
    """Take a closed ticket up again."""
    ticket = reopened(await _load(tx, edit), now=now)
    await _save_and_announce(tx, ticket, _change("reopened", edit.actor, reason))
    return ticket


async def request_copy(tx: Tx, edit: TicketEdit, wish: CopyWish, *, now: datetime) -> Ticket:
    """Have documents of the ticket's invoice sent once more; notify does it. Raises CopyImpossible."""
    ticket = copy_requested(await _load(tx, edit), now=now)
    invoice = ticket.invoice
    status, ready = await load_ready(tx, edit.tenant, invoice.id) if invoice else (None, frozenset[str]())
    chosen = tuple(name for name in wish.formats if name in ready)
    if status != "issued" or not chosen:
        raise CopyImpossible(status=status, formats=list(wish.formats), ready=sorted(ready))
    wish = replace(wish, formats=chosen)
    await _save(
        tx, ticket, _change("copy_requested", edit.actor, f"{wish.to}: {', '.join(chosen)}. {wish.reason}")
    )
    event = events.copy_requested(ticket, wish, edit.actor)
    await append(tx, event, tenant=ticket.tenant, subject=ticket.subject, now=now)
    return ticket


async def learn_facts(tx: Tx, learnt: Sequence[LearntFacts]) -> None:
    """Remember what events told about invoices."""
    await save_facts(tx, learnt)


async def learn_users(tx: Tx, users: Sequence[User]) -> None:
    """Remember who can be an agent."""
    await save_users(tx, users)


@dataclass(frozen=True, slots=True)
class SettledPromise:
    """An invoice that is final now; `note` says how, `correlation` is that of the event that told."""

    tenant: TenantId
    invoice: UUID
    note: str
    correlation: Correlation


async def settle_promises(tx: Tx, settled: Sequence[SettledPromise], *, now: datetime) -> None:
    """Close the tickets that the platform opened about these invoices; hardly ever is there one."""
    by_invoice = {promise.invoice: promise for promise in settled}
    keys = [(promise.tenant, promise.invoice) for promise in settled]
    for tenant, ticket_id, invoice in await find_promise_tickets(tx, keys):
        promise = by_invoice[invoice]
        with correlated(promise.correlation):
            ticket = closed(await load_ticket(tx, tenant, ticket_id), promise.note, now=now)
            await _save_and_announce(tx, ticket, _change("closed", PLATFORM, promise.note))


async def learn_connectors(tx: Tx, changes: Sequence[ConnectorChange], *, now: datetime) -> None:
    """Remember which connections are closed; the ticket about one that is back ends, unless somebody has ended it."""
    for change in changes:
        ticket_id = await save_connector(tx, change)
        ticket = ticket_id and await load_ticket(tx, change.tenant, ticket_id)
        if ticket and ticket.state is not State.CLOSED:
            with correlated(change.correlation):
                ended = closed(ticket, RESTORED, now=now)
                await _save_and_announce(tx, ended, _change("closed", PLATFORM, RESTORED))


async def _load(tx: Tx, edit: TicketEdit) -> Ticket:
    ticket = await load_ticket(tx, edit.tenant, edit.id)
    if edit.expected_version not in {None, ticket.version}:
        raise PreconditionFailed(version=ticket.version)
    return ticket


async def _save(tx: Tx, ticket: Ticket, change: Change) -> None:
    await save_ticket(tx, ticket)
    await insert_change(tx, ticket, change)


async def _save_and_announce(tx: Tx, ticket: Ticket, change: Change) -> None:
    await _save(tx, ticket, change)
    event = ticket_changed(ticket, change.name, change.actor)
    await append(tx, event, tenant=ticket.tenant, subject=ticket.subject, now=ticket.updated_at)


def _change(name: str, actor: Actor, note: str = "") -> Change:
    return Change(name, actor, note, current_correlation().id)
