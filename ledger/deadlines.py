"""What people do to a deadline: extend it, waive it, stop its clock and let it run again, say that they have seen it.

Each is a row with who, why and until when, and an event; no date is ever edited: the due day is worked out anew from
the derived one and these rows. The programme office extends, waives and stops; whoever owes may say that they have seen
it, which silences what is said to them for a set time and not for ever, and never an escalation. Serves the deadlines of
a pack.
"""

import uuid
from datetime import date, datetime, time
from typing import Any

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.core import Done, operation, record
from ledger.errors import BadInput, refusal
from ledger.obligations import move, rule_of, set_next, working
from ledger.outbox import cancel_messages, tell
from ledger.packs import ground_facts, pack_of
from ledger.people import heads, holders, must_be_office, office_people, roles_of
from models.act import Act
from models.documents import DeadlineChange, Obligation
from models.people import Organisation, Person
from models.programme import Programme
from models.states import ObligationState
from policies.lookup import find, find_or_none
from policies.schema import ObligationKind, Pack
from rules.deadlines import MESSAGE_HOUR
from rules.extensions import stood
from rules.workdays import add_workdays

ACKNOWLEDGED_DAYS = 2
"""For how many working days at most an acknowledgement silences, where the pack has no `acknowledgement.days`."""

SETTLED = {"met": "已办结", "met-late": "已逾期办结", "waived": "已免报", "cancelled": "已取消"}


class Moved(Done):
    """A deadline that people changed: until when it may wait now, and how its clock stands."""

    due_on: date
    stopped_since: datetime | None = None
    stopped_days: int = 0
    stop_budget: int | None = None
    silenced_until: datetime | None = None


@operation("waive-obligation", Done)
def waive(act: Act, obligation_id: uuid.UUID, reason: str) -> Done:
    """The programme office waives an obligation, with its reason (免报). Raises `BadInput` without one, `Refused`
    for others.
    """
    must_be_office(act, "免报", "waive an obligation")
    why = given_reason(reason, "a waiver needs its reason (事由)")
    row = act.session.get_one(Obligation, obligation_id)
    programme = act.session.get_one(Programme, row.programme_id)
    if row.state == ObligationState.OPEN:
        row.state, row.next_at, row.rests, row.stopped_at = ObligationState.WAIVED, None, None, None
        _note(act, row, "waived", why)
        cancel_messages(act, obligation_id=row.id)
        record(act, "obligation_waived", programme, obligation=row.kind, due_on=row.due_on, reason=why)
    return Done(id=row.id)


@operation("extend-obligation", Moved)
def extend(act: Act, obligation_id: uuid.UUID, until_on: date, reason: str) -> Moved:
    """The programme office lets a matter wait until a day (included), with its reason (延期); its ladder starts anew.

    Raises `BadInput` without a reason, for a day that is not after the present one, and for one that has passed;
    `Refused` for others than the office and for what is no longer open.
    """
    must_be_office(act, "延期", "extend a deadline")
    why = given_reason(reason, "an extension needs its reason (事由)")
    row, programme, pack, kind = _open_one(act, obligation_id)
    if until_on <= row.due_on:
        raise BadInput([("until", f"{until_on} is not after the present due day {row.due_on}; an extension is longer")])
    if until_on < act.today:
        raise BadInput([("until", f"{until_on} has passed already; today is {act.today}")])
    old = row.due_on
    _note(act, row, "extended", why, until_on=until_on)
    move(act, programme, pack, kind, row)
    record(act, "obligation_extended", programme, obligation=row.kind, old=old, new=row.due_on, reason=why)
    _tell_owner(act, programme, row, kind, "deadline-extended", f"{row.id}:{row.moves}", why)
    return _moved(row)


