"""Plans and corrections come in, tiers decide: each act one transaction, with what follows from it.

A wrong code, person or role, a stale code or a second decision changes nothing and is recorded. The next tier opens
and its approver's message is queued in the same transaction as the decision, so a decision reaches the next person
with Prefect down as well. Serves CQ2021-2.1 to 2.6, 6.10.
"""

import uuid
from collections.abc import Sequence

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.chains import (
    SUBJECT_NAMES,
    deciders,
    latest,
    new_version,
    open_chain,
    renew_code,
    wake_review,
)
from ledger.codes import Decided as Decided
from ledger.codes import check_code, refuse_attempt
from ledger.content import content_verdicts
from ledger.core import Done, fingerprint, operation, record
from ledger.deciding import OUTCOME_ZH as OUTCOME_ZH
from ledger.deciding import conclude
from ledger.errors import BadInput, NotFound, Refused, refusal
from ledger.filings import Stored, file_document
from ledger.lifecycle import advance_programme
from ledger.obligations import meet
from ledger.packs import chain_of, pack_of
from ledger.people import must_be_office, person, roles_of
from ledger.programmes import by_ref, must_speak_for_host
from ledger.seats import Seat, tier_of
from ledger.voting import hear, reasons_of, seat_for, voices_on
from models.act import Act
from models.people import Organisation, Person
from models.programme import Phase, Programme
from models.review import ApprovalStep, OneTimeCode, Submission
from models.states import DecisionOutcome, PhaseState, ReviewSubject, StepState, SubmissionState, TierAction
from models.values import Application, Basis, Plan, Verdict
from policies.grounds import review_ground
from policies.schema import Pack
from rules.admission import admitted, marks
from rules.approval import may_decide

# --- coming in ------------------------------------------------------------------------------------------------------


@operation("submit-plan", Done)
def submit_plan(act: Act, programme_ref: str, plan: Plan, stored: Stored | None = None) -> Done:
    """The host submits the implementation plan, or its corrected version after a return. Earlier than the window is
    accepted.

    Raises `Refused` when the plan is not awaited, lacks signature or seal (CQ2021-2.6) or fails a check that blocks.
    """
    programme = by_ref(act, programme_ref)
    who = must_speak_for_host(act, programme)
    pack = pack_of(act, programme)
    chain = chain_of(pack, programme, ReviewSubject.PLAN)
    _must_be_awaited(act, programme, pack, ReviewSubject.PLAN)
    missing = marks(chain, signed=plan.signed, sealed=plan.sealed)
    if missing is not None and not missing.allowed:
        raise Refused(missing)
    verdicts = content_verdicts(
        act, pack, "implementation-plan", plan, act.session.get_one(Organisation, programme.host_id), programme
    )
    return _take_in(act, programme, ReviewSubject.PLAN, plan, verdicts, stored, who)


@operation("correct-application", Done)
def correct_application(act: Act, programme_ref: str, application: Application) -> Done:
    """The host sends the corrected application after a return. Host, kind and level stay as they were.

    Raises `Refused` when no correction is awaited or a check blocks, `BadInput` when it is another programme's
    application.
    """
    programme = by_ref(act, programme_ref)
    who = must_speak_for_host(act, programme)
    pack = pack_of(act, programme)
    _must_be_awaited(act, programme, pack, ReviewSubject.APPLICATION)
    host = act.session.get_one(Organisation, programme.host_id)
    same = (host.name, programme.kind, programme.level, programme.applicant_kind)
    if (application.host, application.kind, application.level, application.host_kind) != same:
        raise BadInput(
            [("host, kind, level", f"a correction keeps {', '.join(same)}; send another application instead")]
        )
    verdicts = content_verdicts(act, pack, "application", application, host)
    return _take_in(act, programme, ReviewSubject.APPLICATION, application, verdicts, None, who)


def _must_be_awaited(act: Act, programme: Programme, pack: Pack, subject: ReviewSubject) -> None:
    last = latest(act, programme, subject)
    if last is not None and last.state == SubmissionState.RETURNED:
        return
    zh, en = SUBJECT_NAMES[subject]
    if last is not None:
        raise refusal(
            "submission.awaited",
            f"{zh}第{last.version}版状态为{last.state},现在不收新的版本;退回修改后才能重新提交",
            f"version {last.version} of the {en} is {last.state}; a new one is taken only after a return",
            basis=review_ground(pack, subject),
        )
    if not _review_open(act, programme, pack, subject):
        raise refusal(
            "submission.awaited",
            f"尚未到提交{zh}的环节:项目须先立项",
            f"the {en} is not due yet: the programme must be awarded first",
            basis=review_ground(pack, subject),
        )


