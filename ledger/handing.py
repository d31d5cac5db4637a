"""A step handed to another person, and a decision taken back: always with a trace, never by erasing what was.

The programme office or the head of the deciding organisation hands a step on. Who decided may take it back with the same
code until the next tier has acted: the step and those after it are superseded, and its tier is asked anew in the next
round. A rejection and a chain that has come to its end are not taken back. Serves CQ2021-2.1 to 2.6.
"""

import uuid
from typing import Any

from sqlmodel import col, select

from ledger.absences import ask_anew
from ledger.chains import SUBJECT_NAMES, open_step, steps_of, wake_review
from ledger.codes import Decided, refuse_attempt, wrong_code
from ledger.core import Done, operation, record
from ledger.errors import BadInput, NotFound, Refused, refusal
from ledger.lifecycle import tell_host
from ledger.obligations import cancel_open
from ledger.outbox import cancel_messages, tell
from ledger.packs import pack_of
from ledger.people import OFFICE, heads, person, roles_of
from ledger.programmes import by_ref
from ledger.seats import seats_of
from ledger.voting import voices_on
from models.act import Act
from models.documents import Obligation
from models.office import Message
from models.people import Organisation, Person
from models.programme import Programme
from models.review import ApprovalStep, Decision, OneTimeCode, Reassignment, Submission, TakenBack
from models.states import (
    DecisionOutcome,
    MessageState,
    ObligationState,
    ReviewSubject,
    StepState,
    SubmissionState,
)


@operation("reassign-step", Done)
def reassign_step(act: Act, step_id: uuid.UUID, to_ref: str, reason: str, from_ref: str | None = None) -> Done:
    """Hand an open step to another person, from one of those asked or (without `from_ref`) from all of them (转交).

    The new person belongs to the deciding organisation or the body above it, never to the applicant's. Raises `BadInput`
    without a reason, `NotFound` for a step that does not wait or somebody not asked, `Refused` for others than the office
    and the organisation's head.
    """
    step = act.session.get(ApprovalStep, step_id)
    if step is None or step.state != StepState.OPEN:
        raise NotFound("that step does not wait for a decision")
    where = act.session.get_one(Organisation, step.organisation_id)
    programme = act.session.get_one(Programme, step.programme_id)
    _may_reassign(act, programme, where)
    if not reason.strip():
        raise BadInput([("reason", "a reassignment needs its reason (事由)")])
    to, before = person(act, to_ref), person(act, from_ref) if from_ref else None
    _must_be_eligible(act, programme, step, where, to)
    seats = seats_of(act, step)
    if before is not None and before.id not in {seat.holder.id for seat in seats}:
        raise NotFound(f"{before.ref} is not asked to decide this step")
    act.session.add(
        Reassignment(
            step_id=step.id,
            from_id=before.id if before else None,
            to_id=to.id,
            by_id=act.actor.person_id,
            why=reason.strip()[:400],
            created_at=act.now,
        )
    )
    act.session.flush()
    for seat in seats:
        if seat.holder.id != to.id and before in (None, seat.holder):
            _no_longer_asked(act, step, seat.holder)
    record(
        act,
        "step_reassigned",
        programme,
        subject=step.subject,
        tier=step.number,
        organisation=where.name,
        from_ref=before.ref if before else None,
        to_ref=to.ref,
        reason=reason.strip()[:400],
    )
    ask_anew(act, step, to)
    wake_review(act, programme, step.subject)
    return Done(id=step.id, ref=to.ref)


def _may_reassign(act: Act, programme: Programme, where: Organisation) -> None:
    if act.actor.person_id is None:
        return
    roles = roles_of(act, act.actor.person_id)
    if not any(role == OFFICE or (at == where.id and role in heads(pack_of(act, programme))) for at, role in roles):
        raise refusal(
            "reassign.who",
            f"转交只能由项目办或{where.name}的负责人办理",
            f"a step is handed on by the programme office or the head of {where.name}",
            setting="approvals.reassignment",
        )


def _must_be_eligible(act: Act, programme: Programme, step: ApprovalStep, where: Organisation, to: Person) -> None:
    role = pack_of(act, programme).roles.get(step.role)
    homes = {to.organisation_id, *(at for at, _ in roles_of(act, to.id))}
    if programme.host_id in homes and (role is None or role.seat != "host"):
        raise refusal(
            "conflict-of-interest",
            "不得转交给承担机构的人员:任何人不得审核本单位的项目",
            "it cannot be handed to the applicant's own people: nobody decides on their own organisation's programme",
            setting="conflict of interest",
        )
    if not homes & {where.id, where.parent_id}:
        raise refusal(
            "reassign.whom",
            f"{to.ref}不属于{where.name}或其上级单位",
            f"{to.ref} belongs neither to {where.name} nor to the body above it",
            setting="approvals.reassignment",
        )


