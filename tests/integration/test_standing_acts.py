"""What people do to a standing duty: extended, stopped, waived, seen; on the ledger and by command, and what each then got."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from ledger.audit import verify
from ledger.deadlines import acknowledge, changes, extend, resume, stop, waive
from ledger.errors import BadInput, Refused
from ledger.feeds import calendar_for
from ledger.queries.artifacts import tables
from ledger.queries.news import news_after
from ledger.registers import record_entry
from ledger.standing import open_duties
from ledger.standing_sweeping import sweep_standing
from models.office import Message
from models.register import StandingDuty, StandingRung
from office.calendar_feed import as_icalendar
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from policies.schema import Pack
from tests.integration.cli_world import done, songjiao
from tests.integration.test_ledger_registers import Bureau
from tests.integration.test_ledger_registers import pack as pack  # the fixture

ZONE = ZoneInfo("Asia/Shanghai")
MEETING = "review-meeting"  # owed by the county, due on Tuesday, 30 June 2026


@pytest.fixture
def bureau(sqlite_office: Settings, pack: Pack) -> Bureau:
    """An office on 2 March 2026 whose recurring duties are open and caught up with."""
    bureau = Bureau(sqlite_office)
    bureau.do("office", open_duties, pack)
    _sweep(bureau)
    return bureau


def _on(bureau: Bureau, month: int, day: int) -> None:
    bureau.at(datetime(2026, month, day, 10, tzinfo=ZONE).astimezone(UTC))
    _sweep(bureau)


def _sweep(bureau: Bureau) -> None:
    while bureau.do(None, sweep_standing).more:
        pass


def _meeting(bureau: Bureau) -> StandingDuty:
    query = select(StandingDuty).where(StandingDuty.kind == MEETING, StandingDuty.derived_on == date(2026, 6, 30))
    [row] = bureau.look(query)
    return row  # type: ignore[no-any-return]


def _queued(bureau: Bureau, row: StandingDuty) -> list[str]:
    mine = col(Message.key).contains(f":duty-{row.id}:")
    return bureau.look(select(Message.kind).where(mine, Message.state == "queued").order_by(col(Message.id)))


def test_an_extension_moves_the_day_with_its_reason_and_the_ladder_starts_anew(bureau: Bureau) -> None:
    row = _meeting(bureau)
    _on(bureau, 6, 26)
    assert _queued(bureau, row) == ["obligation-remind"]
    for days, reason, wrong in (
        (date(2026, 7, 15), " ", "an extension needs its reason"),
        (date(2026, 6, 30), "示例", "is not after the present due day 2026-06-30"),
    ):
        with pytest.raises(BadInput, match=wrong):
            bureau.do("office", extend, row.id, days, reason)
    with pytest.raises(Refused, match="只有项目办可以延期"):
        bureau.do("county", extend, row.id, date(2026, 7, 15), "示例")
    moved = bureau.do("office", extend, row.id, date(2026, 7, 15), "示例:会期改期")
    assert moved.due_on == date(2026, 7, 15)
    assert _queued(bureau, row) == ["deadline-extended"]  # the reminder for the old day never comes
    _on(bureau, 7, 3)
    assert _queued(bureau, row) == ["deadline-extended"]
    _on(bureau, 7, 13)
    assert _queued(bureau, row) == ["deadline-extended", "obligation-remind"]
    fired = select(StandingRung.move, StandingRung.number).where(StandingRung.duty_id == row.id)
    assert [tuple(one) for one in bureau.look(fired.order_by(col(StandingRung.id)))] == [(0, 1), (1, 1)]
    after = _meeting(bureau)
    assert (after.derived_on, after.due_on, after.moves) == (date(2026, 6, 30), date(2026, 7, 15), 1)
    told = bureau.do(None, changes, row.id)
    assert [(one.change, one.until_on, one.why, one.by) for one in told] == [
        ("extended", date(2026, 7, 15), "示例:会期改期", bureau.refs["office"])
    ]


def test_a_longer_extension_never_makes_it_earlier_and_the_entry_still_meets_it(bureau: Bureau, pack: Pack) -> None:
    row = _meeting(bureau)
    bureau.do("office", extend, row.id, date(2026, 7, 15), "示例")
    bureau.do("office", extend, row.id, date(2026, 7, 20), "示例:再延")
    _on(bureau, 7, 20)
    bureau.do("county", record_entry, pack, MEETING, {"topics": "示例议题", "minutes": "示例纪要"})
    after = _meeting(bureau)
    assert (after.state, after.late_days, after.next_at) == ("met", 0, None)
    assert _queued(bureau, row) == []
    with pytest.raises(Refused, match="已办结,期限不再变动"):
        bureau.do("office", extend, row.id, date(2026, 8, 1), "示例")


def test_a_waived_duty_is_owed_no_more(bureau: Bureau) -> None:
    row = _meeting(bureau)
    _on(bureau, 6, 26)
    with pytest.raises(BadInput, match="a waiver needs its reason"):
        bureau.do("office", waive, row.id, "")
    with pytest.raises(Refused):
        bureau.do("county", waive, row.id, "示例")
    bureau.do("office", waive, row.id, "示例:机构调整")
    assert _queued(bureau, row) == []
    for month, day in ((6, 30), (7, 1), (7, 3), (7, 20)):
        _on(bureau, month, day)
    assert _queued(bureau, row) == []
    assert _meeting(bureau).state == "waived"


def test_seen_silences_for_a_set_time_and_never_an_escalation(bureau: Bureau) -> None:
    row = _meeting(bureau)
    with pytest.raises(BadInput, match="silences for 1 to 2 working days, not 9"):
        bureau.do("county", acknowledge, row.id, 9)
    with pytest.raises(Refused, match="只有其责任人可以标记知悉"):
        bureau.do("teacher", acknowledge, row.id)
    _on(bureau, 6, 29)
    bureau.do("county", acknowledge, row.id, 2)
    _on(bureau, 6, 30)
    assert _queued(bureau, row) == []
    _on(bureau, 7, 1)
    assert _queued(bureau, row) == ["obligation-chase"]
    bureau.do("county", acknowledge, row.id, 2)
    _on(bureau, 7, 3)
    assert "obligation-escalate" in _queued(bureau, row)


def test_each_act_is_news_for_prefect_that_names_the_duty(bureau: Bureau) -> None:
    row = _meeting(bureau)
    bureau.do("county", acknowledge, row.id)
    bureau.do("office", extend, row.id, date(2026, 7, 15), "示例")
    bureau.do("office", waive, row.id, "示例")
    with reading(bureau.office) as act:
        news = [one for one in news_after(act, 0).news if one.name.startswith("songjiao.duty.")]
        assert verify(act).ok
    mine = [one for one in news if one.subject == f"songjiao.duty.{MEETING}"]
    assert [one.name.rpartition(".")[2] for one in mine] == ["acknowledged", "extended", "waived"]
    assert all("reason" not in one.facts and one.facts["owed_by"] == "示例区教委" for one in mine)


# --- a stopped clock ------------------------------------------------------------------------------------------------


def _clock(row: StandingDuty) -> tuple[date, int, int | None, bool]:
    return row.due_on, row.stopped_days, row.stop_budget, row.stopped_at is not None


def test_a_stopped_clock_stands_until_it_runs_again_or_its_budget_is_used_up(bureau: Bureau) -> None:
    row = _meeting(bureau)
    _on(bureau, 6, 22)
    bureau.do("office", stop, row.id, "示例:等待上级名单", 10)
    assert _clock(_meeting(bureau)) == (date(2026, 6, 30), 0, 10, True)
    for day in (24, 25, 26):
        _on(bureau, 6, day)
    assert _queued(bureau, row) == []  # while it stands nobody is reminded
    done = bureau.do("office", resume, row.id, "示例:名单已到")
    assert (done.due_on, done.stopped_days, done.stopped_since) == (date(2026, 7, 4), 4, None)
    assert _queued(bureau, row) == ["clock-resumed"]
    bureau.do("office", stop, row.id, "示例:再等")
    assert _queued(bureau, row) == []
    for month, day in ((6, 30), (7, 1), (7, 2)):
        _on(bureau, month, day)
        assert _queued(bureau, row) == []
    _on(bureau, 7, 3)  # the six days that were left are used up at the end of the 2nd
    assert _clock(_meeting(bureau)) == (date(2026, 7, 10), 10, 10, False)
    assert _queued(bureau, row) == ["clock-resumed"]
    with pytest.raises(Refused, match="可中止的10天已用完"):
        bureau.do("office", stop, row.id, "示例:又等")
    _on(bureau, 7, 7)
    assert _queued(bureau, row) == ["clock-resumed", "obligation-remind"]
    told = [(one.change, one.days, one.why) for one in bureau.do(None, changes, row.id)]
    assert told == [
        ("stopped", 10, "示例:等待上级名单"),
        ("resumed", 4, "示例:名单已到"),
        ("stopped", 10, "示例:再等"),
        ("resumed", 6, ""),
    ]
    fired = select(StandingRung.move, StandingRung.number).where(StandingRung.duty_id == row.id)
    assert [tuple(one) for one in bureau.look(fired)] == [(2, 1)]


def test_what_a_clock_cannot_do_is_refused_with_its_reason(bureau: Bureau) -> None:
    row = _meeting(bureau)
    with pytest.raises(BadInput, match="a stopped clock needs its reason"):
        bureau.do("office", stop, row.id, " ", 3)
    with pytest.raises(BadInput, match="say for how many days at most"):
        bureau.do("office", stop, row.id, "示例")
    for budget in (0, -1, 367):
        with pytest.raises(BadInput, match=f"{budget} days is no budget"):
            bureau.do("office", stop, row.id, "示例", budget)
    with pytest.raises(Refused, match="只有项目办可以中止计时"):
        bureau.do("county", stop, row.id, "示例", 3)
    with pytest.raises(Refused, match="计时并未中止"):
        bureau.do("office", resume, row.id)
    bureau.do("office", stop, row.id, "示例", 3)
    with pytest.raises(Refused, match="计时已经中止"):
        bureau.do("office", stop, row.id, "示例", 3)
    with pytest.raises(Refused, match="只有项目办可以恢复计时"):
        bureau.do("county", resume, row.id)
    bureau.do("office", resume, row.id)
    _on(bureau, 7, 1)
    with pytest.raises(Refused, match="期限2026-06-30已过,不能再中止计时;可以延期"):
        bureau.do("office", stop, row.id, "示例", 3)
    bureau.do("office", waive, row.id, "示例")
    for act in (stop, resume):
        with pytest.raises(Refused, match="已免报,期限不再变动"):
            bureau.do("office", act, row.id, "示例")


def test_what_is_met_while_its_clock_stands_is_on_time(bureau: Bureau, pack: Pack) -> None:
    row = _meeting(bureau)
    _on(bureau, 6, 29)
    bureau.do("office", stop, row.id, "示例", 10)
    _on(bureau, 7, 3)  # three days after its day; its clock has stood for four
    bureau.do("county", record_entry, pack, MEETING, {"topics": "示例议题", "minutes": "示例纪要"})
    after = _meeting(bureau)
    assert (after.state, after.late_days, after.next_at, after.stopped_at) == ("met", 0, None, None)


def test_the_pack_may_bound_for_how_long_a_duty_stands(sqlite_office: Settings, pack: Pack) -> None:
    bound = next(key for key, rule in pack.settings.items() if rule.unit == "working_day")
    duties = tuple(one.model_copy(update={"stop_budget": bound}) if one.key == MEETING else one for one in pack.duties)
    bureau = Bureau(sqlite_office)
    bureau.do("office", open_duties, pack.model_copy(update={"duties": duties}))
    row = _meeting(bureau)
    with pytest.raises(BadInput, match=f"{bound} allows .* days in all; leave the number out"):
        bureau.do("office", stop, row.id, "示例", 300)
    assert bureau.do("office", stop, row.id, "示例").stop_budget == int(str(pack.settings[bound].values[-1].value))


def test_a_stopped_clock_is_shown_where_what_is_due_is_shown(bureau: Bureau) -> None:
    row = _meeting(bureau)
    _on(bureau, 6, 29)
    bureau.do("office", stop, row.id, "示例", 10)
    _on(bureau, 7, 3)
    with reading(bureau.office) as act:
        shown = [one for one in tables(act)["awaited"] if one["应于"] == "2026-06-30"]
        calendar = as_icalendar(calendar_for(act, None, "示例区教委"), "http://127.0.0.1").decode().replace("\r\n ", "")
        news = [one for one in news_after(act, 0).news if one.name.startswith("songjiao.duty.clock")]
        assert verify(act).ok
    assert [(one["逾期天数"], one["计时"]) for one in shown] == [(0, "自2026-06-29中止(此前已用0天,共10天)")]
    assert "计时：自2026-06-29中止(此前已用0天\\,共10天)" in calendar
    assert "逾期" not in calendar.split("SUMMARY:")[1].split("\r\n")[0]
    assert [(one.name, one.subject) for one in news] == [
        ("songjiao.duty.clock-stopped", f"songjiao.duty.{MEETING}"),
    ]


# --- by command -----------------------------------------------------------------------------------------------------


def _listed(*words: str) -> dict[str, Any]:
    rows = [row for row in done("deadline", "list", *words, "--json").data if row["kind"] == MEETING]
    return rows[0] if rows else {}


def test_a_duty_stands_in_the_list_of_deadlines_and_is_moved_there(bureau: Bureau) -> None:
    _on(bureau, 6, 25)
    row = _listed("--due-within", "7d")
    assert (row["programme"], row["until"], row["organisation"]) == ("", "2026-06-30", "示例区教委")
    assert "常设事项" in done("--lang", "zh-CN", "deadline", "list").out
    number, office = row["id"][-8:], bureau.refs["office"]
    done("deadline", "acknowledge", number, "--as", bureau.refs["county"])
    done("deadline", "extend", number, "--until", "2026-07-15", "--reason", "示例", "--as", office)
    assert _listed("--due-within", "7d") == {}
    done("deadline", "waive", number, "--reason", "示例", "--as", office)
    assert [one["change"] for one in done("deadline", "history", number, "--json").data] == [
        *("acknowledged", "extended", "waived"),
    ]
    again = songjiao(
        "--lang", "zh-CN", "deadline", "extend", number, "--until", "2026-08-01", "--reason", "x", "--as", office
    )
    assert again.status == 1
    assert "已免报,期限不再变动" in again.err


def test_the_clock_of_a_duty_is_stopped_and_resumed_by_command(bureau: Bureau) -> None:
    _on(bureau, 6, 22)
    number, office = _listed()["id"][-8:], bureau.refs["office"]
    said = done("deadline", "stop", number, "--at-most", "10d", "--reason", "示例", "--as", office).out
    assert said == f"{number}:计时已中止,尚可中止10天\n"
    row = _listed()
    assert (row["stopped_days"], row["stop_budget"], row["overdue_days"]) == (0, 10, 0)
    assert "自2026-06-22中止(此前已用0天,共10天)" in done("--lang", "zh-CN", "deadline", "list").out
    refused = songjiao("--lang", "zh-CN", "deadline", "resume", number, "--as", bureau.refs["county"])
    assert (refused.status, "只有项目办可以恢复计时" in refused.err) == (1, True)
    _on(bureau, 6, 25)
    done("deadline", "resume", number, "--reason", "示例", "--as", office)
    assert _listed()["until"] == "2026-07-03"
    assert [one["change"] for one in done("deadline", "history", number, "--json").data] == ["stopped", "resumed"]
