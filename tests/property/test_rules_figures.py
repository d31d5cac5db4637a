"""Scores, shares and bans: always on the scale, never worse for more, the last day included."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.states import ProgrammeLevel
from rules.admission import admit
from rules.bans import BanFact, ban_for, banned
from rules.evaluation import score
from tests.support.packs import small_pack

pytestmark = pytest.mark.property

PACK = small_pack()
ON = date(2026, 11, 20)
SOURCES = ["expert-inspection", "trainee-satisfaction", "outcome-quality", "archive-documents"]
SCORES = st.decimals(0, 100, places=2)
SHEETS = st.fixed_dictionaries(dict.fromkeys(SOURCES, SCORES))
HOURS = st.decimals(0, 500, places=1)


@given(SHEETS)
def test_the_score_stays_between_the_lowest_and_the_highest_part(values: dict[str, Decimal]) -> None:
    total = score(PACK, values, ON).total
    assert total is not None
    half_a_step = Decimal("0.05")
    assert min(values.values()) - half_a_step <= total <= max(values.values()) + half_a_step
    assert 0 <= total <= 100


@given(SHEETS, st.sampled_from(SOURCES), SCORES)
def test_a_better_part_never_lowers_the_score(values: dict[str, Decimal], source: str, other: Decimal) -> None:
    worse, better = sorted([values[source], other])
    low, high = (score(PACK, values | {source: one}, ON).total for one in (worse, better))
    assert low is not None
    assert high is not None
    assert low <= high


@given(SHEETS, st.sets(st.sampled_from(SOURCES), min_size=1))
def test_a_missing_source_never_lets_the_score_close(values: dict[str, Decimal], without: set[str]) -> None:
    sheet = score(PACK, {key: value for key, value in values.items() if key not in without}, ON)
    assert (sheet.total, set(sheet.missing)) == (None, without)


@given(HOURS, HOURS)
def test_the_practice_share_is_met_exactly_from_half_on(practice: Decimal, of: Decimal) -> None:
    assume(practice <= of)
    facts: dict[str, Decimal | int] = {
        "practice_hours": practice,
        "course_hours": of,
        "experts": 1,
        "experts_outside": 1,
        "experts_excellent": 1,
        "ethics_courses": 1,
    }
    verdict = admit(PACK, "application", facts, {}, ON)[0]
    assert verdict.allowed is (of > 0 and practice * 2 >= of)
    assert (Decimal(verdict.facts["ratio"]) >= Decimal(verdict.facts["minimum"])) is verdict.allowed


@given(st.dates(date(2020, 2, 1), date(2090, 1, 1)), st.sampled_from(ProgrammeLevel))
def test_a_ban_holds_to_its_last_day_and_not_a_day_longer(returned_on: date, level: ProgrammeLevel) -> None:
    term = ban_for(PACK, "returned", returned_on)
    assert term is not None
    ban = BanFact(levels=term.levels, ends_on=term.ends_on, starts_on=term.starts_on)
    barred = ban if level in term.levels else None
    assert banned([ban], level, term.ends_on) == barred
    assert banned([ban], level, term.ends_on + timedelta(days=1)) is None
    assert banned([ban], level, returned_on) == barred
    assert term.ends_on.year == returned_on.year + 3
    assert (term.ends_on.month, term.ends_on.day) in ((returned_on.month, returned_on.day), (2, 28))


@given(st.dates(date(2020, 2, 1), date(2090, 1, 1)), st.integers(0, 400))
def test_a_later_return_never_ends_the_ban_earlier(returned_on: date, later: int) -> None:
    first, second = (ban_for(PACK, "returned", returned_on + timedelta(days=days)) for days in (0, later))
    assert first is not None
    assert second is not None
    assert first.ends_on <= second.ends_on