def _review_open(act: Act, programme: Programme, pack: Pack, subject: ReviewSubject) -> bool:
    keys = [phase.key for phase in pack.phases if phase.subject == subject]
    query = select(Phase.id).where(
        Phase.programme_id == programme.id, Phase.state == PhaseState.OPEN, col(Phase.key).in_(keys)
    )
    return act.session.exec(query).first() is not None


def _take_in(
    act: Act,
    programme: Programme,
    subject: ReviewSubject,
    content: BaseModel,
    verdicts: tuple[Verdict, ...],
    stored: Stored | None,
    who: Person,
) -> Done:
    if not admitted(verdicts):
        raise Refused(*(verdict for verdict in verdicts if not verdict.allowed))
    last = latest(act, programme, subject)
    filing = file_document(act, programme, subject, stored, who) if stored else None
    row = Submission(
        programme_id=programme.id,
        subject=subject,
        version=last.version + 1 if last else 1,
        state=SubmissionState.UNDER_REVIEW,
        content=content.model_dump(mode="json"),
        verdicts=[verdict.model_dump(mode="json") for verdict in verdicts],
        document_id=filing.document_id if filing else None,
        submitted_by_id=who.id,
        submitted_at=act.now,
        created_at=act.now,
    )
    new_version(act, row)
    record(
        act,
        "submitted",
        programme,
        subject=subject,
        version=row.version,
        content=fingerprint(row.content),
        page=stored.sha256 if stored else None,
    )
    late = meet(act, programme, subject, filing=filing)
    meet(act, programme, f"correction:{subject}")
    if filing is not None and late:
        filing.late_days = late
        act.session.add(filing)
    open_chain(act, programme, row)
    advance_programme(act, programme)
    return Done(id=row.id, ref=programme.ref)


# --- deciding -------------------------------------------------------------------------------------------------------


@operation("decide-step", Decided, unsaid=frozenset({"code"}))
def decide_step(
    act: Act,
    step_id: uuid.UUID,
    person_ref: str,
    code: str,
    outcome: DecisionOutcome,
    comment: str = "",
    on_behalf_of: str | None = None,
    scan: Stored | None = None,
) -> Decided:
    """A person decides a tier with the one-time code from their message, or a clerk records a head's stamped page
    (代录).

    Never raises for what a person got wrong: the answer says why, nothing changes, and the attempt is recorded.
    """
    step = act.session.get(ApprovalStep, step_id)
    if step is None:
        return Decided(accepted=False, zh="没有这个审核环节", en="there is no such step")
    programme = act.session.get_one(Programme, step.programme_id)
    try:
        who = person(act, person_ref)
    except NotFound as error:
        return refuse_attempt(
            act, programme, step, None, "unknown-person", "查无此人,请填写消息中的人员编号", str(error)
        )
    refusal = check_code(act, programme, step, who, code, on_behalf=bool(on_behalf_of))
    if refusal is not None:
        return refusal
    pack = pack_of(act, programme)
    role = pack.roles.get(step.role)
    many = tier_of(act, programme, step).quorum.kind != "one"
    seat = seat_for(act, step, who, on_behalf_of if many else None, many=many)
    held = roles_of(act, who.id)
    asked = (step.organisation_id, step.role) in held  # and was heard, or handed it on
    if seat is None and (asked if not on_behalf_of else many):
        return _no_seat(act, programme, step, who)
    verdict = may_decide(
        pack,
        step_state=StepState(step.state),
        action=TierAction(step.action),
        outcome=outcome,
        step_role=step.role,
        step_organisation_id=step.organisation_id,
        person_roles=_roles_here(held, step, who, seat),
        person_organisation_id=who.organisation_id,
        host_id=programme.host_id,
        seat=role.seat if role else "organisation",
        on_behalf=bool(on_behalf_of),
        has_scan=scan is not None,
        comment=comment,
        person=who.ref,
        organisation=act.session.get_one(Organisation, step.organisation_id).name,
    )
    if not verdict.allowed:
        return refuse_attempt(act, programme, step, who, verdict.key, verdict.zh, verdict.en, verdict.basis)
    for_id = seat.holder.id if seat and not on_behalf_of and seat.holder.id != who.id else None
    zh, _ = SUBJECT_NAMES[step.subject]
    if many and seat is not None:
        heard = hear(act, programme, pack, step, seat, who, outcome, comment, on_behalf_of, scan)
        if heard is None:
            wake_review(act, programme, step.subject)
            return Decided(
                accepted=True,
                zh=f"{zh}第{step.number}级:已记录您的意见({OUTCOME_ZH[(step.action, outcome)]}),尚待其他审核人",
                en=f"{step.subject} tier {step.number}: your {outcome} is recorded; others are still awaited",
                basis=[Basis.model_validate(step.basis).label],
                basis_en=[Basis.model_validate(step.basis).label_en],
                step_id=step.id,
            )
        outcome, comment = heard, reasons_of(voices_on(act, step), heard)
    conclude(act, programme, step, who, outcome, comment, on_behalf_of, scan, for_id=for_id)
    return Decided(
        accepted=True,
        zh=f"{zh}第{step.number}级:已记录{OUTCOME_ZH[(step.action, outcome)]}",
        en=f"{step.subject} tier {step.number}: {outcome} recorded",
        basis=[Basis.model_validate(step.basis).label],
        basis_en=[Basis.model_validate(step.basis).label_en],
        step_id=step.id,
    )