@operation("stop-obligation", Moved)
def stop(act: Act, obligation_id: uuid.UUID, reason: str, budget: int | None = None) -> Moved:
    """The programme office stops the clock of a matter (中止计时), with its reason, for at most `budget` days in all.

    Where the pack bounds the days (`stop_budget`), that is the budget and no other may be given. Days count as the rule
    counts. When the budget is used up the clock runs again by itself. Raises `BadInput` without a reason or a budget,
    `Refused` for others than the office, for a clock that stands already, one that has run out or has no budget left.
    """
    must_be_office(act, "中止计时", "stop a clock")
    why = given_reason(reason, "a stopped clock needs its reason (事由)")
    row, programme, pack, kind = _open_one(act, obligation_id)
    if row.stopped_at is not None:
        raise refusal("clock.stands", "计时已经中止", "the clock is stopped already", setting="deadlines.stopped clock")
    if act.now > row.due_at:
        raise refusal(
            "clock.ran-out",
            f"期限{row.due_on}已过,不能再中止计时;可以延期",
            f"the deadline of {row.due_on} has passed; its clock cannot be stopped any more, extend it instead",
            setting="deadlines.stopped clock",
        )
    row.stop_budget = _budget(act, pack, kind, row, budget)
    if row.stopped_days >= row.stop_budget:
        raise refusal(
            "clock.budget",
            f"可中止的{row.stop_budget}天已用完",
            f"the {row.stop_budget} days for which this clock may stand are used up",
            setting=kind.stop_budget or "deadlines.stopped clock",
        )
    row.stopped_at = act.now
    set_next(act, pack, kind, row)
    _note(act, row, "stopped", why, days=row.stop_budget)
    cancel_messages(act, obligation_id=row.id)
    record(act, "clock_stopped", programme, obligation=row.kind, due_on=row.due_on, budget=row.stop_budget, reason=why)
    return _moved(row)


def _budget(act: Act, pack: Pack, kind: ObligationKind, row: Obligation, given: int | None) -> int:
    if kind.stop_budget is not None:
        bound = int(str(find(pack, kind.stop_budget, act.today).value))
        if given is not None and given != bound:
            raise BadInput([("days", f"{kind.stop_budget} allows {bound} days in all; leave the number out")])
        return bound
    budget = given if given is not None else row.stop_budget
    if budget is None:
        raise BadInput([("days", "say for how many days at most the clock may stand")])
    if not 0 < budget <= 366:
        raise BadInput([("days", f"{budget} days is no budget for a stopped clock; give 1 to 366")])
    return max(budget, row.stop_budget or 0)


@operation("resume-obligation", Moved)
def resume(act: Act, obligation_id: uuid.UUID, reason: str = "") -> Moved:
    """The programme office lets a stopped clock run again (恢复计时): the days that it stood are added to the due day.

    Raises `Refused` for others than the office and for a clock that runs.
    """
    must_be_office(act, "恢复计时", "let a clock run again")
    row, programme, pack, kind = _open_one(act, obligation_id)
    if row.stopped_at is None:
        raise refusal("clock.runs", "计时并未中止", "the clock is not stopped", setting="deadlines.stopped clock")
    run_again(act, programme, pack, kind, row, reason.strip())
    return _moved(row)


def run_again(act: Act, programme: Programme, pack: Pack, kind: ObligationKind, row: Obligation, why: str = "") -> None:
    """Let a stopped clock run again, by hand or because its budget is used up; its owner is told the new day."""
    assert row.stopped_at is not None
    counts = working(pack, rule_of(act, programme, pack, kind, row))
    days = stood(row.stopped_at.astimezone(act.zone).date(), act.today, working=counts)
    days = min(days, (row.stop_budget or 0) - row.stopped_days)
    old = row.due_on
    row.stopped_at, row.stopped_days = None, row.stopped_days + days
    _note(act, row, "resumed", why, days=days)
    if not move(act, programme, pack, kind, row):
        set_next(act, pack, kind, row)
    record(act, "clock_resumed", programme, obligation=row.kind, old=old, new=row.due_on, stood=days, reason=why)
    _tell_owner(act, programme, row, kind, "clock-resumed", f"{row.id}:{row.stopped_days}:{row.moves}", why)


@operation("acknowledge-obligation", Moved)
def acknowledge(act: Act, obligation_id: uuid.UUID, days: int | None = None) -> Moved:
    """Whoever owes a matter says that they have seen it: nobody reminds or chases them for some working days (知悉).

    The ladder goes on after that, and escalations are never put off. Raises `BadInput` for more days than the office
    allows, `Refused` for people who do not owe it.
    """
    row, programme, pack, kind = _open_one(act, obligation_id)
    _must_owe(act, pack, row)
    found = find_or_none(pack, "acknowledgement.days", act.today)
    most = int(str(found.value)) if found else ACKNOWLEDGED_DAYS
    days = most if days is None else days
    if not 0 < days <= most:
        raise BadInput([("days", f"an acknowledgement silences for 1 to {most} working days, not {days}")])
    hour = int(str(find(pack, MESSAGE_HOUR, row.due_on).value))
    until = datetime.combine(add_workdays(act.today, days), time(hour), tzinfo=act.zone)
    row.silenced_until = max(until, row.silenced_until) if row.silenced_until else until
    set_next(act, pack, kind, row)
    _note(act, row, "acknowledged", "", days=days)
    cancel_messages(act, obligation_id=row.id)
    record(act, "obligation_acknowledged", programme, obligation=row.kind, due_on=row.due_on, days=days)
    return _moved(row)


