"""The answer of a verification, decided from what differs and from how the invoice stands. Pure."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from services.render.verification.fields import EVIDENCE
from services.render.verification.readers import Difference

Verdict = Literal["match", "altered", "unknown", "reversed"]


class Finding(NamedTuple):
    """The archived version that was compared with, none for a question; and the differences from it."""

    version: int | None
    differences: Sequence[Difference]


def decide(differences: Sequence[Difference], *, status: str, reversal: str) -> Verdict:
    """Altered before all else; then whether the invoice still stands, wholly."""
    if differences:
        return "altered"
    return "match" if status == "issued" and reversal == "none" else "reversed"


def least_altered(findings: Iterable[Finding]) -> Finding:
    """The version that the file was made of; of equals the first."""
    return min(findings, key=lambda finding: len(finding.differences))


def is_evident(differences: Sequence[Difference], shown: Iterable[str] | None = None) -> bool:
    """Whether enough of what identifies the invoice is right, so that who only guesses learns nothing.

    `shown` are the pointers of a question: at least half of those that it asks about. A file has to show everything:
    all but one.
    """
    wrong = {difference.pointer for difference in differences}
    facts = [fact for fact in EVIDENCE if shown is None or fact & set(shown)]
    right = sum(not fact & wrong for fact in facts)
    if shown is None:
        return right >= len(facts) - 1
    return bool(facts) and 2 * right >= len(facts)
