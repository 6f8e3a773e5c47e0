"""Every planted defect still fits the code that it spoils, and is described."""

import pytest

from tests.chaos.defects import DEFECTS
from tests.chaos.tree import PATCHES, find_misfit

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_patch_fits_the_working_tree(name: str) -> None:
    assert find_misfit(name) == ""


def test_defects_are_all_described() -> None:
    assert {path.stem for path in PATCHES.glob("*.patch")} == set(DEFECTS)
