"""What a row's sender is told: the problem as a single issue would answer it, and of a table the cells to look at."""

from msgspec import to_builtins

from libs.common.problems import FieldError, Problem
from services.invoice.domain.job import Job, Places
from services.invoice.domain.table_columns import column_of, name_cell


def describe_problem(job: Job, row: int, places: Places | None, problem: Problem) -> dict[str, object]:
    """The `problem` of a row."""
    told = problem.as_dict(instance=f"/v1/invoice-jobs/{job.id}/rows/{row}", request_id=job.correlation.id)
    if job.columns is not None and places and problem.errors:
        told["errors"] = [_describe_error(error, job.columns, places) for error in problem.errors]
    return told


def _describe_error(error: FieldError, columns: tuple[str, ...], places: Places) -> dict[str, object]:
    """With `column` and `cell`, where the field has one; a missing column has no cell."""
    column, line = column_of(error.pointer)
    told: dict[str, object] = {**to_builtins(error), "column": column}
    if column in columns and line < len(places):
        told["cell"] = name_cell(columns.index(column), places[line])
    return told
