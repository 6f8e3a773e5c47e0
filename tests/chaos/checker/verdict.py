"""All requirements, and how their findings are printed."""

from collections.abc import Sequence

from tests.chaos.checker import books, copies, events, numbers, requests
from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.finding import Finding

RULES = (
    requests.check_acknowledged,
    requests.check_unknown,
    requests.check_nothing_else,
    requests.check_answers,
    requests.check_accepted,
    numbers.check_unique,
    numbers.check_gapless,
    events.check_order,
    events.check_announced,
    events.check_ghosts,
    copies.check_views,
    copies.check_archive,
    copies.check_facts,
    copies.check_inbox,
    copies.check_feed,
    books.check_mail,
    books.check_bureau,
    books.check_sums,
    books.check_leftovers,
    books.check_recovery,
)
SHOWN = 3


def judge(evidence: Evidence) -> list[Finding]:
    """One finding a requirement."""
    return [rule(evidence) for rule in RULES]


def broken(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.violations]


def draw_table(findings: Sequence[Finding]) -> str:
    """Requirement, how many were looked at, how many are wrong; then the first wrong ones of each."""
    lines = [f"  {'requirement':38} {'checked':>8} {'wrong':>6}"]
    for finding in findings:
        wrong = len(finding.violations)
        verdict = "ok" if not wrong else "FAILED"
        lines.append(
            f"  {finding.requirement:38} {finding.checked:>8} {wrong:>6}  {verdict:7} {finding.note}".rstrip()
        )
        lines += [f"      {violation[:160]}" for violation in finding.violations[:SHOWN]]
        if wrong > SHOWN:
            lines.append(f"      … and {wrong - SHOWN} more")
    return "\n".join(lines)