def _no_longer_asked(act: Act, step: ApprovalStep, who: Person) -> None:
    codes = select(OneTimeCode).where(OneTimeCode.step_id == step.id, OneTimeCode.person_id == who.id)
    for code in act.session.exec(codes).all():
        code.used_at = act.now
        act.session.add(code)
    unsent = select(Message).where(
        Message.step_id == step.id,
        Message.person_id == who.id,
        col(Message.state).in_((MessageState.QUEUED, MessageState.BUNDLED)),
    )
    for message in act.session.exec(unsent).all():
        message.state = MessageState.CANCELLED
        act.session.add(message)


# --- taking back ----------------------------------------------------------------------------------------------------


@operation("take-back-decision", Decided, unsaid=frozenset({"code"}))
def take_back(act: Act, step_id: uuid.UUID, person_ref: str, code: str, reason: str) -> Decided:
    """Who decided a step takes the decision back (撤回), with the code they decided with, until the next tier has acted.

    The tier is asked anew. A wrong code changes nothing and is counted: the answer says so. Raises `BadInput` without a
    reason, `NotFound` for a step without a decision, `Refused` for another person, a rejection, a chain that has ended,
    and where the next one has acted.
    """
    step, who = act.session.get(ApprovalStep, step_id), person(act, person_ref)
    decision = act.session.exec(select(Decision).where(Decision.step_id == step_id)).first()
    if step is None or decision is None or step.superseded_at is not None:
        raise NotFound("there is no decision on that step to take back")
    if not reason.strip():
        raise BadInput([("reason", "taking a decision back needs its reason (事由)")])
    programme = act.session.get_one(Programme, step.programme_id)
    submission = act.session.get_one(Submission, step.submission_id)
    later = [one for one in steps_of(act, submission) if one.number > step.number]
    if decision.person_id != who.id:
        raise _refused("撤回只能由作出决定的人办理", "only the person who decided may take it back")
    _must_be_possible(act, step, decision, submission, later)
    wrong = _check(act, programme, step, who, code)
    if wrong is not None:
        return wrong
    act.session.add(TakenBack(decision_id=decision.id, person_id=who.id, why=reason.strip()[:400], created_at=act.now))
    record(
        act,
        "decision_taken_back",
        programme,
        subject=step.subject,
        tier=step.number,
        version=submission.version,
        outcome=decision.outcome,
        recorded_by=who.ref,
        reason=reason.strip()[:400],
    )
    _ask_again(act, programme, submission, step, later, DecisionOutcome(decision.outcome), reason)
    zh, _ = SUBJECT_NAMES[step.subject]
    return Decided(
        accepted=True,
        zh=f"{zh}第{step.number}级:决定已撤回,本级重新审核",
        en=f"{step.subject} tier {step.number}: the decision is taken back, the tier is asked anew",
        step_id=step.id,
    )


def _check(act: Act, programme: Programme, step: ApprovalStep, who: Person, code: str) -> Decided | None:
    row = act.session.exec(
        select(OneTimeCode).where(OneTimeCode.step_id == step.id, OneTimeCode.person_id == who.id)
    ).one()
    if row.locked_at is not None:
        zh, en = "验证码因多次输错已锁定", "the code is locked after wrong tries"
        return refuse_attempt(act, programme, step, who, "code-locked", zh, en)
    return wrong_code(act, programme, step, who, row, code)


def _must_be_possible(
    act: Act, step: ApprovalStep, decision: Decision, submission: Submission, later: list[ApprovalStep]
) -> None:
    if decision.outcome == DecisionOutcome.REJECT:
        raise _refused(
            "不予通过的决定已使项目终止,不能撤回", "a rejection has ended the programme; it is not taken back"
        )
    if decision.outcome == DecisionOutcome.RETURN:
        if step.subject == ReviewSubject.AWARD:
            raise _refused("立项退回已重新开启申报,不能撤回", "the return has opened the application again already")
        newer = select(Submission.id).where(
            Submission.programme_id == submission.programme_id,
            Submission.subject == submission.subject,
            Submission.version > submission.version,
        )
        if submission.state != SubmissionState.RETURNED or act.session.exec(newer).first() is not None:
            raise _refused("承训机构已重新报送,不能撤回", "the host has sent its correction already")
        return
    if not later:
        raise _refused("这是最后一级,审核已办结,不能撤回", "this was the last tier; the review is closed")
    following = later[0]
    if following.state != StepState.OPEN or voices_on(act, following):
        raise _refused("下一级已经办理,不能撤回", "the next tier has acted already")


