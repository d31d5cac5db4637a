"""What the trainee's school pays: in full up to three days, the least of it from four."""

from datetime import date

import pytest

from models.states import ProgrammeLevel
from models.values import Basis
from rules.travel import school_pays
from tests.support.packs import small_pack

ON = date(2026, 3, 23)
SHULAN = "shulan-2017"


@pytest.mark.parametrize(
    ("level", "days", "in_full", "meal_days", "clause"),
    [
        (ProgrammeLevel.MUNICIPAL, 3, True, None, "SL2017-5B.2"),  # the limit is "more than 3"
        (ProgrammeLevel.MUNICIPAL, 4, False, 2, "SL2017-5B.3"),
        (ProgrammeLevel.NATIONAL, 5, False, 2, "SL2017-5B.3"),
        (ProgrammeLevel.COUNTY, 5, True, None, "SL2017-5B.2"),
    ],
)
def test_how_much_the_school_pays(
    level: ProgrammeLevel, days: int, in_full: bool, meal_days: int | None, clause: str
) -> None:
    verdict = school_pays(small_pack(), level, days, ON)
    assert (verdict.allowed, verdict.facts["in_full"], verdict.facts["meal_days"]) == (True, in_full, meal_days)
    assert verdict.basis == (Basis(clause=clause, adopted_from=SHULAN),)


def test_a_pack_without_travel_rules_pays_in_full_and_cites_nothing() -> None:
    verdict = school_pays(small_pack(travel=None), ProgrammeLevel.NATIONAL, 9, ON)
    assert (verdict.facts["in_full"], verdict.basis) == (True, ())
