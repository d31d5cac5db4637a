"""Approval chains as they run: the steps of a version, the one that is open, and the codes of those who may decide it.

The chain comes from the programme's pinned pack (CQ2021-2.2 to 2.6); `file` (备案) is a receipt that cannot reject.
"""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from ledger.core import record, wake
from ledger.obligations import cancel_open, oblige
from ledger.outbox import cancel_messages, tell, tell_or_report
from ledger.packs import chain_of, ground_facts, pack_of
from ledger.people import organisations, seat_of
from ledger.seats import Seat, seats_and_speakers, seats_of
from models.act import Act
from models.documents import Document, Filing, Obligation
from models.people import Organisation, Person
from models.programme import Phase, Programme
from models.review import ApprovalStep, Decision, OneTimeCode, Submission
from models.states import DecisionOutcome, PhaseState, StepState, SubmissionState
from policies.lookup import phase_of, role_name
from policies.schema import Pack
from rules.approval import first_number

CODE_VALID = timedelta(days=60)
SUBJECT_NAMES = {
    "application": ("项目申报书", "application"),
    "award": ("遴选立项", "award"),
    "implementation-plan": ("实施方案", "implementation plan"),
}


def latest(act: Act, programme: Programme, subject: str) -> Submission | None:
    """The latest version of a submission, if there is one. Read once in an act; `new_version` adds the next."""
    known: dict[tuple[UUID, str], Submission | None] = act.session.info.setdefault("latest", {})
    if (programme.id, subject) not in known:
        known[programme.id, subject] = act.session.exec(
            select(Submission)
            .where(Submission.programme_id == programme.id, Submission.subject == subject)
            .order_by(col(Submission.version).desc())
            .limit(1)
        ).first()
    return known[programme.id, subject]


def new_version(act: Act, row: Submission) -> None:
    """Record a version: from here on it is the latest."""
    act.session.add(row)
    act.session.flush()
    act.session.info.setdefault("latest", {})[row.programme_id, row.subject] = row


def steps_of(act: Act, submission: Submission) -> list[ApprovalStep]:
    """The steps of a version that stand, in the order of the tiers: those that were taken back are left out."""
    query = select(ApprovalStep).where(
        ApprovalStep.submission_id == submission.id, col(ApprovalStep.superseded_at).is_(None)
    )
    return list(act.session.exec(query.order_by(col(ApprovalStep.number))).all())


def decided(act: Act, submission: Submission) -> dict[int, DecisionOutcome]:
    """Tier numbers and what they decided on this version; tiers before a chain that began later count as passed."""
    steps = steps_of(act, submission)
    first = steps[0].number if steps else 1
    found = dict.fromkeys(range(1, first), DecisionOutcome.APPROVE)
    for step in steps:
        row = act.session.exec(select(Decision).where(Decision.step_id == step.id)).first()
        if row is not None:
            found[step.number] = DecisionOutcome(row.outcome)
    return found


def open_chain(act: Act, programme: Programme, submission: Submission) -> None:
    """Lay out the steps of a version and open the first; a corrected version starts where the pack says. Idempotent."""
    if steps_of(act, submission):
        return
    pack = pack_of(act, programme)
    chain = chain_of(pack, programme, submission.subject)
    host = act.session.get_one(Organisation, programme.host_id)
    start = first_number(chain, _returned_by(act, programme, submission))
    for number, tier in enumerate(chain.tiers, start=1):
        if number < start:
            continue
        act.session.add(
            ApprovalStep(
                programme_id=programme.id,
                submission_id=submission.id,
                subject=submission.subject,
                number=number,
                role=tier.role,
                action=tier.action,
                organisation_id=tier_seat(act, host, pack, tier.role).id,
                basis=(tier.basis if tier.cites else chain.basis).model_dump(mode="json"),
                state=StepState.PENDING,
                created_at=act.now,
            )
        )
    act.session.flush()
    open_step(act, programme, submission, start)


