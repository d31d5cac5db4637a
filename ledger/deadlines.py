"""What people do to a deadline: extend it, waive it, stop its clock and let it run again, say that they have seen it.

Each is a row with who, why and until when, and an event; no date is ever edited: the due day is worked out anew from
the derived one and these rows. The programme office extends, waives and stops; whoever owes may say that they have seen
it, which silences what is said to them for a set time and not for ever, and never an escalation. One way for what a
programme owes and for standing duties. Serves the deadlines of a pack.
"""

import uuid
from datetime import date, datetime, time
from typing import Any

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.core import Done, operation, record
from ledger.errors import BadInput, refusal
from ledger.matters import Matter, Owed, cancel_unsent, matter_of, move, set_next, stands_since
from ledger.outbox import tell
from ledger.packs import ground_facts
from ledger.people import heads, holders, must_be_office, office_people, roles_of
from models.act import Act
from models.documents import DeadlineChange, Obligation
from models.people import Organisation, Person
from models.states import ObligationState
from policies.lookup import find, find_or_none
from rules.deadlines import MESSAGE_HOUR
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
def waive(act: Act, matter_id: uuid.UUID, reason: str) -> Done:
    """The programme office waives a matter, with its reason (免报). Raises `BadInput` without one, `Refused` for others."""
    must_be_office(act, "免报", "waive an obligation")
    why = _given(reason, "a waiver needs its reason (事由)")
    matter = matter_of(act, matter_id)
    row = matter.row
    if row.state == ObligationState.OPEN:
        row.state, row.next_at, row.stopped_at = ObligationState.WAIVED, None, None
        if isinstance(row, Obligation):
            row.rests = None
        _note(act, row, "waived", why)
        cancel_unsent(act, row)
        _record(act, matter, f"{matter.noun}_waived", reason=why)
    return Done(id=row.id)


@operation("extend-obligation", Moved)
def extend(act: Act, matter_id: uuid.UUID, until_on: date, reason: str) -> Moved:
    """The programme office lets a matter wait until a day (included), with its reason (延期); its ladder starts anew.

    Raises `BadInput` without a reason, for a day that is not after the present one, and for one that has passed;
    `Refused` for others than the office and for what is no longer open.
    """
    must_be_office(act, "延期", "extend a deadline")
    why = _given(reason, "an extension needs its reason (事由)")
    matter = _open_one(act, matter_id)
    row = matter.row
    if until_on <= row.due_on:
        raise BadInput([("until", f"{until_on} is not after the present due day {row.due_on}; an extension is longer")])
    if until_on < act.today:
        raise BadInput([("until", f"{until_on} has passed already; today is {act.today}")])
    old = row.due_on
    _note(act, row, "extended", why, until_on=until_on)
    move(act, matter)
    _record(act, matter, f"{matter.noun}_extended", old=old, new=row.due_on, reason=why)
    _tell_owner(act, matter, "deadline-extended", f"{matter.ref}:{row.moves}", why)
    return _moved(row)


@operation("stop-obligation", Moved)
def stop(act: Act, matter_id: uuid.UUID, reason: str, budget: int | None = None) -> Moved:
    """The programme office stops the clock of a matter (中止计时), with its reason, for at most `budget` days in all.

    Where the pack bounds the days (`stop_budget`), that is the budget and no other may be given. Days count as the rule
    counts. When the budget is used up the clock runs again by itself. Raises `BadInput` without a reason or a budget,
    `Refused` for others than the office, for a clock that stands already, one that has run out or has no budget left.
    """
    must_be_office(act, "中止计时", "stop a clock")
    why = _given(reason, "a stopped clock needs its reason (事由)")
    matter = _open_one(act, matter_id)
    row = matter.row
    if row.stopped_at is not None:
        raise refusal("clock.stands", "计时已经中止", "the clock is stopped already", setting="deadlines.stopped clock")
    if act.now > row.due_at:
        raise refusal(
            "clock.ran-out",
            f"期限{row.due_on}已过,不能再中止计时;可以延期",
            f"the deadline of {row.due_on} has passed; its clock cannot be stopped any more, extend it instead",
            setting="deadlines.stopped clock",
        )
    row.stop_budget = _budget(act, matter, budget)
    if row.stopped_days >= row.stop_budget:
        raise refusal(
            "clock.budget",
            f"可中止的{row.stop_budget}天已用完",
            f"the {row.stop_budget} days for which this clock may stand are used up",
            setting=matter.kind.stop_budget or "deadlines.stopped clock",
        )
    row.stopped_at = act.now
    set_next(act, matter)
    _note(act, row, "stopped", why, days=row.stop_budget)
    cancel_unsent(act, row)
    _record(act, matter, _clock(matter, "stopped"), budget=row.stop_budget, reason=why)
    return _moved(row)


def _budget(act: Act, matter: Matter, given: int | None) -> int:
    rule = matter.kind.stop_budget
    if rule is not None:
        bound = int(str(find(matter.pack, rule, act.today).value))
        if given is not None and given != bound:
            raise BadInput([("days", f"{rule} allows {bound} days in all; leave the number out")])
        return bound
    budget = given if given is not None else matter.row.stop_budget
    if budget is None:
        raise BadInput([("days", "say for how many days at most the clock may stand")])
    if not 0 < budget <= 366:
        raise BadInput([("days", f"{budget} days is no budget for a stopped clock; give 1 to 366")])
    return max(budget, matter.row.stop_budget or 0)


