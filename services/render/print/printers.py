"""A printer as a tenant knows it: a name, the paper that it holds, and how far its prints must be moved."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services.render.print.profiles import Offset, ProfileName

MOST_PRINTERS = 200  # of one tenant


@dataclass(frozen=True, slots=True)
class Printer:
    """`dx` and `dy` in mm, to the right and down; `version` counts from 1."""

    name: str
    profile: ProfileName
    dx: Decimal
    dy: Decimal
    version: int
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class PrinterSetting:
    """What is to be saved under a name."""

    name: str
    profile: ProfileName
    dx: Decimal
    dy: Decimal


@dataclass(frozen=True, slots=True)
class PrintWish:
    """What a request says about paper; what it leaves open is the printer's, or the invoice's own page unmoved."""

    profile: ProfileName | None = None
    printer: str | None = None
    dx: Decimal | None = None
    dy: Decimal | None = None


def settle(wish: PrintWish, printer: Printer | None) -> tuple[ProfileName, Offset]:
    """Profile and offset; what the request says goes before what was saved."""
    dx = wish.dx if wish.dx is not None else printer.dx if printer else Decimal(0)
    dy = wish.dy if wish.dy is not None else printer.dy if printer else Decimal(0)
    profile = wish.profile or (printer.profile if printer else "native")
    return profile, Offset(float(dx), float(dy))
