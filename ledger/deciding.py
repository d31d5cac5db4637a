"""What a decision of a tier brings about: recorded once, its codes used up, and what follows by rule alone.

The next tier opens, or the submission's way ends, in the decision's own transaction. Who may decide is asked before
(`ledger.review`); how many must agree too (`ledger.voting`). Serves CQ2021-2.1 to 2.6.
"""

import uuid

from sqlmodel import col, select

from ledger.chains import SUBJECT_NAMES, drop_pending, open_step, wake_review
from ledger.core import record
from ledger.filings import Stored, keep
from ledger.lifecycle import advance_programme, reopen_application, tell_host
from ledger.obligations import meet, oblige
from ledger.outbox import cancel_messages
from ledger.packs import chain_of, pack_of
from models.act import Act
from models.documents import Obligation
from models.people import Organisation, Person
from models.programme import Programme
from models.review import ApprovalStep, Decision, OneTimeCode, Submission
from models.states import DecisionOutcome, ObligationState, ReviewSubject, StepState, SubmissionState
from rules.approval import after_decision

OUTCOME_ZH = {
    ("approve", DecisionOutcome.APPROVE): "审核同意",
    ("review", DecisionOutcome.APPROVE): "审核通过",
    ("sign-and-seal", DecisionOutcome.APPROVE): "签字盖章",
    ("award", DecisionOutcome.APPROVE): "同意立项",
    ("file", DecisionOutcome.FILE): "予以备案",
    **{(action, DecisionOutcome.RETURN): "退回修改" for action in ("approve", "review", "sign-and-seal", "award")},
    **{(action, DecisionOutcome.REJECT): "不予通过" for action in ("approve", "review", "sign-and-seal", "award")},
}


def conclude(
    act: Act,
    programme: Programme,
    step: ApprovalStep,
    who: Person | None,
    outcome: DecisionOutcome,
    comment: str,
    on_behalf_of: str | None = None,
    scan: Stored | None = None,
    *,
    for_id: uuid.UUID | None = None,
    deemed_by: str | None = None,
) -> None:
    """Record the decision of a tier and what follows from it: whose hand it was, for whom they stood, by which silence."""
    with act.session.no_autoflush:  # written at once: nothing here reads what it changes
        act.session.add(
            Decision(
                step_id=step.id,
                programme_id=programme.id,
                outcome=outcome,
                comment=comment.strip()[:2000],
                person_id=who.id if who else None,
                for_id=for_id,
                deemed_by=deemed_by,
                on_behalf_of=on_behalf_of,
                document_id=keep(act, scan).id if scan else None,
                door="on-behalf" if on_behalf_of else act.actor.door,
                decided_at=act.now,
                created_at=act.now,
            )
        )
        step.state, step.closed_at = StepState.DECIDED, act.now
        act.session.add(step)
        for code in act.session.exec(select(OneTimeCode).where(OneTimeCode.step_id == step.id)).all():
            code.used_at = act.now
            act.session.add(code)
        cancel_messages(act, step_id=step.id)
        where = act.session.get_one(Organisation, step.organisation_id)
        submission = act.session.get_one(Submission, step.submission_id)
        record(
            act,
            "decided",
            programme,
            subject=step.subject,
            tier=step.number,
            version=submission.version,
            outcome=outcome,
            organisation=where.name,
            recorded_by=who.ref if who else None,
            for_ref=act.session.get_one(Person, for_id).ref if for_id else None,
            deemed_by=deemed_by,
            on_behalf=on_behalf_of is not None,
            on_behalf_of=on_behalf_of,
            scan=scan.sha256 if scan else None,
            comment=comment.strip()[:2000],
            clause=step.basis.get("clause"),
        )
        meet(act, programme, "act:decide", target=str(step.id))
    if _follow(act, programme, step, submission, outcome, comment, where):
        advance_programme(act, programme)


def _follow(
    act: Act,
    programme: Programme,
    step: ApprovalStep,
    submission: Submission,
    outcome: DecisionOutcome,
    comment: str,
    where: Organisation,
) -> bool:
    """What follows from a decision by rule alone; whether that ends the version's way, so that phases may close and open."""
    zh, en = SUBJECT_NAMES[step.subject]
    said = {
        "subject_name": zh,
        "subject_name_en": en,
        "organisation": where.name,
        "comment": comment,
        "clause": step.basis.get("clause"),
        "version": submission.version,
        "subject": step.subject,
    }
    move = after_decision(chain_of(pack_of(act, programme), programme, step.subject), step.number, outcome)
    if move.submission is not None:
        submission.state = move.submission
        act.session.add(submission)
    if move.open_number is not None:
        open_step(act, programme, submission, move.open_number)  # which wakes the run
        return False
    if submission.state == SubmissionState.RETURNED:
        drop_pending(act, programme, submission)
        if step.subject == ReviewSubject.AWARD:
            reopen_application(act, programme)
        oblige(act, programme, f"{step.subject}.returned")
        tell_host(
            act, programme, "submission-returned", str(step.id), **said, **_owed_next(act, programme, step.subject)
        )
    elif submission.state == SubmissionState.REJECTED:
        drop_pending(act, programme, submission)
        tell_host(act, programme, "submission-rejected", str(step.id), **said)
    else:
        tell_host(act, programme, "submission-passed", str(step.id), outcome=submission.state, **said)
    wake_review(act, programme, step.subject)
    return True


def _owed_next(act: Act, programme: Programme, subject: str) -> dict[str, object]:
    """What is to be corrected after a return, and until when where the pack sets a time; the award's is the
    application.
    """
    corrected = ReviewSubject.APPLICATION if subject == ReviewSubject.AWARD else subject
    kinds = [kind.key for kind in pack_of(act, programme).obligations if kind.met_by == f"correction:{corrected}"]
    query = select(Obligation).where(
        Obligation.programme_id == programme.id,
        Obligation.state == ObligationState.OPEN,
        col(Obligation.kind).in_(kinds),
    )
    owed = act.session.exec(query.order_by(col(Obligation.number).desc()).limit(1)).first()
    if owed is None:
        return {"corrects": corrected}
    return {"corrects": corrected, "due_on": owed.due_on, "due_by_office": not owed.basis.get("clause")}


def deem(act: Act, programme: Programme, step: ApprovalStep, outcome: DecisionOutcome, clause: str) -> None:
    """Decide a tier by its silence, under the clause that says so."""
    conclude(act, programme, step, None, outcome, "", deemed_by=clause)
