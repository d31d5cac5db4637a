"""What Prefect's artifacts show: a programme's timeline, who is awaited, how far it has come. No person is named."""

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlmodel import col, func, select

from ledger.lifecycle import phases_of, schools_by_session
from ledger.packs import pack_of
from ledger.queries.duties import standing_awaited
from ledger.queries.phases import phase_view
from ledger.queries.standing import Awaited, due_between
from ledger.queries.standing import awaited as awaited_rows
from ledger.scoring import sheet_of
from models.act import Act
from models.documents import Obligation
from models.office import AuditEvent
from models.people import Organisation
from models.programme import Programme, ProgrammeSession
from models.register import StandingDuty
from models.states import ObligationState, PhaseState
from rules.phases import planned

STANDING = "常设事项"
"""Stands where a programme's number would: what is owed outside all of them."""

SHOWN = 500
"""How many lines a table has at most: Prefect keeps every version of it, and a page of thousands helps nobody."""

COLUMNS = ("项目", "简称", "事项", "单位", "应于", "逾期天数", "计时", "依据")
_OF_A_BODY = col(StandingDuty.person_id).is_(None)
STATES = {"open": "未到期", "met": "按时", "met-late": "逾期已报", "waived": "免报", "cancelled": "取消"}


def timeline(act: Act, programme_id: uuid.UUID) -> str:
    """The programme as Markdown: its phases with dates and what happened in each, its deadlines, its score."""
    programme = act.session.get_one(Programme, programme_id)
    pack = pack_of(act, programme)
    host = act.session.get_one(Organisation, programme.host_id)
    lines = [
        f"# {programme.ref} {programme.title}",
        f"承训机构:{host.name} · 依据政策包:{pack.pack} · {programme.starts_on} 至 {programme.ends_on} · {programme.places} 人",
        "",
        "| 环节 | 对象 | 开始 | 结束 | 情况 |",
        "|---|---|---|---|---|",
    ]
    details: list[str] = []
    for phase in phases_of(act, programme):
        view = phase_view(act, phase.id)
        where = act.session.get(Organisation, phase.school_id) if phase.school_id else None
        session = act.session.get(ProgrammeSession, phase.session_id) if phase.session_id else None
        target = where.name if where else session.name if session else ""
        closed = phase.closed_at.astimezone(act.zone).date() if phase.closed_at else ""
        opened = phase.opened_at.astimezone(act.zone).date()
        lines.append(f"| {view.name} | {target} | {opened} | {closed} | {view.waiting_for or '已办结'} |")
        if view.lines:
            details += ["", f"**{view.name}** {target}", *(f"- {line.text}" for line in view.lines)]
    return "\n".join([*lines, *details, *_deadlines(act, programme), *_score(act, programme)])


def _deadlines(act: Act, programme: Programme) -> list[str]:
    names = {kind.key: kind.name.zh for kind in pack_of(act, programme).obligations}
    rows = act.session.exec(
        select(Obligation)
        .where(Obligation.programme_id == programme.id, col(Obligation.step_id).is_(None))
        .order_by(col(Obligation.due_on))
    ).all()
    lines = ["", "## 时限", "| 事项 | 应于 | 状态 | 依据 |", "|---|---|---|---|"]
    for row in rows:
        late = f"(迟{row.late_days}天)" if row.late_days else ""
        lines.append(
            f"| {names[row.kind]} | {row.due_on} | {STATES[row.state]}{late} | {row.basis.get('clause') or '本办公室设置'} |"
        )
    return lines


def _score(act: Act, programme: Programme) -> list[str]:
    sheet = sheet_of(act, programme)
    if not sheet.parts:
        return []
    lines = ["", "## 量化考评", "| 来源 | 分数 | 权重 | 得分 | 依据 |", "|---|---|---|---|---|"]
    lines += [f"| {p.name.zh} | {p.value} | {p.weight} | {p.points} | {p.basis.label} |" for p in sheet.parts]
    return [*lines, f"| 合计 | | | {sheet.total if sheet.total is not None else '未齐'} | |"]


def changed_lately(act: Act, events: int) -> list[tuple[uuid.UUID, str]]:
    """Id and ref of the programmes that the last `events` events of the ledger speak of."""
    last = act.session.exec(select(func.max(AuditEvent.number))).one() or 0
    lately = select(AuditEvent.programme_id).where(AuditEvent.number > last - events)
    rows = act.session.exec(
        select(Programme.id, Programme.ref).where(col(Programme.id).in_(lately)).order_by(col(Programme.ref))
    ).all()
    return [(programme_id, ref) for programme_id, ref in rows]