def tier_seat(act: Act, host: Organisation, pack: Pack, role: str) -> Organisation:
    """The organisation that decides a tier. Never the host in another's place: raises `NotFound` where there is none."""
    known = pack.roles.get(role)
    return host if known is not None and known.seat == "host" else seat_of(act, role, host)


def _returned_by(act: Act, programme: Programme, submission: Submission) -> int | None:
    if submission.version == 1:
        return None
    before = act.session.exec(
        select(Submission).where(
            Submission.programme_id == programme.id,
            Submission.subject == submission.subject,
            Submission.version == submission.version - 1,
        )
    ).one()
    numbers = [n for n, outcome in decided(act, before).items() if outcome == DecisionOutcome.RETURN]
    return numbers[0] if numbers else None


def open_step(act: Act, programme: Programme, submission: Submission, number: int) -> None:
    """Open a tier: give its people their codes, ask them, start its time, all in this transaction."""
    step = next(step for step in steps_of(act, submission) if step.number == number)
    if step.state != StepState.PENDING:
        return
    with act.session.no_autoflush:  # written at once: nothing here reads what it changes
        step.state, step.opened_at = StepState.OPEN, act.now
        act.session.add(step)
        where = organisations(act, {step.organisation_id, programme.host_id})[step.organisation_id]
        record(
            act,
            "step_opened",
            programme,
            subject=step.subject,
            tier=number,
            organisation=where.name,
            version=submission.version,
        )
        owed = oblige(act, programme, "step.opened", step=step)
        due_on = next((one.due_on for one in owed if one.step_id == step.id), None)
        seats, people = seats_and_speakers(act, step, opening=True)
        for who in people:
            _give(act, OneTimeCode(step_id=step.id, person_id=who.id, nonce="", expires_at=act.now, created_at=act.now))
        phases = review_phases(act, programme, step.subject)
        ask_people(act, programme, step, submission, people, phases, seats, due_on)
        for phase in phases:
            wake(act, programme, phase)


def deciders(act: Act, step: ApprovalStep) -> list[Person]:
    """Who may decide a step with a code: those asked, who stands in for them, and the clerks who may record on behalf."""
    _, people = seats_and_speakers(act, step)
    return people


def give_code(act: Act, step: ApprovalStep, who: Person, *, anew: bool) -> None:
    """A fresh code for a person of a step; only `anew` are their wrong tries forgotten and a lock taken off."""
    known = select(OneTimeCode).where(OneTimeCode.step_id == step.id, OneTimeCode.person_id == who.id)
    row = act.session.exec(known).first() or OneTimeCode(
        step_id=step.id, person_id=who.id, nonce="", expires_at=act.now, created_at=act.now
    )
    if anew:
        row.tries, row.locked_at = 0, None
    _give(act, row)


def _give(act: Act, row: OneTimeCode) -> None:
    row.nonce, row.expires_at, row.used_at = secrets.token_hex(12), act.now + CODE_VALID, None
    act.session.add(row)


def ask_people(
    act: Act,
    programme: Programme,
    step: ApprovalStep,
    submission: Submission,
    people: list[Person],
    phases: list[Phase],
    seats: Sequence[Seat],
    due_on: date | None,
    again: int = 0,
) -> None:
    """Queue the question to the people of a step; a clerk who has no seat in it is asked to record on behalf (代录). At
    the moment of sending each message gets its code, and the page of the run that carries the phase, where it is known.
    """
    pack = pack_of(act, programme)
    zh, en = SUBJECT_NAMES[step.subject]
    where = act.session.get_one(Organisation, step.organisation_id)
    host = act.session.get_one(Organisation, programme.host_id)
    said: dict[str, Any] = {
        "step_id": step.id,
        "organisation": where.name,
        "role": role_name(pack, step.role, "zh-CN"),
        "role_en": role_name(pack, step.role, "en"),
        "subject_name": zh,
        "subject_name_en": en,
        "action": step.action,
        "tier": step.number,
        "tiers": len(chain_of(pack, programme, step.subject).tiers),
        "version": submission.version,
        "due_on": due_on,
        **ground_facts(pack, step.basis),
        "host": host.name,
        "subject": step.subject,
        "phase_id": phases[0].id if phases else None,
        "at_once": again > 0,  # whoever asked for a fresh code waits for it now
        **_attached(act, submission),
    }
    kind, matter = "decision-asked", f"{step.id}:{again}"
    seated = {who.id for seat in seats for who in seat.speakers}
    asked = [who for who in people if who.id in seated]
    just_opened = not again  # so nobody was told of it yet
    reached = tell(act, kind, matter, asked, programme, first=just_opened, **said)
    if recorders := [who for who in people if who.id not in seated]:
        act.session.flush()  # their body's group may have been told with those asked
        reached += tell(act, kind, matter, recorders, programme, on_behalf=True, **said)
    if not reached:
        tell_or_report(act, kind, matter, (), programme, **said)


