"""docs/metrics.md: every instrument of the services, from the modules that define them."""

from collections.abc import Iterator
from types import ModuleType
from typing import NamedTuple

from prometheus_client.metrics import MetricWrapperBase

from docs.generators.services import service_modules
from libs.common import metrics as common

_HEAD = """\
# Metrics

Written by `python -m docs.generate metrics`; a test compares it with the code.

Every process answers `/metrics` on its internal port (`make status` shows it; in containers 9000). Labels are
bounded: never a tenant, an invoice or a person. What to do when something looks wrong: [runbooks](runbooks/README.md).

Counters end in `_total`: watch their rate. A histogram has `_bucket`, `_sum` and `_count`. Gauges that only a worker
sets stand at 0 in an api process.
"""
_TABLE = "\n## {title}\n\n| name | type | labels | meaning |\n|---|---|---|---|\n"


class Instrument(NamedTuple):
    """One row of the page."""

    name: str
    type: str
    labels: tuple[str, ...]
    meaning: str


def describe_metrics() -> dict[str, str]:
    parts = [("Every process of a service", common), *service_modules("metrics")]
    return {"metrics.md": _HEAD + "".join(_section(title, module) for title, module in parts)}


def instruments(module: ModuleType) -> Iterator[Instrument]:
    """In the order in which the module defines them."""
    for value in vars(module).values():
        if isinstance(value, MetricWrapperBase):
            [about] = value.describe()
            suffix = "_total" if about.type == "counter" else ""
            yield Instrument(about.name + suffix, about.type, value._labelnames, about.documentation)


def _section(title: str, module: ModuleType) -> str:
    rows = [
        f"| `{each.name}` | {each.type} | {' '.join(f'`{label}`' for label in each.labels)} | {each.meaning} |\n"
        for each in instruments(module)
    ]
    return _TABLE.format(title=title) + "".join(rows)
