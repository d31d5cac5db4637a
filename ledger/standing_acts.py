"""What people do to a standing duty: extend it, waive it, say that they have seen it, as to what a programme owes.

Each is a row with who, why and until when, and an event; no date is ever edited: the due day is worked out anew from the
one that the text gives and these rows. The clock of a standing duty is not stopped; it is extended instead. Serves the
standing and annual clauses of a pack.
"""

import uuid
from datetime import date, datetime, time
from typing import Any

from sqlmodel import col, select

from ledger.core import Done, operation, record
from ledger.deadlines import ACKNOWLEDGED_DAYS, SETTLED, Moved, given_reason
from ledger.errors import BadInput, refusal
from ledger.obligations import moment_of
from ledger.outbox import tell
from ledger.packs import ground_facts, pack_at
from ledger.people import heads, holders, must_be_office, office_people, roles_of
from ledger.standing_opening import aim
from ledger.standing_queries import OPEN, unsent_on_duties
from models.act import Act
from models.documents import DeadlineChange
from models.people import Organisation, Person
from models.register import StandingDuty
from models.states import MessageState, ObligationState
from policies.lookup import duty_of, find, find_or_none
from policies.mechanisms import Duty
from policies.schema import Pack
from rules.deadlines import MESSAGE_HOUR, due_at, next_rung
from rules.extensions import Extended, due_after
from rules.workdays import add_workdays


@operation("waive-duty", Done)
def waive_duty(act: Act, duty_id: uuid.UUID, reason: str) -> Done:
    """The programme office waives a standing duty, with its reason (免报). Raises `BadInput` without one, `Refused` for
    others.
    """
    must_be_office(act, "免报", "waive an obligation")
    why = given_reason(reason, "a waiver needs its reason (事由)")
    row = act.session.get_one(StandingDuty, duty_id)
    if row.state == OPEN:
        row.state, row.next_at = ObligationState.WAIVED, None
        _note(act, row, "waived", why)
        _cancel_messages(act, row)
        _record(act, "duty_waived", row, reason=why)
    return Done(id=row.id)


@operation("extend-duty", Moved)
def extend_duty(act: Act, duty_id: uuid.UUID, until_on: date, reason: str) -> Moved:
    """The programme office lets a duty wait until a day (included), with its reason (延期); its ladder starts anew.

    Raises `BadInput` without a reason, for a day that is not after the present one, and for one that has passed;
    `Refused` for others than the office and for what is no longer open.
    """
    must_be_office(act, "延期", "extend a deadline")
    why = given_reason(reason, "an extension needs its reason (事由)")
    row, pack, duty = _open_one(act, duty_id)
    if until_on <= row.due_on:
        raise BadInput([("until", f"{until_on} is not after the present due day {row.due_on}; an extension is longer")])
    if until_on < act.today:
        raise BadInput([("until", f"{until_on} has passed already; today is {act.today}")])
    old = row.due_on
    _note(act, row, "extended", why, until_on=until_on)
    _cancel_messages(act, row)
    row.due_on = due_after(row.derived_on, _extensions(act, row))
    row.due_at, row.moves = due_at(row.due_on, act.zone), row.moves + 1
    aim(act, pack, duty, row)
    act.session.add(row)
    _record(act, "duty_extended", row, old=old, new=row.due_on, reason=why)
    owner = act.session.get_one(Organisation, row.owed_by_id)
    facts: dict[str, Any] = {
        "what": duty.name.zh,
        "what_en": duty.name.en,
        "owed_by": owner.name,
        "due_on": row.due_on,
        "reason": why,
        **ground_facts(pack, row.basis),
    }
    tell(act, "deadline-extended", f"duty-{row.id}:{row.moves}", _owners(act, row) or office_people(act), **facts)
    return _moved(row)


