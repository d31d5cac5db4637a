"""A school posts its list of nominees, extends the notice, and hears objections.

Decides nothing itself: `rules.selection` does. Serves SL2017-5A.2 where a pack has a public notice.
"""

from collections.abc import Sequence
from datetime import date

from sqlmodel import col, func, select

from ledger.core import Done, operation, record
from ledger.errors import NotFound, refusal
from ledger.nominations import allow, must_be_open, of_school, roles_in, steps_done, take_step
from ledger.packs import pack_of
from ledger.people import actor, organisation
from ledger.programmes import by_ref, session_of
from models.act import Act
from models.people import Organisation
from models.programme import ProgrammeSession
from models.states import NominationState
from models.training import Nomination, NominationStep, PublicNotice
from policies.grounds import selection_ground
from policies.schema import Pack
from rules.selection import may_post, may_take_step


@operation("post-notice", Done)
def post_notice(
    act: Act, programme_ref: str, session_number: int, school_name: str, from_on: date, to_on: date
) -> Done:
    """A school posts its list of nominees so that objections can be made; both days included (SL2017-5A.2).

    Said again with a later last day before the list is reviewed, it extends the notice, as an event of its own. Raises
    `Refused` for days on which the list cannot have been posted, or too few of them.
    """
    programme = by_ref(act, programme_ref)
    session = session_of(act, programme, session_number)
    must_be_open(act, programme, session)
    school = organisation(act, school_name)
    who = actor(act)
    pack = pack_of(act, programme)
    notice = _posted(act, session, school)
    rows = of_school(act, session, school.id, NominationState.RECOMMENDED)
    if not rows:
        raise _nobody_waits(pack, session, school, notice)
    done = {row.id: steps_done(act, row) for row in rows}
    fresh = [row for row in rows if "notice" not in done[row.id]]
    roles = roles_in(act, who, school.id, "school")
    for row in fresh or rows:
        before = [step for step in done[row.id] if step != "notice"]
        allow(may_take_step(pack, "notice", before, actor_roles=roles))
    told = {"session": session.number, "school": school.name, "from_on": from_on, "to_on": to_on, "count": len(rows)}
    if not fresh and notice is not None:
        former = notice.from_on, notice.to_on
        allow(may_post(pack, from_on, to_on, stands=former))
        notice.to_on = to_on
        act.session.add(notice)
        act.session.flush()
        record(act, "notice_extended", programme, **told, former_from=former[0], former_to=former[1])
        return Done(id=notice.id)
    allow(may_post(pack, from_on, to_on, since=_named_on(act, fresh)))
    for row in fresh:
        take_step(act, pack, row, "notice", who)
    if notice is None:
        notice = PublicNotice(
            session_id=session.id, school_id=school.id, from_on=from_on, to_on=to_on, created_at=act.now
        )
    else:  # later nominees are posted with a notice of their own: it must stand too, and takes no day from the first
        notice.from_on, notice.to_on = from_on, max(to_on, notice.to_on)
    act.session.add(notice)
    act.session.flush()
    record(act, "notice_posted", programme, **told)
    return Done(id=notice.id)


def _posted(act: Act, session: ProgrammeSession, school: Organisation) -> PublicNotice | None:
    query = select(PublicNotice).where(PublicNotice.session_id == session.id, PublicNotice.school_id == school.id)
    return act.session.exec(query).first()


def _nobody_waits(
    pack: Pack, session: ProgrammeSession, school: Organisation, notice: PublicNotice | None
) -> Exception:
    if notice is None:
        return NotFound(f"{school.name} has recommended nobody for {session.name}")
    return refusal(
        "notice-reviewed",
        f"{school.name}的名单已审核,公示({notice.from_on} 至 {notice.to_on})不再更改",
        f"the list of {school.name} is reviewed; its notice ({notice.from_on} to {notice.to_on}) stays as it is",
        basis=selection_ground(pack, "review", "notice"),
    )


def _named_on(act: Act, rows: Sequence[Nomination]) -> date | None:
    """The day on which the last of these nominees came through the steps before the notice."""
    mine = col(NominationStep.nomination_id).in_([row.id for row in rows])
    last = act.session.exec(select(func.max(NominationStep.acted_at)).where(mine)).one()
    return last.astimezone(act.zone).date() if last is not None else None


@operation("object", Done)
def object_to(act: Act, programme_ref: str, session_number: int, school_name: str, reason: str) -> Done:
    """Someone objects to a posted list; the count stands on the notice, the words in the event."""
    programme = by_ref(act, programme_ref)
    session = session_of(act, programme, session_number)
    school = organisation(act, school_name)
    row = _posted(act, session, school)
    if row is None:
        raise NotFound(f"{school.name} has no notice for {session.name}")
    row.objections += 1
    act.session.add(row)
    record(act, "objection_made", programme, session=session.number, school=school.name, reason=reason)
    return Done(id=row.id)
