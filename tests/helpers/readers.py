"""Readers that others wrote in Java, each a folder of tests/readers: jars fetched once, one start for many files."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.local.jars import fetch_jars
from tests.helpers.servers import ROOT, locked

READERS = ROOT / "tests" / "readers"
JARS = ROOT / ".local" / "readers"


def reader_jars(reader: str) -> Path:
    """The folder with the jars of a reader's pom."""
    JARS.mkdir(parents=True, exist_ok=True)
    jars = JARS / reader
    with locked(JARS / f"{reader}.lock"):
        fetch_jars(jars, READERS / reader / "pom.xml", f"{reader}, which tests read documents with")
    return jars


def run_java(
    reader: str, main: str, *arguments: str | Path, heap: str = "512m"
) -> subprocess.CompletedProcess[str]:
    """Run the class `main` of a reader to its end; the caller judges its return code and what it printed."""
    java = ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]
    java += ["-Dfile.encoding=UTF-8", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    command = [*java, "-cp", f"{reader_jars(reader)}/*", main, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8")


def run_groovy(reader: str, script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a Groovy script of the reader's folder, for readers without a main of their own."""
    return run_java(reader, "groovy.ui.GroovyMain", READERS / reader / script, *arguments)


def convert_ofds(paths: Sequence[Path], folder: Path) -> list[str]:
    """Let ofdrw write what it reads of each file to a folder of the file's name; what it complains of, line by line.

    There: text.txt, itext.pdf, pdfbox.pdf and the green of the pages as 1.pgm, ... at 150 dpi.
    """
    done = run_groovy("ofdrw", "read.groovy", folder, *paths)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr.splitlines()


def validate_pdfs(paths: Sequence[Path], flavour: str = "3u") -> dict[str, list[dict[str, Any]]]:
    """What each file breaks of PDF/A as veraPDF sees it, by file name; nothing where it complies."""
    cli = "org.verapdf.apps.GreenfieldCliWrapper"
    done = run_java("verapdf", cli, "--flavour", flavour, "--format", "json", *paths)
    assert done.stdout.startswith("{"), done.stderr
    jobs = json.loads(done.stdout)["report"]["jobs"]
    return {Path(job["itemDetails"]["name"]).name: _broken_rules(job) for job in jobs}


def _broken_rules(job: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules of a job; a file that could not be read breaks one as well."""
    if "validationResult" not in job:
        return [job]
    rules = [rule for result in job["validationResult"] for rule in result["details"]["ruleSummaries"]]
    is_compliant = all(result["compliant"] for result in job["validationResult"])
    return rules if rules or is_compliant else [job]