def _roles_here(
    held: list[tuple[uuid.UUID, str]], step: ApprovalStep, who: Person, seat: Seat | None
) -> list[tuple[uuid.UUID, str]]:
    """The roles of a person, with that of the seat in which they speak: their own, an absent one's, one handed to them."""
    speaks = seat is not None and who.id in {one.id for one in seat.speakers}
    return [*held, (step.organisation_id, step.role)] if speaks else held


def _no_seat(act: Act, programme: Programme, step: ApprovalStep, who: Person) -> Decided:
    if any(vote.person_id == who.id for vote in voices_on(act, step)):
        zh, en = "您的意见已记录,不能再次提交", "your voice is recorded already; it counts once"
        return refuse_attempt(act, programme, step, who, "heard-already", zh, en)
    zh, en = "本环节现在不由您审核(已转交他人,或没有对应的审核人)", "this step is not yours to decide now"
    return refuse_attempt(act, programme, step, who, "not-asked", zh, en)


@operation("renew-code", Done)
def send_code_again(act: Act, step_id: uuid.UUID, person_ref: str) -> Done:
    """Send a person of an open step a fresh code; the one before stops working. One who got the role late gets their first.

    Raises `NotFound` when they are not asked, `Refused` for another than that person or the office (a locked one:
    the office).
    """
    step = act.session.get(ApprovalStep, step_id)
    who = person(act, person_ref)
    if step is None or step.state != StepState.OPEN:
        raise NotFound("that step does not wait for a decision")
    known = select(OneTimeCode).where(OneTimeCode.step_id == step.id, OneTimeCode.person_id == who.id)
    code = act.session.exec(known).first()
    if code is None and who.id not in {one.id for one in deciders(act, step)}:
        raise NotFound(f"{who.ref} is not asked to decide this step")
    by_office = code is None or code.locked_at is not None or act.actor.person_id != who.id
    if by_office:
        must_be_office(act, "为他人重发验证码或解锁", "send another person's code again, or unlock one")
    # Who renews their own keeps their wrong tries: else guesses and renewals would go round for ever.
    renew_code(act, act.session.get_one(Programme, step.programme_id), step, who, anew=by_office)
    return Done(id=step.id, ref=who.ref)


def waiting_step(act: Act, programme_ref: str, subject: str | None = None) -> ApprovalStep:
    """The step of a programme that waits for a decision. Raises `NotFound` when none, or several, do."""
    programme = by_ref(act, programme_ref)
    query = select(ApprovalStep).where(ApprovalStep.programme_id == programme.id, ApprovalStep.state == StepState.OPEN)
    if subject is not None:
        query = query.where(ApprovalStep.subject == subject)
    return _the_one(programme, act.session.exec(query).all())


def _the_one(programme: Programme, rows: Sequence[ApprovalStep]) -> ApprovalStep:
    if len(rows) != 1:
        raise NotFound(
            f"{programme.ref}: no step waits for a decision"
            if not rows
            else f"{programme.ref}: several steps wait; name one: {', '.join(sorted(row.subject for row in rows))}"
        )
    return rows[0]


def step_to_decide(act: Act, programme_ref: str, subject: str | None = None) -> ApprovalStep:
    """The step that waits; where none does, the one decided last, so that a second decision is refused and recorded.

    Raises `NotFound` when several wait, or nothing was ever decided.
    """
    programme = by_ref(act, programme_ref)
    query = select(ApprovalStep).where(ApprovalStep.programme_id == programme.id)
    if subject is not None:
        query = query.where(ApprovalStep.subject == subject)
    waiting = act.session.exec(query.where(ApprovalStep.state == StepState.OPEN)).all()
    if not waiting:
        decided = query.where(ApprovalStep.state == StepState.DECIDED).order_by(col(ApprovalStep.closed_at).desc())
        last = act.session.exec(decided.limit(1)).first()
        if last is not None:
            return last
    return _the_one(programme, waiting)
