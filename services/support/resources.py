"""What the routes work with."""

from dataclasses import dataclass

from libs.common.db import Pool


@dataclass(frozen=True, slots=True)
class Resources:
    pool: Pool
