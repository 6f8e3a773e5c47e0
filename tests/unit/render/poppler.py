"""What poppler, qpdf and MuPDF make of a file; a test that needs an absent program is skipped by name."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest


class Picture(NamedTuple):
    """A page in 256 greys, row by row."""

    width: int
    height: int
    pixels: bytes


def run(tool: str, *arguments: str, document: bytes, folder: Path) -> bytes:
    """Standard output of `tool arguments document`; any complaint fails the test."""
    program = shutil.which(tool)
    if program is None:
        pytest.skip(f"{tool} is not installed (apt-get install poppler-utils qpdf mupdf-tools)")
    path = folder / "document.pdf"
    path.write_bytes(document)
    done = subprocess.run(
        [program, *(a.replace("@", str(path)) for a in arguments)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"rror" not in done.stderr, done.stderr.decode()
    return done.stdout


def text_of(document: bytes, folder: Path, *options: str) -> str:
    """pdftotext's reading of all pages."""
    return run("pdftotext", *options, "@", "-", document=document, folder=folder).decode()


def picture_of(document: bytes, folder: Path, page: int = 1) -> Picture:
    """One page at 150 dpi."""
    options = ["-r", "150", "-gray", "-f", str(page), "-l", str(page)]
    pgm = run("pdftoppm", *options, "@", document=document, folder=folder)
    _, width, height, _ = pgm.split(maxsplit=3)[:4]
    size = int(width) * int(height)
    return Picture(int(width), int(height), pgm[-size:])
