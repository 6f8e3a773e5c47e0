"""Tickets as the events that announce them."""

from libs.common.contracts.support import CopyRequested, TicketChanged, TicketOpened
from services.support.domain.tickets import Actor, CopyWish, Ticket


def ticket_opened(ticket: Ticket, title: str, opened_by: Actor) -> TicketOpened:
    return TicketOpened(
        number=ticket.invoice.number if ticket.invoice else None,
        reference=ticket.invoice.reference if ticket.invoice else "",
        ticket_id=ticket.id,
        ticket_number=ticket.number,
        title=title,
        opened_by=opened_by.id,
    )


def ticket_changed(ticket: Ticket, change: str, actor: Actor) -> TicketChanged:
    return TicketChanged(
        number=ticket.invoice.number if ticket.invoice else None,
        reference=ticket.invoice.reference if ticket.invoice else "",
        ticket_id=ticket.id,
        ticket_number=ticket.number,
        change=change,
        state=ticket.state,
        actor=actor.id,
    )


def copy_requested(ticket: Ticket, wish: CopyWish, actor: Actor) -> CopyRequested:
    return CopyRequested(
        number=ticket.invoice.number if ticket.invoice else None,
        reference=ticket.invoice.reference if ticket.invoice else "",
        ticket_id=ticket.id,
        ticket_number=ticket.number,
        to=wish.to,
        formats=wish.formats,
        reason=wish.reason,
        actor=actor.id,
    )
