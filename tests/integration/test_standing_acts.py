"""What people do to a standing duty: extended, waived, seen; on the ledger and by command, with what each person then got."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from ledger.audit import verify
from ledger.deadlines import changes
from ledger.errors import BadInput, Refused
from ledger.queries.news import news_after
from ledger.registers import record_entry
from ledger.standing import open_duties
from ledger.standing_acts import acknowledge_duty, extend_duty, waive_duty
from ledger.standing_sweeping import sweep_standing
from models.office import Message
from models.register import StandingDuty, StandingRung
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
            bureau.do("office", extend_duty, row.id, days, reason)
    with pytest.raises(Refused, match="只有项目办可以延期"):
        bureau.do("county", extend_duty, row.id, date(2026, 7, 15), "示例")
    moved = bureau.do("office", extend_duty, row.id, date(2026, 7, 15), "示例:会期改期")
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
    bureau.do("office", extend_duty, row.id, date(2026, 7, 15), "示例")
    bureau.do("office", extend_duty, row.id, date(2026, 7, 20), "示例:再延")
    _on(bureau, 7, 20)
    bureau.do("county", record_entry, pack, MEETING, {"topics": "示例议题", "minutes": "示例纪要"})
    after = _meeting(bureau)
    assert (after.state, after.late_days, after.next_at) == ("met", 0, None)
    assert _queued(bureau, row) == []
    with pytest.raises(Refused, match="已办结,期限不再变动"):
        bureau.do("office", extend_duty, row.id, date(2026, 8, 1), "示例")


def test_a_waived_duty_is_owed_no_more(bureau: Bureau) -> None:
    row = _meeting(bureau)
    _on(bureau, 6, 26)
    with pytest.raises(BadInput, match="a waiver needs its reason"):
        bureau.do("office", waive_duty, row.id, "")
    with pytest.raises(Refused):
        bureau.do("county", waive_duty, row.id, "示例")
    bureau.do("office", waive_duty, row.id, "示例:机构调整")
    assert _queued(bureau, row) == []
    for month, day in ((6, 30), (7, 1), (7, 3), (7, 20)):
        _on(bureau, month, day)
    assert _queued(bureau, row) == []
    assert _meeting(bureau).state == "waived"


def test_seen_silences_for_a_set_time_and_never_an_escalation(bureau: Bureau) -> None:
    row = _meeting(bureau)
    with pytest.raises(BadInput, match="silences for 1 to 2 working days, not 9"):
        bureau.do("county", acknowledge_duty, row.id, 9)
    with pytest.raises(Refused, match="只有其责任人可以标记知悉"):
        bureau.do("teacher", acknowledge_duty, row.id)
    _on(bureau, 6, 29)
    bureau.do("county", acknowledge_duty, row.id, 2)
    _on(bureau, 6, 30)
    assert _queued(bureau, row) == []
    _on(bureau, 7, 1)
    assert _queued(bureau, row) == ["obligation-chase"]
    bureau.do("county", acknowledge_duty, row.id, 2)
    _on(bureau, 7, 3)
    assert "obligation-escalate" in _queued(bureau, row)


def test_each_act_is_news_for_prefect_that_names_the_duty(bureau: Bureau) -> None:
    row = _meeting(bureau)
    bureau.do("county", acknowledge_duty, row.id)
    bureau.do("office", extend_duty, row.id, date(2026, 7, 15), "示例")
    bureau.do("office", waive_duty, row.id, "示例")
    with reading(bureau.office) as act:
        news = [one for one in news_after(act, 0).news if one.name.startswith("songjiao.duty.")]
        assert verify(act).ok
    mine = [one for one in news if one.subject == f"songjiao.duty.{MEETING}"]
    assert [one.name.rpartition(".")[2] for one in mine] == ["acknowledged", "extended", "waived"]
    assert all("reason" not in one.facts and one.facts["owed_by"] == "示例区教委" for one in mine)


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
    refused = songjiao(
        "--lang", "zh-CN", "deadline", "stop", number, "--at-most", "3d", "--reason", "x", "--as", office
    )
    assert (refused.status, refused.err.strip()) == (1, "id: 这是常设事项,不中止计时;请用 deadline extend 延期")
    done("deadline", "waive", number, "--reason", "示例", "--as", office)
    assert [one["change"] for one in done("deadline", "history", number, "--json").data] == [
        *("acknowledged", "extended", "waived"),
    ]
    again = songjiao(
        "--lang", "zh-CN", "deadline", "extend", number, "--until", "2026-08-01", "--reason", "x", "--as", office
    )
    assert again.status == 1
    assert "已免报,期限不再变动" in again.err