def _refused(zh: str, en: str) -> Refused:
    return refusal("take-back", zh, en, setting="approvals.taking back")


def _ask_again(
    act: Act,
    programme: Programme,
    submission: Submission,
    step: ApprovalStep,
    later: list[ApprovalStep],
    outcome: DecisionOutcome,
    reason: str,
) -> None:
    facts: dict[str, Any] = _facts(step, reason)
    for one in later:
        if one.state == StepState.OPEN:
            asked = [seat.holder for seat in seats_of(act, one)]
            cancel_messages(act, step_id=one.id)
            tell(act, "decision-withdrawn", str(one.id), asked, programme, **facts)
            cancel_open(act, programme, "the decision before it was taken back", step=one)
        if one.state in (StepState.OPEN, StepState.PENDING):
            one.state, one.closed_at = StepState.CANCELLED, act.now
        one.superseded_at = act.now
        act.session.add(one)
    step.superseded_at = act.now
    act.session.add(step)
    if outcome == DecisionOutcome.RETURN:
        _call_off_the_correction(act, programme, step)
        tell_host(act, programme, "decision-withdrawn", str(step.id), **_facts(step, reason))
    submission.state = SubmissionState.UNDER_REVIEW
    act.session.add(submission)
    fresh = [
        ApprovalStep(
            programme_id=one.programme_id,
            submission_id=one.submission_id,
            subject=one.subject,
            number=one.number,
            role=one.role,
            action=one.action,
            organisation_id=one.organisation_id,
            basis=one.basis,
            state=StepState.PENDING,
            round=one.round + 1,
            created_at=act.now,
        )
        for one in (step, *later)
    ]
    act.session.add_all(fresh)
    act.session.flush()
    for handed in act.session.exec(select(Reassignment).where(Reassignment.step_id == step.id)).all():
        kept = handed.model_dump(include={"from_id", "to_id", "by_id", "why", "created_at"})
        act.session.add(Reassignment(step_id=fresh[0].id, **kept))  # who it was handed to is asked again
    act.session.flush()
    open_step(act, programme, submission, step.number)


def _facts(step: ApprovalStep, reason: str) -> dict[str, str]:
    zh, en = SUBJECT_NAMES[step.subject]
    return {"subject_name": zh, "subject_name_en": en, "reason": reason.strip()[:400], "subject": step.subject}


def _call_off_the_correction(act: Act, programme: Programme, step: ApprovalStep) -> None:
    kinds = [kind.key for kind in pack_of(act, programme).obligations if kind.opens_with == f"{step.subject}.returned"]
    query = select(Obligation).where(
        Obligation.programme_id == programme.id,
        Obligation.state == ObligationState.OPEN,
        col(Obligation.kind).in_(kinds),
    )
    for row in act.session.exec(query).all():
        row.state, row.next_at, row.rests = ObligationState.CANCELLED, None, None
        act.session.add(row)
        cancel_messages(act, obligation_id=row.id)
        record(act, "obligation_cancelled", programme, obligation=row.kind, due_on=row.due_on, why="taken back")


def decided_by(act: Act, programme_ref: str, person_ref: str, subject: str | None = None) -> ApprovalStep:
    """The step of a programme that a person decided last and that stands. Raises `NotFound` when there is none."""
    programme, who = by_ref(act, programme_ref), person(act, person_ref)
    query = (
        select(ApprovalStep)
        .join(Decision, col(Decision.step_id) == col(ApprovalStep.id))
        .where(
            ApprovalStep.programme_id == programme.id,
            Decision.person_id == who.id,
            col(ApprovalStep.superseded_at).is_(None),
        )
        .order_by(col(Decision.decided_at).desc(), col(Decision.id).desc())
    )
    if subject is not None:
        query = query.where(ApprovalStep.subject == subject)
    found = act.session.exec(query.limit(1)).first()
    if found is None:
        raise NotFound(f"{programme.ref}: {who.ref} has made no decision that could be taken back")
    return found
