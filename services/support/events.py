"""Tickets as the events that announce them."""

from libs.common.contracts.support import TicketChanged, TicketOpened
from services.support.domain.tickets import Actor, Ticket


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