def _attached(act: Act, submission: Submission) -> dict[str, list[str]]:
    """The document that is to be decided on, for a mail to carry; the row names it by its hash."""
    if submission.document_id is None:
        return {}
    name, sha256 = act.session.exec(
        select(Filing.file_name, Document.sha256)
        .join(Document, col(Document.id) == Filing.document_id)
        .where(Filing.programme_id == submission.programme_id, Filing.document_id == submission.document_id)
        .limit(1)
    ).one()
    return {"attached": [name], "attached_sha256": [sha256]}


def renew_code(act: Act, programme: Programme, step: ApprovalStep, who: Person, *, anew: bool) -> None:
    """A fresh code for one person of an open step, sent anew; the old one no longer works.

    Unless it begins `anew`, their wrong tries stay counted.
    """
    give_code(act, step, who, anew=anew)
    record(act, "code_renewed", programme, subject=step.subject, tier=step.number, ref=who.ref)
    ask_one_more(act, programme, step, who)


def ask_one_more(act: Act, programme: Programme, step: ApprovalStep, who: Person) -> None:
    """Queue the question of an open step to one person, who has a fresh code."""
    submission = act.session.get_one(Submission, step.submission_id)
    phases = review_phases(act, programme, step.subject)
    owed = act.session.exec(select(Obligation).where(Obligation.step_id == step.id)).first()
    ask_people(
        act,
        programme,
        step,
        submission,
        [who],
        phases,
        seats_of(act, step),
        owed.due_on if owed else None,
        programme.event_number,
    )


def drop_pending(act: Act, programme: Programme, submission: Submission) -> None:
    """A return or a rejection ends the chain of this version: later tiers are cancelled with their obligations and
    messages.
    """
    for step in steps_of(act, submission):
        if step.state in (StepState.PENDING, StepState.OPEN):
            step.state, step.closed_at = StepState.CANCELLED, act.now
            act.session.add(step)
            cancel_open(act, programme, "the version left the chain", step=step)
            cancel_messages(act, step_id=step.id)


def wake_review(act: Act, programme: Programme, subject: str) -> None:
    """Wake the run that carries the review of a subject."""
    for phase in review_phases(act, programme, subject):
        wake(act, programme, phase)


def review_phases(act: Act, programme: Programme, subject: str) -> list[Phase]:
    """The open phases that review a subject: one, as packs are."""
    pack = pack_of(act, programme)
    rows = act.session.exec(
        select(Phase).where(Phase.programme_id == programme.id, Phase.state == PhaseState.OPEN)
    ).all()
    return [phase for phase in rows if review_subject(pack, phase.key) == subject]


def review_subject(pack: Pack, key: str) -> str | None:
    """The subject that a phase reviews, or None."""
    spec = phase_of(pack, key)
    return spec.subject or ("award" if spec.flow == "award" else None)


def settled(submission: Submission | None) -> bool:
    """Whether a version has come to its end in the chain."""
    return submission is not None and submission.state in (
        SubmissionState.PASSED,
        SubmissionState.FILED,
        SubmissionState.REJECTED,
    )