@operation("acknowledge-duty", Moved)
def acknowledge_duty(act: Act, duty_id: uuid.UUID, days: int | None = None) -> Moved:
    """Whoever owes a duty says that they have seen it: nobody reminds or chases them for some working days (知悉).

    Raises `BadInput` for more days than the office allows, `Refused` for people who do not owe it.
    """
    row, pack, _ = _open_one(act, duty_id)
    _must_owe(act, pack, row)
    found = find_or_none(pack, "acknowledgement.days", act.today)
    most = int(str(found.value)) if found else ACKNOWLEDGED_DAYS
    days = most if days is None else days
    if not 0 < days <= most:
        raise BadInput([("days", f"an acknowledgement silences for 1 to {most} working days, not {days}")])
    hour = int(str(find(pack, MESSAGE_HOUR, row.due_on).value))
    until = datetime.combine(add_workdays(act.today, days), time(hour), tzinfo=act.zone)
    row.silenced_until = max(until, row.silenced_until) if row.silenced_until else until
    _put_off(act, pack, row)
    _note(act, row, "acknowledged", "", days=days)
    _cancel_messages(act, row)
    _record(act, "duty_acknowledged", row, days=days)
    return _moved(row)


def _put_off(act: Act, pack: Pack, row: StandingDuty) -> None:
    coming = next_rung(pack, duty_of(pack, row.kind).ladder, row.due_on, act.zone, row.rung)
    row.next_at = moment_of(row, coming) if coming else None
    act.session.add(row)


def _open_one(act: Act, duty_id: uuid.UUID) -> tuple[StandingDuty, Pack, Duty]:
    row = act.session.get_one(StandingDuty, duty_id)
    pack = pack_at(act, row.snapshot_id)
    duty = duty_of(pack, row.kind)
    if row.state != OPEN:
        raise refusal(
            "obligation.open",
            f"“{duty.name.zh}”{SETTLED[row.state]},期限不再变动",
            f"“{duty.name.en}” is {row.state}; its deadline no longer changes",
            setting="deadlines.open",
        )
    return row, pack, duty


def _owners(act: Act, row: StandingDuty) -> list[Person]:
    if row.person_id is not None:
        who = act.session.get_one(Person, row.person_id)
        return [who] if who.active else []
    owner = act.session.get_one(Organisation, row.owed_by_id)
    return holders(act, owner.id, row.owed_by_role) or holders(act, owner.id, "contact", owner.kind)


def _must_owe(act: Act, pack: Pack, row: StandingDuty) -> None:
    me = act.actor.person_id
    if me is None or me == row.person_id:
        return
    owner = act.session.get_one(Organisation, row.owed_by_id)
    mine = {role for organisation_id, role in roles_of(act, me) if organisation_id == owner.id}
    if row.person_id is not None or not mine & {row.owed_by_role, "contact", owner.kind, *heads(pack)}:
        raise refusal(
            "obligation.owner",
            f"此事项由{owner.name}办理,只有其责任人可以标记知悉",
            f"this is owed by {owner.name}; only its people may say that they have seen it",
            setting="deadlines.acknowledgement",
        )


def _note(
    act: Act, row: StandingDuty, change: str, why: str, until_on: date | None = None, days: int | None = None
) -> None:
    act.session.add(
        DeadlineChange(
            duty_id=row.id,
            change=change,
            why=why,
            person_id=act.actor.person_id,
            until_on=until_on,
            days=days,
            created_at=act.now,
        )
    )
    act.session.add(row)
    act.session.flush()


def _cancel_messages(act: Act, row: StandingDuty) -> None:
    for message in unsent_on_duties(act, row.id):
        message.state = MessageState.CANCELLED
        act.session.add(message)


def _extensions(act: Act, row: StandingDuty) -> list[Extended]:
    query = select(DeadlineChange).where(DeadlineChange.duty_id == row.id, DeadlineChange.change == "extended")
    found = act.session.exec(query.order_by(col(DeadlineChange.created_at), col(DeadlineChange.id))).all()
    return [Extended(one.until_on) for one in found if one.until_on is not None]


def _record(act: Act, kind: str, row: StandingDuty, **facts: Any) -> None:
    owner = act.session.get_one(Organisation, row.owed_by_id)
    record(act, kind, duty=row.kind, cause=row.cause, owed_by=owner.name, due_on=row.due_on, **facts)


def _moved(row: StandingDuty) -> Moved:
    return Moved(id=row.id, due_on=row.due_on, silenced_until=row.silenced_until)
