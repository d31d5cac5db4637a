"""Nominations as they stand: who is at which step, and what each step rests on.

Decides nothing itself: `rules.selection` does. Serves CQ2021-5.3, 5.9, 10.4 and SL2017-5A.1 to 5A.6.
"""

import uuid

from sqlmodel import col, select

from ledger.errors import NotFound, Refused, refusal
from ledger.packs import pack_of
from ledger.people import roles_of
from models.act import Act
from models.people import Person
from models.programme import Phase, Programme, ProgrammeSession
from models.states import NominationState, PhaseState
from models.training import Nomination, NominationStep
from models.values import Verdict
from policies.grounds import selection_ground
from policies.schema import Pack

IN_SESSION = (NominationState.CONFIRMED, NominationState.FINISHED)


def must_be_open(act: Act, programme: Programme, session: ProgrammeSession) -> None:
    """The selection of the session must be open. Raises `Refused` before the award and after the confirmation."""
    query = select(Phase.id).where(
        Phase.programme_id == programme.id,
        Phase.flow == "selection",
        Phase.session_id == session.id,
        Phase.state == PhaseState.OPEN,
    )
    if act.session.exec(query).first() is None:
        pack = pack_of(act, programme)
        if session.list_confirmed_at is not None:
            zh, en = f"{session.name}的学员名单已确认,不再受理", f"the list of {session.name} is confirmed"
            basis = selection_ground(pack, "confirm")
        else:
            zh = f"{session.name}的学员遴选尚未开始:项目须先立项"
            en = f"selection for {session.name} has not begun: the programme must be awarded first"
            basis = selection_ground(pack)
        raise refusal("selection.open", zh, en, basis=basis)


def allow(verdict: Verdict, about: str | None = None) -> None:
    """Go on when the verdict allows it, else raise `Refused`; `about` names whom it is about."""
    if not verdict.allowed:
        if about:
            verdict = verdict.model_copy(update={"zh": f"{about}:{verdict.zh}", "en": f"{about}: {verdict.en}"})
        raise Refused(verdict)


def roles_in(act: Act, who: Person, organisation_id: uuid.UUID, *also: str) -> list[str]:
    """The roles a person holds in an organisation; its own people's role `contact` stands for `also`."""
    held = [role for where, role in roles_of(act, who.id) if where == organisation_id]
    return held + (list(also) if "contact" in held else [])


def steps_done(act: Act, row: Nomination) -> list[str]:
    """The steps that a nomination has taken."""
    return list(act.session.exec(select(NominationStep.step).where(NominationStep.nomination_id == row.id)).all())


def take_step(act: Act, pack: Pack, row: Nomination, step: str, who: Person) -> None:
    """Record a step of a nomination: who took it, for whom, and its source. Written with the act's next question, so
    that a list goes in at once.
    """
    spec = next((one for one in (pack.selection.steps if pack.selection else ()) if one.key == step), None)
    act.session.add(
        NominationStep(
            nomination_id=row.id,
            step=step,
            person_id=who.id,
            organisation_id=who.organisation_id,
            basis=(spec.basis.label if spec else "office setting")[:100],
            acted_at=act.now,
            created_at=act.now,
        )
    )


def named_by_school(act: Act, programme: Programme, session: ProgrammeSession, pack: Pack, who: Person) -> Nomination:
    """The nomination of a teacher whom the school names: where the pack asks for no enrolment, it begins here.

    Raises `Refused` where the pack asks for it and the teacher has not enrolled.
    """
    known = select(Nomination).where(Nomination.session_id == session.id, Nomination.person_id == who.id)
    steps = pack.selection.steps if pack.selection else ()
    if any(step.key == "volunteer" for step in steps) or act.session.exec(known).first() is not None:
        return nomination_of(act, session, pack, who)
    row = Nomination(
        programme_id=programme.id,
        session_id=session.id,
        person_id=who.id,
        school_id=who.organisation_id,
        state=NominationState.VOLUNTEERED,
        created_at=act.now,
    )
    act.session.add(row)
    act.session.flush()
    return row


def nomination_of(act: Act, session: ProgrammeSession, pack: Pack, who: Person) -> Nomination:
    """The nomination of a teacher for a session. Raises `Refused` where the teacher has not enrolled."""
    row = act.session.exec(
        select(Nomination).where(Nomination.session_id == session.id, Nomination.person_id == who.id)
    ).first()
    if row is None:
        raise refusal(
            "not-voluntary",
            f"{who.ref} 尚未自愿报名{session.name}",
            f"{who.ref} has not enrolled for {session.name}",
            basis=selection_ground(pack, "volunteer"),
        )
    return row


def in_programme(act: Act, programme: Programme, who: Person) -> Nomination:
    """The confirmed nomination of a trainee in a programme. Raises `NotFound`."""
    row = act.session.exec(
        select(Nomination).where(
            Nomination.programme_id == programme.id, Nomination.person_id == who.id, Nomination.state == "confirmed"
        )
    ).first()
    if row is None:
        raise NotFound(f"{who.ref} is not a confirmed trainee of {programme.ref}")
    return row


def of_session(act: Act, session: ProgrammeSession, *states: NominationState) -> list[Nomination]:
    """The nominations of a session in some states, in the order of their enrolment."""
    query = select(Nomination).where(Nomination.session_id == session.id, col(Nomination.state).in_(states))
    return list(act.session.exec(query.order_by(col(Nomination.id))).all())


def of_school(act: Act, session: ProgrammeSession, school_id: uuid.UUID, *states: NominationState) -> list[Nomination]:
    """The nominations of one school for a session in some states, in the order of their enrolment."""
    return [row for row in of_session(act, session, *states) if row.school_id == school_id]


def trainees(act: Act, session_id: uuid.UUID, school_id: uuid.UUID | None = None) -> list[Nomination]:
    """The confirmed trainees of a session (of one of its schools), in the order of their enrolment."""
    query = select(Nomination).where(Nomination.session_id == session_id, col(Nomination.state).in_(IN_SESSION))
    if school_id is not None:
        query = query.where(Nomination.school_id == school_id)
    return list(act.session.exec(query.order_by(col(Nomination.id))).all())


def ref_of(act: Act, row: Nomination) -> str:
    """The number of the nominated person."""
    return act.session.get_one(Person, row.person_id).ref


def refuse(act: Act, row: Nomination, verdict: Verdict) -> None:
    """Refuse a nomination; it stays, with the sentence and what that rests on."""
    row.state, row.refusal = NominationState.REFUSED, verdict.zh[:400]
    row.refusal_basis = verdict.basis[0].label[:100] if verdict.basis else None
    act.session.add(row)
