"""Writes the generated pages of the documentation: `python -m docs.generate [NAME…]`, names as in GENERATORS.

Without arguments all of them. Tests compare what is written with what would be.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generators.events import describe_events
from docs.generators.examples import describe_examples
from docs.generators.formats import describe_formats
from docs.generators.metrics import describe_metrics
from docs.generators.openapi import describe_api
from docs.generators.problems import describe_problems
from docs.generators.states import describe_states

DOCS = Path(__file__).parent

# Each gives texts by path under docs/; a pattern says which files are its own, so that stale ones are removed.
GENERATORS: Mapping[str, tuple[Callable[[], dict[str, str]], str]] = {
    "problems": (describe_problems, "problems.md"),
    "events": (describe_events, "events/*.json"),
    "examples": (describe_examples, "formats/examples/*.xml"),
    "formats": (describe_formats, "formats/*.json"),
    "openapi": (describe_api, "openapi.json"),
    "metrics": (describe_metrics, "metrics.md"),
    "states": (describe_states, "states.md"),
}


def find_drift(name: str) -> list[str]:
    """Paths under docs/ that are missing, stale or too many."""
    generate, pattern = GENERATORS[name]
    wanted = generate()
    present = {str(path.relative_to(DOCS)): path.read_text("utf-8") for path in DOCS.glob(pattern)}
    return sorted(path for path in wanted.keys() | present.keys() if wanted.get(path) != present.get(path))


def write(name: str) -> list[str]:
    """Bring the files of one generator up to date; returns the paths that changed."""
    wanted = GENERATORS[name][0]()
    changed = find_drift(name)
    for path in changed:
        target = DOCS / path
        if path in wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(wanted[path], "utf-8")
        else:
            target.unlink()
    return changed


def main() -> None:
    names = sys.argv[1:] or list(GENERATORS)
    if unknown := set(names) - GENERATORS.keys():
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(GENERATORS)}")
    for name in names:
        for path in write(name):
            sys.stdout.write(f"docs/{path}\n")


if __name__ == "__main__":
    main()