def _must_owe(act: Act, pack: Pack, row: Obligation) -> None:
    if act.actor.person_id is None:
        return
    mine = {role for organisation_id, role in roles_of(act, act.actor.person_id) if organisation_id == row.owed_by_id}
    owner = act.session.get_one(Organisation, row.owed_by_id)
    if not mine & {row.owed_by_role, "contact", owner.kind, *heads(pack)}:
        raise refusal(
            "obligation.owner",
            f"此事项由{owner.name}办理,只有其责任人可以标记知悉",
            f"this is owed by {owner.name}; only its people may say that they have seen it",
            setting="deadlines.acknowledgement",
        )


# --- shared ---------------------------------------------------------------------------------------------------------


def _open_one(act: Act, obligation_id: uuid.UUID) -> tuple[Obligation, Programme, Pack, ObligationKind]:
    row = act.session.get_one(Obligation, obligation_id)
    programme = act.session.get_one(Programme, row.programme_id)
    pack = pack_of(act, programme)
    kind = next(one for one in pack.obligations if one.key == row.kind)
    if row.state != ObligationState.OPEN:
        raise refusal(
            "obligation.open",
            f"“{kind.name.zh}”{SETTLED[row.state]},期限不再变动",
            f"“{kind.name.en}” is {row.state}; its deadline no longer changes",
            setting="deadlines.open",
        )
    return row, programme, pack, kind


def given_reason(reason: str, what: str) -> str:
    """The reason as it is kept. Raises `BadInput` with `what` is wanted where none was given."""
    if not reason.strip():
        raise BadInput([("reason", what)])
    return reason.strip()[:400]


def _note(
    act: Act, row: Obligation, change: str, why: str, until_on: date | None = None, days: int | None = None
) -> None:
    act.session.add(
        DeadlineChange(
            obligation_id=row.id,
            change=change,
            why=why[:400],
            person_id=act.actor.person_id,
            until_on=until_on,
            days=days,
            created_at=act.now,
        )
    )
    act.session.add(row)
    act.session.flush()


def _tell_owner(
    act: Act, programme: Programme, row: Obligation, kind: ObligationKind, message: str, matter: str, why: str
) -> None:
    owner = act.session.get_one(Organisation, row.owed_by_id)
    people: list[Person] = holders(act, owner.id, row.owed_by_role) or holders(act, owner.id, "contact", owner.kind)
    facts: dict[str, Any] = {
        "what": kind.name.zh,
        "what_en": kind.name.en,
        "owed_by": owner.name,
        "due_on": row.due_on,
        "reason": why,
        **ground_facts(pack_of(act, programme), row.basis),
    }
    tell(act, message, matter, people or office_people(act), programme, obligation_id=row.id, **facts)


def _moved(row: Obligation) -> Moved:
    return Moved(
        id=row.id,
        due_on=row.due_on,
        stopped_since=row.stopped_at,
        stopped_days=row.stopped_days,
        stop_budget=row.stop_budget,
        silenced_until=row.silenced_until,
    )


class Change(BaseModel):
    """One thing that people did to a deadline, for whoever asks why it is due when it is."""

    change: str
    on: date
    why: str
    by: str | None
    until_on: date | None
    days: int | None


def changes(act: Act, matter_id: uuid.UUID) -> list[Change]:
    """What people did to a deadline, of a programme's matter or a standing duty, oldest first: who, why, until when."""
    rows = act.session.exec(
        select(DeadlineChange, Person.ref)
        .join(Person, col(Person.id) == col(DeadlineChange.person_id), isouter=True)
        .where((DeadlineChange.obligation_id == matter_id) | (DeadlineChange.duty_id == matter_id))
        .order_by(col(DeadlineChange.created_at), col(DeadlineChange.id))
    ).all()
    return [
        Change(
            change=row.change,
            on=row.created_at.astimezone(act.zone).date(),
            why=row.why,
            by=ref,
            until_on=row.until_on,
            days=row.days,
        )
        for row, ref in rows
    ]
