"""Standing duties as something that is awaited: for calendars, tables and lists beside what programmes owe. Reads only.

What a body owes is shown to the body and the office; what one person owes (the hours of a cycle) to that person alone, so
that no list is filled with hundreds of lines of one kind. Serves the standing and annual clauses of a pack.
"""

import uuid
from collections.abc import Collection
from datetime import date

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ledger.packs import pack_at
from ledger.people import heads
from ledger.queries.standing import Awaited, clock_words, due_between, if_not_of
from models.act import Act
from models.people import Organisation
from models.register import StandingDuty
from models.states import ObligationState
from policies.lookup import duty_of, role_name, setting_words


def standing_awaited(
    act: Act,
    owed_by: Collection[uuid.UUID] | None = None,
    until: date | None = None,
    *,
    after: date | None = None,
    limit: int | None = None,
) -> list[Awaited]:
    """Open standing duties of bodies, soonest first: of all, or of some; with `until` what is due by that day, with `after`
    what is due later than that, with `limit` the first so many.
    """
    due = due_between(act, col(StandingDuty.due_at), after, until)
    query = select(StandingDuty).where(col(StandingDuty.person_id).is_(None), *due).limit(limit)
    if owed_by is not None:
        query = query.where(col(StandingDuty.owed_by_id).in_(owed_by))
    return _found(act, query)


def personal_awaited(act: Act, person_id: uuid.UUID) -> list[Awaited]:
    """Open standing duties that one person owes, soonest first."""
    return _found(act, select(StandingDuty).where(StandingDuty.person_id == person_id))


def _found(act: Act, query: SelectOfScalar[StandingDuty]) -> list[Awaited]:
    query = query.where(StandingDuty.state == ObligationState.OPEN)
    rows = act.session.exec(query.order_by(col(StandingDuty.due_at), col(StandingDuty.id))).all()
    return [found for row in rows if (found := _awaited(act, row)) is not None]


def _awaited(act: Act, row: StandingDuty) -> Awaited | None:
    """A duty in words; None where its text no longer knows it (the hourly audit tells the office of that)."""
    pack = pack_at(act, row.snapshot_id)
    try:
        duty = duty_of(pack, row.kind)
    except LookupError:
        return None
    says, says_en = setting_words(pack, row.basis.get("setting"), row.basis.get("setting_en"))
    if_not, if_not_en = if_not_of(act, pack, duty.ladder, row.due_on, row.rung)
    return Awaited(
        id=row.id,
        kind=row.kind,
        programme="",
        title="",
        what=duty.name.zh,
        what_en=duty.name.en,
        organisation=act.session.get_one(Organisation, row.owed_by_id).name,
        role=role_name(pack, row.owed_by_role, "zh-CN"),
        role_en=role_name(pack, row.owed_by_role, "en"),
        role_key=row.owed_by_role,
        heads=heads(pack),
        since=row.created_at,
        until=row.due_on,
        overdue_days=0 if row.stopped_at else max(0, (act.today - row.due_on).days),
        hardness=duty.hardness,
        stopped_since=row.stopped_at,
        stopped_days=row.stopped_days,
        stop_budget=row.stop_budget,
        **clock_words(act, row),
        silenced_until=row.silenced_until if row.silenced_until and row.silenced_until > act.now else None,
        clause=row.basis.get("clause"),
        setting=row.basis.get("setting"),
        setting_says=says or None,
        setting_says_en=says_en or None,
        if_done="办结,后续提醒自动取消",
        if_done_en="settled; later reminders are cancelled",
        if_not=if_not,
        if_not_en=if_not_en,
    )
