"""The ban that follows a return: three years, its last day included."""

from datetime import date

import pytest

from models.states import ProgrammeLevel
from models.values import Basis
from rules.bans import BanFact, BanTerm, BanUnit, ban_for, banned
from tests.support.packs import RULES, rule, small_pack

BARRED = (ProgrammeLevel.NATIONAL, ProgrammeLevel.MUNICIPAL)


@pytest.mark.parametrize(
    ("returned_on", "ends_on"),
    [
        (date(2021, 5, 10), date(2024, 5, 10)),
        (date(2026, 3, 25), date(2029, 3, 25)),
        (date(2026, 6, 22), date(2029, 6, 22)),
        (date(2024, 2, 29), date(2027, 2, 28)),
    ],
)
def test_a_return_bars_to_the_corresponding_day(returned_on: date, ends_on: date) -> None:
    assert ban_for(small_pack(), "returned", returned_on) == BanTerm(
        starts_on=returned_on, ends_on=ends_on, levels=BARRED, basis=Basis(clause="CQ2021-5.9"), key="returned"
    )


def test_four_years_from_a_leap_day_end_on_the_leap_day() -> None:
    pack = small_pack(rules=RULES | {"ban.years": rule(4, "year", "CQ2021-5.9")})
    term = ban_for(pack, "returned", date(2024, 2, 29))
    assert term is not None
    assert term.ends_on == date(2028, 2, 29)


def test_no_ban_follows_what_the_pack_does_not_name() -> None:
    assert ban_for(small_pack(), "leave", date(2026, 3, 25)) is None
    assert ban_for(small_pack(bans=[]), "returned", date(2026, 3, 25)) is None


def test_a_repealed_ban_no_longer_follows() -> None:
    repealed = rule(3, "year", "CQ2021-5.9")
    repealed["values"].append({"from": "2026-01-01", "value": None, "cites": "CQ2021-5.9"})
    pack = small_pack(rules=RULES | {"ban.years": repealed})
    assert ban_for(pack, "returned", date(2026, 3, 25)) is None
    assert ban_for(pack, "returned", date(2025, 12, 31)) is not None


def test_a_ban_in_days_is_refused() -> None:
    pack = small_pack(rules=RULES | {"ban.years": rule(1095, "calendar_day", "CQ2021-5.9")})
    with pytest.raises(BanUnit, match="counted in years, not in 'calendar_day'"):
        ban_for(pack, "returned", date(2026, 3, 25))


@pytest.mark.parametrize(
    ("level", "starts_on", "barred"),
    [
        (ProgrammeLevel.MUNICIPAL, date(2027, 5, 14), True),  # the last day is included
        (ProgrammeLevel.NATIONAL, date(2027, 5, 14), True),
        (ProgrammeLevel.MUNICIPAL, date(2027, 5, 15), False),
        (ProgrammeLevel.COUNTY, date(2026, 3, 23), False),  # county training stays open
        (ProgrammeLevel.MUNICIPAL, date(2024, 5, 14), True),
        (ProgrammeLevel.MUNICIPAL, date(2024, 5, 13), False),  # began before the return
    ],
)
def test_the_programmes_first_day_is_what_counts(level: ProgrammeLevel, starts_on: date, barred: bool) -> None:
    ban = BanFact(levels=BARRED, ends_on=date(2027, 5, 14), starts_on=date(2024, 5, 14))
    assert banned([ban], level, starts_on) == (ban if barred else None)


def test_of_several_bans_the_longest_speaks() -> None:
    longer = BanFact(levels=BARRED, ends_on=date(2029, 3, 25), starts_on=date(2024, 5, 14))
    later = BanFact(levels=BARRED, ends_on=date(2027, 5, 14), starts_on=date(2026, 3, 25))
    assert banned([later, longer], ProgrammeLevel.MUNICIPAL, date(2026, 9, 1)) == longer
    assert banned([], ProgrammeLevel.MUNICIPAL, date(2026, 9, 1)) is None
