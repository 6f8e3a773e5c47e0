"""Where pages come to stand on paper: whole at full size, turned and scaled only where they do not fit."""

from typing import NamedTuple

import pytest

from services.render.print.placement import Placement, arrange
from services.render.print.profiles import Offset, ProfileName, load_profiles

pytestmark = pytest.mark.fast


class Page(NamedTuple):
    """A page without content."""

    width: float
    height: float


NATIVE, LIST = Page(210.0, 140.0), Page(210.0, 297.0)


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("a4", 0.0, 4.25),
        ("a5", 0.0, 4.0),
        ("two_on_a4", 0.0, 4.25),
        ("form_241", 15.5, 0.0),
        ("native", 0, 0),
    ],
)
def test_page_that_fits_stands_at_full_size(name: ProfileName, x: float, y: float) -> None:
    (sheet,) = arrange([NATIVE], load_profiles()[name])
    assert sheet.places == [(NATIVE, Placement(x, y))]


def test_two_on_a4_pairs_pages_and_leaves_the_last_alone() -> None:
    sheets = list(arrange([NATIVE] * 5, load_profiles()["two_on_a4"]))
    assert [len(sheet.places) for sheet in sheets] == [2, 2, 1]
    assert [placement.y for _, placement in sheets[0].places] == [4.25, 152.75]
    assert all(sheet.is_cut for sheet in sheets)


def test_page_too_large_for_a_slot_has_a_sheet_alone_in_its_turn() -> None:
    sheets = list(arrange([NATIVE, LIST, NATIVE, NATIVE], load_profiles()["two_on_a4"]))
    assert [[page for page, _ in sheet.places] for sheet in sheets] == [[NATIVE], [LIST], [NATIVE, NATIVE]]
    assert sheets[1].places[0][1] == Placement(0.0, 0.0)
    assert not sheets[1].is_cut


@pytest.mark.parametrize("name", ["a5", "form_241"])
def test_page_larger_than_the_paper_is_turned_to_be_largest(name: ProfileName) -> None:
    profile = load_profiles()[name]
    (sheet,) = arrange([LIST], profile)
    placement = sheet.places[0][1]
    assert placement.is_turned
    assert profile.height
    assert placement.scale == pytest.approx((profile.height - 3.0) / LIST.width)
    assert placement.x >= 0
    assert placement.x + LIST.height * placement.scale <= profile.width
    assert (sheet.paper.width, sheet.paper.height) == (profile.width, profile.height)


@pytest.mark.parametrize("name", ["native", "roll_80"])
def test_profile_without_slots_takes_paper_of_the_pages_size(name: ProfileName) -> None:
    sheets = list(arrange([NATIVE, LIST], load_profiles()[name]))
    assert [sheet.paper.height for sheet in sheets] == [140.0, 297.0]


def test_offset_moves_right_and_down_in_points() -> None:
    before = Placement(0.0, 0.0).matrix(NATIVE, NATIVE, Offset()).split()
    after = Placement(0.0, 0.0).matrix(NATIVE, NATIVE, Offset(10.0, 5.0)).split()
    assert float(after[4]) - float(before[4]) == pytest.approx(10 * 72 / 25.4, abs=0.001)
    assert float(before[5]) - float(after[5]) == pytest.approx(5 * 72 / 25.4, abs=0.001)


def test_profiles_lie_inside_their_paper() -> None:
    for name, profile in load_profiles().items():
        for slot in profile.slots:
            assert profile.height, name
            assert slot.x + slot.width <= profile.width, name
            assert slot.y + slot.height <= profile.height, name
