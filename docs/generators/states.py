"""docs/states.md: the state machines as Mermaid diagrams, from the tables that the code decides by."""

from services.invoice.domain.red_form import ISSUABLE, LIVE, NAMES, TRANSITIONS, Action, RedFormState

_HEAD = """\
# States

Written by `python -m docs.generate states` from the tables of the code; a test compares them.

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
    lines = [f'  state "{state} {NAMES[state][0]}" as s{state}' for state in RedFormState]
    lines += ["  [*] --> s01: seller, not used nor booked", "  [*] --> s02: seller, used or booked"]
    lines += ["  [*] --> s03: buyer"]
    for (state, action), target in TRANSITIONS.items():
        end = "[*]" if action is Action.ISSUE else f"s{target}"
        lines.append(f"  s{state} --> {end}: {action.replace('_', ' ')}")
    rows = [
        f"| {state} | {NAMES[state][0]} | {NAMES[state][1]} | {_yes(state in LIVE)} | {_yes(state in ISSUABLE)} |"
        for state in RedFormState
    ]
    return {"states.md": _HEAD + "\n".join(lines) + "\n```\n" + _TABLE + "\n".join(rows) + "\n"}


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
