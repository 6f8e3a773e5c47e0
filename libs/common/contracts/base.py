"""What every published payload is: a frozen struct whose class names its wire type."""

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec

# An aware instant, RFC 3339 in UTC on the wire.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """`TYPE` is the wire name with its version, a literal on the class.

    Unknown fields are ignored on reading, so an optional field can be added; anything else is a new version.
    """

    TYPE: ClassVar[str]
