"""The tables that Prefect shows for the whole office: this week's, what is overdue by organisation, who is awaited."""

from datetime import date

import pytest

from ledger.queries import artifacts
from ledger.queries.artifacts import tables
from office.runtime.clock import move_clock
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from tests.support.road import Road
from tests.support.scenario import Drive, at, play, sample


@pytest.fixture
def road(sqlite_office: Settings) -> Road:
    """A programme on 23 January 2026: what follows is due in the weeks before its start on 23 March."""
    road = Road(Drive.begin(sqlite_office, "S01"), sample("S01"))
    play(road.drive, road.doings(), date(2026, 1, 23))
    return road


def _tables(road: Road, day: date) -> dict[str, list[dict[str, object]]]:
    move_clock(road.drive.office, at(day), frozen=True)
    with reading(road.drive.office) as act:
        return tables(act)


def test_this_week_is_today_and_the_six_days_after_it(road: Road) -> None:
    last = max(str(row["应于"]) for row in _tables(road, date(2026, 1, 23))["awaited"])
    number = date.fromisoformat(last).toordinal()
    seen = {
        before: last in [row["应于"] for row in _tables(road, date.fromordinal(number - before))["due-this-week"]]
        for before in (7, 6, 0, -1)
    }
    assert seen == {7: False, 6: True, 0: True, -1: False}


def test_what_is_overdue_is_counted_by_organisation_the_longest_first(road: Road) -> None:
    assert _tables(road, date(2026, 1, 23))["overdue-by-organisation"] == []
    shown = _tables(road, date(2026, 5, 1))
    late = [row for row in shown["awaited"] if row["逾期天数"]]
    by_body = shown["overdue-by-organisation"]
    assert sum(int(str(row["逾期事项"])) for row in by_body) == len(late)
    assert {row["单位"] for row in by_body} == {row["单位"] for row in late}
    longest = [int(str(row["最长逾期天数"])) for row in by_body]
    assert longest == sorted(longest, reverse=True)
    assert longest[0] == max(int(str(row["逾期天数"])) for row in late)


def test_a_table_shows_the_soonest_and_counts_the_rest(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _tables(road, date(2026, 5, 1))
    assert len(whole["awaited"]) > 4 and whole["awaited"][0]["逾期天数"]
    monkeypatch.setattr(artifacts, "SHOWN", 3)
    cut = _tables(road, date(2026, 5, 1))
    *shown, rest = cut["awaited"]
    assert shown == whole["awaited"][:3]
    assert str(rest["事项"]).startswith(f"另有{len(whole['awaited']) - 3}项未列出")
    assert rest.keys() == shown[0].keys()
    assert cut["overdue-by-organisation"] == whole["overdue-by-organisation"], "counted over all, shown or not"
    monkeypatch.setattr(artifacts, "SHOWN", len(whole["awaited"]))
    assert _tables(road, date(2026, 5, 1)) == whole