def tables(act: Act) -> dict[str, list[dict[str, Any]]]:
    """The tables for the whole office: `awaited` (what is awaited from whom until when), `due-this-week` (today and the
    six days after it), `overdue-by-organisation` (how much, for how long at most; the longest first). Standing duties of
    bodies stand among what programmes owe. Where there is more than a page can show, the soonest is shown and the rest
    counted.
    """
    yesterday, week = act.today - timedelta(days=1), act.today + timedelta(days=6)
    return {
        "awaited": _soonest(act, None, None),
        "due-this-week": _soonest(act, yesterday, week),
        "overdue-by-organisation": _overdue(act),
    }


def _soonest(act: Act, after: date | None, until: date | None) -> list[dict[str, Any]]:
    rows = awaited_rows(act, after=after, until=until, limit=SHOWN)
    rows += standing_awaited(act, after=after, until=until, limit=SHOWN)
    shown = [_line(row) for row in sorted(rows, key=lambda row: (str(row.until), str(row.id)))[:SHOWN]]
    more = _count(act, after, until) - len(shown)
    return [*shown, _rest(more)] if more else shown


def _count(act: Act, after: date | None, until: date | None) -> int:
    """How many are open: of programmes, and of bodies outside them, those too that cannot be put in words."""
    of_programmes = select(func.count()).select_from(Obligation).where(Obligation.state == ObligationState.OPEN)
    of_bodies = select(func.count()).select_from(StandingDuty).where(StandingDuty.state == ObligationState.OPEN)
    of_programmes = of_programmes.where(*due_between(act, col(Obligation.due_at), after, until))
    of_bodies = of_bodies.where(*due_between(act, col(StandingDuty.due_at), after, until))
    return act.session.exec(of_programmes).one() + act.session.exec(of_bodies.where(_OF_A_BODY)).one()


def _line(row: Awaited) -> dict[str, Any]:
    what = (row.programme or STANDING, row.title, row.what, row.organisation)
    when = (str(row.until), row.overdue_days, row.clock, row.clause or "本办公室设置")
    return dict(zip(COLUMNS, (*what, *when), strict=True))


def _rest(count: int) -> dict[str, Any]:
    return dict.fromkeys(COLUMNS, "") | {"事项": f"另有{count}项未列出;用命令 deadline list 查看"}


def _overdue(act: Act) -> list[dict[str, Any]]:
    late: dict[str, list[tuple[str, date]]] = {}
    for body, programme, due_on in _late(act):
        late.setdefault(body, []).append((programme, due_on))
    found = [
        {
            "单位": body,
            "逾期事项": len(mine),
            "最长逾期天数": (act.today - min(due_on for _, due_on in mine)).days,
            "最早应于": str(min(due_on for _, due_on in mine)),
            "项目": "、".join(sorted({programme for programme, _ in mine})[:10]),
        }
        for body, mine in late.items()
    ]
    return sorted(found, key=lambda one: (-int(one["最长逾期天数"]), str(one["单位"])))


def _late(act: Act) -> Iterator[tuple[str, str, date]]:
    """What is overdue and whose clock runs: by whom, of what, since when. Only what is counted is read."""
    of_programmes = (
        select(col(Organisation.name), col(Programme.ref), col(Obligation.due_on))
        .join(Programme, col(Programme.id) == Obligation.programme_id)
        .join(Organisation, col(Organisation.id) == Obligation.owed_by_id)
        .where(Obligation.state == ObligationState.OPEN, col(Obligation.stopped_at).is_(None))
    )
    of_bodies = (
        select(col(Organisation.name), col(StandingDuty.due_on))
        .join(Organisation, col(Organisation.id) == StandingDuty.owed_by_id)
        .where(StandingDuty.state == ObligationState.OPEN, col(StandingDuty.stopped_at).is_(None), _OF_A_BODY)
    )
    yield from act.session.exec(of_programmes.where(Obligation.due_on < act.today))
    for body, due_on in act.session.exec(of_bodies.where(StandingDuty.due_on < act.today)):
        yield body, STANDING, due_on


def progress(act: Act, programme_id: uuid.UUID) -> float:
    """How far the programme has come: closed phases of those planned, 0-100."""
    programme = act.session.get_one(Programme, programme_id)
    wanted = len(planned(pack_of(act, programme), programme.kind, schools_by_session(act, programme)))
    closed = sum(phase.state == PhaseState.CLOSED for phase in phases_of(act, programme))
    return round(100 * closed / wanted, 1) if wanted else 0.0
