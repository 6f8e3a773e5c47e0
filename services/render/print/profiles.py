"""Print profiles: on which paper, and where on it. Data of profiles.toml as typed values."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec

ProfileName = Literal["native", "a4", "a5", "two_on_a4", "form_241", "roll_80"]


class Slot(NamedTuple):
    """A place for one page of an invoice."""

    x: float
    y: float
    width: float
    height: float


class Margins(NamedTuple):
    """What a printer may leave blank without a loss."""

    top: float
    right: float
    bottom: float
    left: float


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One paper; profiles.toml says what its fields mean."""

    title: str
    title_zh: str
    description: str
    description_zh: str
    width: float
    margins: Margins
    height: float | None = None
    slots: tuple[Slot, ...] = ()
    cut: tuple[float, float, float, float] | None = None
    stock: tuple[str, ...] = ()
    design: Literal["page", "receipt"] = "page"
    cross: float = 10.0
    ruler: float = 100.0


class Offset(NamedTuple):
    """How far a printer must be corrected, in mm: to the right and down."""

    dx: float = 0.0
    dy: float = 0.0


@cache
def load_profiles() -> Mapping[ProfileName, Profile]:
    """Every profile, in the order of the file."""
    path = Path(__file__).with_name("profiles.toml")
    profiles = msgspec.toml.decode(path.read_bytes(), type=dict[ProfileName, Profile])
    if set(profiles) != set(get_args(ProfileName)):
        raise ValueError("profiles.toml does not have the profiles that the API names")
    return profiles
