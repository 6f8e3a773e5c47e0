"""Reads the table of a job: gathers it from the database, has it read by a process of its own, keeps the rows.

Its headings alone are read the same way while it is taken in, so that its sender hears at once what is wrong with them.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from libs.common.problems import FieldError, Invalid, Problem
from services.invoice.commands.take_table import fail_job, take_table
from services.invoice.domain.job import BLOCK_BYTES, BLOCK_ROWS, Block, Job, JobFormat, Places
from services.invoice.errors import JobHasNoRows, TableUnreadable, TooManyRows
from services.invoice.job_tables.read import END, TableProblem
from services.invoice.store.job_mapping import load_mapping
from services.invoice.store.job_rows import load_upload

log = get_logger(__name__)

# An invoice of 2,000 lines is the longest that is written as one line.
_LONGEST_LINE = 8 * 1024 * 1024
_READ_SECONDS = 120
# It takes a tenth of a second; a machine that stalls may not turn a refusal into a job that fails.
_HEADINGS_SECONDS = 15
_PROBLEMS: dict[str, type[Problem]] = {
    kind.code: kind for kind in (JobHasNoRows, TableUnreadable, TooManyRows, Invalid)
}
_PLACES = msgspec.json.Decoder(tuple[int, ...])
_COLUMNS = msgspec.json.Decoder(tuple[str, ...])


async def read_table(pool: Pool, job: Job) -> None:
    """The job then has its rows, or has failed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        await _gather(pool, job, path)
        async with transaction(pool) as tx:
            mapping = await load_mapping(tx, job.tenant)
        try:
            async with asyncio.timeout(_READ_SECONDS), _reading(job.format, path, mapping) as output:
                columns = _first_line(await _read_line(output))
                async with transaction(pool) as tx:
                    await take_table(tx, job, columns, _blocks(output), now=utc_now())
        except (Invalid, TimeoutError) as error:
            problem = error if isinstance(error, Invalid) else TableUnreadable()
            async with transaction(pool) as tx:
                await fail_job(tx, job, problem, now=utc_now())
            log.info("job_table_refused", job=str(job.id), code=problem.code)


async def check_headings(file: IO[bytes], sent_as: JobFormat, mapping: dict[str, str]) -> None:
    """Raises Invalid, naming each column that is not known. What takes long to tell is left to the job."""
    file.flush()
    number = file.fileno()
    with suppress(TimeoutError):
        async with (
            asyncio.timeout(_HEADINGS_SECONDS),
            _reading(sent_as, Path(f"/dev/fd/{number}"), mapping, number) as output,
        ):
            _first_line(await _read_line(output))


async def _gather(pool: Pool, job: Job, path: Path) -> None:
    number = 1
    with path.open("wb") as file:
        while True:
            async with transaction(pool) as tx:
                piece = await load_upload(tx, job, number)
            if piece is None:
                return
            file.write(piece)
            number += 1


@asynccontextmanager
async def _reading(
    sent_as: JobFormat, path: Path, mapping: dict[str, str], *descriptors: int
) -> AsyncIterator[asyncio.StreamReader]:
    """What the reading process writes; it does not outlive the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.invoice.job_tables.read",
        sent_as,
        str(path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        pass_fds=descriptors,
        limit=_LONGEST_LINE,
    )
    assert process.stdin is not None  # noqa: S101 - asked for above
    assert process.stdout is not None  # noqa: S101 - asked for above
    try:
        process.stdin.write(msgspec.json.encode(mapping))
        process.stdin.close()
        yield process.stdout
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _first_line(line: bytes) -> tuple[str, ...]:
    """The columns; raises the problem in their place."""
    if line.startswith(b"["):
        return _COLUMNS.decode(line)
    told = msgspec.json.decode(line, type=TableProblem)
    errors = [FieldError(*error) for error in told.errors]
    raise _PROBLEMS[told.code](told.detail, detail_zh=told.detail_zh, errors=errors)


async def _blocks(output: asyncio.StreamReader) -> AsyncIterator[Block]:
    """Raises like `_first_line` where the table ends in a problem, JobHasNoRows where it has headings only."""
    row, size = 0, 0
    lines: list[bytes] = []
    places: list[Places] = []
    while (written := await _read_line(output)) != END:
        if written.startswith(b"{"):
            _first_line(written)
        place, _, line = written.rstrip(b"\n").partition(b"\t")
        if lines and (len(lines) == BLOCK_ROWS or size + len(line) > BLOCK_BYTES):
            yield _block(row, lines, places)
            lines, places, size = [], [], 0
        row += 1
        size += len(line)
        lines.append(line)
        places.append(_PLACES.decode(place))
    if not row:
        raise JobHasNoRows
    yield _block(row, lines, places)


async def _read_line(output: asyncio.StreamReader) -> bytes:
    """Raises TableUnreadable where the process ended too early, or wrote more than an invoice can have."""
    try:
        line = await output.readline()
    except ValueError:
        raise TableUnreadable from None
    if not line.endswith(b"\n"):
        raise TableUnreadable
    return line


def _block(last_row: int, lines: list[bytes], places: list[Places]) -> Block:
    rows = tuple(range(last_row - len(lines) + 1, last_row + 1))
    return Block(rows, tuple(lines), tuple(places))
