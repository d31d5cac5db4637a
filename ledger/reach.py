"""How people and organisations are reached: addresses, fallback, quiet hours, digest; and sending a message once more.

Only the programme office and the person themselves change how they are reached. Addresses of channels come in sealed and
are never repeated: the audit event names the fields that changed, not what they say. Serves no clause of a regulation.
"""

import uuid

from ledger.core import Done, operation, record
from ledger.courtesy import digest_hour_read, quiet_hours_read
from ledger.digests import DIGEST, carried
from ledger.errors import BadInput
from ledger.people import MAIL, must_be_office, organisation, person
from models.act import Act
from models.office import Message
from models.people import Organisation, Person
from models.programme import Programme
from models.review import ApprovalStep
from models.states import MessageState, StepState, WayState


@operation("change-person", Done)
def change_person(
    act: Act,
    person_ref: str,
    email: str | None = None,
    channel: str | None = None,
    fallback: str | None = None,
    quiet_hours: str | None = None,
    digest_at: str | None = None,
    locale: str | None = None,
) -> Done:
    """Change how a person is reached; what is None stays, an empty text takes it away. Channels come sealed.

    Raises `NotFound` for an unknown person, `BadInput` for what cannot be, `Refused` for others than the office and the
    person themselves.
    """
    who = person(act, person_ref)
    if act.actor.person_id != who.id:
        must_be_office(act, "修改他人的联系方式", "change how others are reached")
    if email and not MAIL.fullmatch(email):
        raise BadInput([("email", f"{email!r} is not a mail address")])
    if locale is not None and locale not in ("zh-CN", "en"):
        raise BadInput([("locale", f"{locale!r} is not one of zh-CN, en")])
    changed = _set(who, email=email, channel=channel, fallback=fallback)
    changed += _hours(who, quiet_hours)
    if digest_at is not None and digest_hour_read(digest_at) != who.digest_at:
        who.digest_at = digest_hour_read(digest_at)
        changed.append("digest_at")
    if locale is not None and locale != who.locale:
        who.locale = locale
        changed.append("locale")
    act.session.add(who)
    if changed:
        record(act, "person_changed", ref=who.ref, changed=changed)
    return Done(id=who.id, ref=who.ref)


@operation("change-organisation", Done)
def change_organisation(
    act: Act,
    name: str,
    channel: str | None = None,
    fallback: str | None = None,
    quiet_hours: str | None = None,
) -> Done:
    """Change how an organisation's group is reached; what is None stays, an empty text takes it away.

    Raises `NotFound` for an unknown name, `BadInput` for what cannot be, `Refused` for others than the programme office.
    """
    must_be_office(act, "修改单位的消息通道", "change an organisation's channel")
    row = organisation(act, name)
    changed = _set(row, channel=channel, fallback=fallback) + _hours(row, quiet_hours)
    act.session.add(row)
    if changed:
        record(act, "organisation_changed", name=row.name, changed=changed)
    return Done(id=row.id, ref=row.name)


def _set(row: Person | Organisation, **given: str | None) -> list[str]:
    changed = [
        name for name, value in given.items() if value is not None and (value or None) != getattr(row, name, None)
    ]
    for name in changed:
        setattr(row, name, given[name] or None)
    return changed


def _hours(row: Person | Organisation, quiet_hours: str | None) -> list[str]:
    if quiet_hours is None or quiet_hours_read(quiet_hours) == row.quiet_hours:
        return []
    row.quiet_hours = quiet_hours_read(quiet_hours)
    return ["quiet_hours"]


@operation("resend-message", Done)
def resend(act: Act, message_id: uuid.UUID) -> Done:
    """Have a message sent once more, at once: one that was given up by the ways that failed, one that went out by all of
    them, marked as a repeat. One that waits is only hurried.

    Raises `BadInput` for a message whose matter is settled, `Refused` for others than the programme office.
    """
    must_be_office(act, "重发消息", "send a message again")
    row = act.session.get_one(Message, message_id)
    if row.state == MessageState.SENDING:
        raise BadInput([("id", "is being sent at this moment; look again in a minute")])
    step = act.session.get(ApprovalStep, row.step_id) if row.step_id else None
    if row.state == MessageState.CANCELLED or (step is not None and step.state != StepState.OPEN):
        raise BadInput([("id", "its matter is settled, so there is nothing to tell any more")])
    if row.kind == DIGEST:
        inside = carried(act, row)
        if not inside:
            raise BadInput([("id", "it carries nothing any more; send its messages one by one")])
        for one in inside:
            one.state = MessageState.BUNDLED
            act.session.add(one)
    went = row.state in (MessageState.SENT, MessageState.DELIVERED)
    took = (WayState.SENT, WayState.DELIVERED)
    row.ways = {} if went else {way: how for way, how in row.ways.items() if how in took}
    row.repeated = row.repeated or went
    row.state, row.tries, row.error, row.sent_at = MessageState.QUEUED, 0, None, None
    row.bundle_id, row.next_try_at = None, act.now
    act.session.add(row)
    programme = act.session.get(Programme, row.programme_id) if row.programme_id else None
    record(act, "message_resent", programme, message=row.kind, message_id=row.id)
    return Done(id=row.id)
