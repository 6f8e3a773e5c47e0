"""docs/states.md: the state machines as Mermaid diagrams, from the tables that the code decides by."""

from services.invoice.domain.invoice import AuthorityState, Status
from services.invoice.domain.invoice_states import TRANSITIONS as INVOICE_TRANSITIONS
from services.invoice.domain.invoice_states import State, Step
from services.invoice.domain.red_form import ISSUABLE, LIVE, NAMES, TRANSITIONS, Action, RedFormState

_HEAD = """\
# States

Written by `python -m docs.generate states` from the tables of the code; a test compares them.

## The invoice

Its own status, and how far the authority is with it. Each arrow is one step of `domain/lifecycle.py`; every other pair
of state and step is refused with 409 `invoice-state-conflict`. Steps that lead back to their state are left out, as is
`reverse`, which any issued invoice takes and which changes its `reversal` alone.

```mermaid
stateDiagram-v2
"""
_FORMS = """
```

A paper invoice is voided by the authority at its holder's wish (`voids`: `requested`, then `done` or `refused`); a
digital one never. `supersede`: the authority refused a red invoice because it had issued one itself; the number of ours
is wasted.

## The red-letter form (红字信息确认单)

Each arrow is one action; every other pair of state and action is refused with 409 `red-form-state-conflict`. `issue`
uses the form up: afterwards nothing can be done to it. A form in 01 or 04 can be issued; one that waits (02, 03)
expires after 72 hours.

```mermaid
stateDiagram-v2
"""
_TABLE = """
| state | 名称 | name | holds its amounts | can be issued |
|---|---|---|---|---|
"""


def describe_states() -> dict[str, str]:
    """One page."""
    rows = [
        f"| {state} | {NAMES[state][0]} | {NAMES[state][1]} | {_yes(state in LIVE)} | {_yes(state in ISSUABLE)} |"
        for state in RedFormState
    ]
    forms = "\n".join(_draw_forms())
    invoices = "\n".join(_draw_invoices())
    return {"states.md": _HEAD + invoices + _FORMS + forms + "\n```\n" + _TABLE + "\n".join(rows) + "\n"}


def _draw_invoices() -> list[str]:
    arrows = {
        (source, target): step
        for (source, step), target in INVOICE_TRANSITIONS.items()
        if source != target and step is not Step.REVERSE
    }
    states = [(status, state) for status in Status for state in AuthorityState]
    used = [state for state in states if any(state in arrow for arrow in arrows)]
    lines = [f'  state "{status} · {state}" as {_id((status, state))}' for status, state in used]
    lines.append(f"  [*] --> {_id((Status.DRAFT, AuthorityState.NOT_SUBMITTED))}")
    for (source, target), step in arrows.items():
        lines.append(f"  {_id(source)} --> {_id(target)}: {step.replace('_', ' ')}")
    ends = [state for state in used if not any(state == source for source, _ in arrows)]
    return lines + [f"  {_id(state)} --> [*]" for state in ends]


def _id(state: State) -> str:
    return "_".join(state)


def _draw_forms() -> list[str]:
    lines = [f'  state "{state} {NAMES[state][0]}" as s{state}' for state in RedFormState]
    lines += ["  [*] --> s01: seller, not used nor booked", "  [*] --> s02: seller, used or booked"]
    lines += ["  [*] --> s03: buyer"]
    for (state, action), target in TRANSITIONS.items():
        end = "[*]" if action is Action.ISSUE else f"s{target}"
        lines.append(f"  s{state} --> {end}: {action.replace('_', ' ')}")
    return lines


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
