"""A copy of the product's code, for a run of its own: what is struck, or made defective, is never the working tree."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("deploy", "docs", "libs", "sandbox", "services")
PATCHES = Path(__file__).parent / "defects"


def copy_tree(folder: Path) -> None:
    """Everything that a stack needs to run."""
    for name in PRODUCT:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def apply_defect(folder: Path, name: str) -> None:
    """Spoil the copy."""
    subprocess.run(
        ["git", "apply", str(PATCHES / f"{name}.patch")], cwd=folder, env=_outside(folder), check=True
    )


def find_misfit(name: str) -> str:
    """Why the defect's patch does not fit the working tree; empty if it does."""
    command = ["git", "apply", "--check", str(PATCHES / f"{name}.patch")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stderr


def describe_commit() -> str:
    """Which code is run."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown commit"


def _outside(folder: Path) -> dict[str, str]:
    """The copy may lie below a repository; git is not to look for it."""
    return {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)}