@operation("resume-obligation", Moved)
def resume(act: Act, matter_id: uuid.UUID, reason: str = "") -> Moved:
    """The programme office lets a stopped clock run again (恢复计时): the days that it stood are added to the due day.

    Raises `Refused` for others than the office and for a clock that runs.
    """
    must_be_office(act, "恢复计时", "let a clock run again")
    matter = _open_one(act, matter_id)
    if matter.row.stopped_at is None:
        raise refusal("clock.runs", "计时并未中止", "the clock is not stopped", setting="deadlines.stopped clock")
    run_again(act, matter, reason.strip())
    return _moved(matter.row)


def run_again(act: Act, matter: Matter, why: str = "") -> None:
    """Let a stopped clock run again, by hand or because its budget is used up; its owner is told the new day."""
    row = matter.row
    days, old = stands_since(act, matter), row.due_on
    row.stopped_at, row.stopped_days = None, row.stopped_days + days
    _note(act, row, "resumed", why, days=days)
    if not move(act, matter):
        set_next(act, matter)
    _record(act, matter, _clock(matter, "resumed"), old=old, new=row.due_on, stood=days, reason=why)
    _tell_owner(act, matter, "clock-resumed", f"{matter.ref}:{row.stopped_days}:{row.moves}", why)


def _clock(matter: Matter, done: str) -> str:
    return f"clock_{done}" if matter.obligation_id else f"duty_clock_{done}"


@operation("acknowledge-obligation", Moved)
def acknowledge(act: Act, matter_id: uuid.UUID, days: int | None = None) -> Moved:
    """Whoever owes a matter says that they have seen it: nobody reminds or chases them for some working days (知悉).

    The ladder goes on after that, and escalations are never put off. Raises `BadInput` for more days than the office
    allows, `Refused` for people who do not owe it.
    """
    matter = _open_one(act, matter_id)
    row, pack = matter.row, matter.pack
    _must_owe(act, matter)
    found = find_or_none(pack, "acknowledgement.days", act.today)
    most = int(str(found.value)) if found else ACKNOWLEDGED_DAYS
    days = most if days is None else days
    if not 0 < days <= most:
        raise BadInput([("days", f"an acknowledgement silences for 1 to {most} working days, not {days}")])
    hour = int(str(find(pack, MESSAGE_HOUR, row.due_on).value))
    until = datetime.combine(add_workdays(act.today, days), time(hour), tzinfo=act.zone)
    row.silenced_until = max(until, row.silenced_until) if row.silenced_until else until
    set_next(act, matter)
    _note(act, row, "acknowledged", "", days=days)
    cancel_unsent(act, row)
    _record(act, matter, f"{matter.noun}_acknowledged", days=days)
    return _moved(row)


def _must_owe(act: Act, matter: Matter) -> None:
    me = act.actor.person_id
    if me is None or me == matter.debtor_id:
        return
    owner = act.session.get_one(Organisation, matter.row.owed_by_id)
    mine = {role for organisation_id, role in roles_of(act, me) if organisation_id == owner.id}
    speakers = {matter.row.owed_by_role, "contact", owner.kind, *heads(matter.pack)}
    if matter.debtor_id is not None or not mine & speakers:
        raise refusal(
            "obligation.owner",
            f"此事项由{owner.name}办理,只有其责任人可以标记知悉",
            f"this is owed by {owner.name}; only its people may say that they have seen it",
            setting="deadlines.acknowledgement",
        )


# --- shared ---------------------------------------------------------------------------------------------------------


def _open_one(act: Act, matter_id: uuid.UUID) -> Matter:
    matter = matter_of(act, matter_id)
    state, name = matter.row.state, matter.kind.name
    if state != ObligationState.OPEN:
        raise refusal(
            "obligation.open",
            f"“{name.zh}”{SETTLED[state]},期限不再变动",
            f"“{name.en}” is {state}; its deadline no longer changes",
            setting="deadlines.open",
        )
    return matter


def _given(reason: str, what: str) -> str:
    """The reason as it is kept. Raises `BadInput` with `what` is wanted where none was given."""
    if not reason.strip():
        raise BadInput([("reason", what)])
    return reason.strip()[:400]


def _note(
    act: Act,
    row: Owed,
    change: str,
    why: str,
    until_on: date | None = None,
    days: int | None = None,
) -> None:
    act.session.add(
        DeadlineChange(
            obligation_id=row.id if isinstance(row, Obligation) else None,
            duty_id=None if isinstance(row, Obligation) else row.id,
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


def _record(act: Act, matter: Matter, event: str, **facts: Any) -> None:
    owner = act.session.get_one(Organisation, matter.row.owed_by_id)
    record(act, event, matter.programme, **matter.named, owed_by=owner.name, due_on=matter.row.due_on, **facts)


def _tell_owner(act: Act, matter: Matter, message: str, about: str, why: str) -> None:
    owner = act.session.get_one(Organisation, matter.row.owed_by_id)
    facts: dict[str, Any] = {
        "what": matter.kind.name.zh,
        "what_en": matter.kind.name.en,
        "owed_by": owner.name,
        "due_on": matter.row.due_on,
        "reason": why,
        **ground_facts(matter.pack, matter.row.basis),
    }
    people = _owners(act, matter, owner) or office_people(act)
    tell(act, message, about, people, matter.programme, obligation_id=matter.obligation_id, **facts)


def _owners(act: Act, matter: Matter, owner: Organisation) -> list[Person]:
    if matter.debtor_id is not None:
        who = act.session.get_one(Person, matter.debtor_id)
        return [who] if who.active else []
    return holders(act, owner.id, matter.row.owed_by_role) or holders(act, owner.id, "contact", owner.kind)


def _moved(row: Owed) -> Moved:
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
