"""The states of an invoice as a table: which step leads from which to which; every other pair is refused.

A state is the invoice's own status and how far the authority is with it.
"""

from enum import StrEnum

from services.invoice.domain.invoice import AuthorityState, Status

State = tuple[Status, AuthorityState]


class Step(StrEnum):
    """What can happen to an invoice; `lifecycle.py` has a function for each."""

    ACCEPT = "accept"
    ISSUE = "issue"
    SUBMIT = "submit"
    MARK_OUTCOME_UNKNOWN = "mark_outcome_unknown"
    WAIT_FOR_OPERATOR = "wait_for_operator"
    CONFIRM = "confirm"
    ASSIGN_NUMBER = "assign_number"
    REFUSE = "refuse"
    REJECT = "reject"
    VOID = "void"
    SUPERSEDE = "supersede"
    REVERSE = "reverse"


_S, _A = Status, AuthorityState
_AT_WORK = (_A.SUBMITTED, _A.OUTCOME_UNKNOWN, _A.WAITING_OPERATOR)
_OPEN = (_A.NOT_SUBMITTED, *_AT_WORK)
_WAITING = (_S.PENDING, _S.ISSUED)

TRANSITIONS: dict[tuple[State, Step], State] = {
    ((_S.DRAFT, _A.NOT_SUBMITTED), Step.ACCEPT): (_S.PENDING, _A.NOT_SUBMITTED),
    ((_S.DRAFT, _A.NOT_SUBMITTED), Step.ISSUE): (_S.ISSUED, _A.NOT_SUBMITTED),
    **{((status, state), Step.SUBMIT): (status, _A.SUBMITTED) for status in _WAITING for state in _OPEN},
    ((_S.ISSUED, _A.REFUSED), Step.SUBMIT): (_S.ISSUED, _A.SUBMITTED),
    **{
        ((status, state), Step.MARK_OUTCOME_UNKNOWN): (status, _A.OUTCOME_UNKNOWN)
        for status in _WAITING
        for state in _AT_WORK
    },
    **{
        ((status, state), Step.WAIT_FOR_OPERATOR): (status, _A.WAITING_OPERATOR)
        for status in _WAITING
        for state in _OPEN
    },
    **{((_S.ISSUED, state), Step.CONFIRM): (_S.ISSUED, _A.CONFIRMED) for state in _AT_WORK},
    **{((_S.PENDING, state), Step.ASSIGN_NUMBER): (_S.ISSUED, _A.CONFIRMED) for state in _AT_WORK},
    **{((_S.PENDING, state), Step.REFUSE): (_S.REJECTED, _A.REFUSED) for state in _AT_WORK},
    **{((_S.ISSUED, state), Step.REFUSE): (_S.ISSUED, _A.REFUSED) for state in _AT_WORK},
    ((_S.PENDING, _A.NOT_SUBMITTED), Step.REJECT): (_S.REJECTED, _A.NOT_SUBMITTED),
    ((_S.ISSUED, _A.CONFIRMED), Step.VOID): (_S.VOIDED, _A.CONFIRMED),
    ((_S.ISSUED, _A.REFUSED), Step.SUPERSEDE): (_S.REJECTED, _A.REFUSED),
    **{((_S.ISSUED, state), Step.REVERSE): (_S.ISSUED, state) for state in _A},
}
# Steps that leave the authority's last word as it is.
SILENT = frozenset({Step.ACCEPT, Step.ISSUE, Step.VOID, Step.SUPERSEDE, Step.REVERSE})
