"""What the demo says has happened: claims, each plain data, made from the ledger and from the journal of the doors.

Every claim can be checked by somebody who believes none of it (`office.demo.verify`). People stand in it by number
only.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from ledger.packs import pack_of
from ledger.scoring import sheet_of
from models.act import Act
from models.documents import Document, Filing, Obligation, RungFired
from models.office import AuditEvent, Message
from models.people import Organisation, Person
from models.programme import Phase, Programme, ProgrammeSession
from models.review import ApprovalStep, Decision, Submission
from models.states import StepState
from models.training import Ban, EvaluationResult, Nomination, Stage
from office.demo.acting import Acting, Journal
from office.demo.expect import expectations_of
from office.demo.recorded import duties, entries
from office.demo.samples import Sample
from office.runtime.transactions import reading
from policies.lookup import basis_label, document_of, phase_of

Claim = dict[str, Any]
FORMAT = 1


def claims_of(acting: Acting, region: str, chosen: list[Sample], engine: str) -> dict[str, Any]:
    """The report: claims, the samples' expectations with what came out, and a summary."""
    with reading(acting.settings) as act:
        refs = [acting.programmes[sample.key] for sample in chosen]
        claims: list[Claim] = []
        for ref in refs:
            programme = act.session.exec(select(Programme).where(Programme.ref == ref)).one()
            claims += _of_programme(act, programme, acting.journal)
        claims += [*_messages(act), *_bans(act), *_refusals(acting.journal), *_attempts(act, acting.journal)]
        claims += [*entries(act), *duties(act)]
        claims += [
            {"kind": "sweep", "deployment": "deadline-watch", "run_id": run_id} for run_id in acting.journal.sweeps
        ]
        claims.append({"kind": "sweep", "deployment": "reconcile", "run_id": acting.journal.reconciled})
        claims.append(_audit(act))
        expectations = [
            one
            for sample in chosen
            for one in expectations_of(act, sample, acting.programmes[sample.key], acting.journal)
        ]
    counts = Counter(str(claim["kind"]) for claim in claims)
    return {
        "format": FORMAT,
        "engine": engine,
        "region": region,
        "programmes": {sample.key: acting.programmes[sample.key] for sample in chosen},
        "claims": claims,
        "expectations": expectations,
        "summary": {
            "claims": dict(sorted(counts.items())),
            "expectations": len(expectations),
            "expectations_true": sum(bool(one["holds"]) for one in expectations),
            "commands": acting.journal.commands,
        },
    }


def _of_programme(act: Act, programme: Programme, journal: Journal) -> Iterator[Claim]:
    yield {
        "kind": "programme",
        "programme": programme.ref,
        "title": programme.title,
        "state": programme.state,
        "started_on": _day(programme.started_on),
        "ended_on": _day(programme.ended_on),
        "run_id": _text(programme.run_id),
        "deployment": "lifecycle",
    }
    yield from _phases(act, programme)
    yield from _decisions(act, programme, journal)
    yield from _documents(act, programme)
    yield from _obligations(act, programme)
    yield from _trainees(act, programme)
    yield from _score(act, programme)


def _phases(act: Act, programme: Programme) -> Iterator[Claim]:
    pack = pack_of(act, programme)
    query = select(Phase).where(Phase.programme_id == programme.id).order_by(col(Phase.id))
    for phase in act.session.exec(query).all():
        spec = phase_of(pack, phase.key)
        session = act.session.get(ProgrammeSession, phase.session_id) if phase.session_id else None
        school = act.session.get(Organisation, phase.school_id) if phase.school_id else None
        yield {
            "kind": "phase",
            "programme": programme.ref,
            "phase": phase.key,
            "name": {"zh": spec.name.zh, "en": spec.name.en},
            "session": session.name if session else None,
            "school": school.name if school else None,
            "target": phase.target,
            "opened_on": _on(act, phase.opened_at),
            "closed_on": _on(act, phase.closed_at),
            "outcome": phase.outcome,
            "run_id": _text(phase.run_id),
            "deployment": phase.flow,
            **_basis(spec.basis.model_dump()),
        }


def _decisions(act: Act, programme: Programme, journal: Journal) -> Iterator[Claim]:
    rows = act.session.exec(
        select(Decision, ApprovalStep)
        .join(ApprovalStep, col(ApprovalStep.id) == col(Decision.step_id))
        .where(Decision.programme_id == programme.id)
        .order_by(col(Decision.id))
    ).all()
    for decision, step in rows:
        submission = act.session.get_one(Submission, step.submission_id)
        where = act.session.get_one(Organisation, step.organisation_id)
        who = act.session.get_one(Person, decision.person_id)
        passed = journal.decisions.get(str(step.id))
        yield {
            "kind": "decision",
            "programme": programme.ref,
            "step_id": str(step.id),
            "subject": step.subject,
            "version": submission.version,
            "tier": step.number,
            "action": step.action,
            "outcome": decision.outcome,
            "organisation": where.name,
            "recorded_by": who.ref,
            "on_behalf": decision.on_behalf_of is not None,
            "comment": decision.comment,
            "decided_on": _on(act, decision.decided_at),
            "door": passed.door if passed else None,
            "run_id": passed.run_id if passed else None,
            "message_id": passed.message_id if passed else None,
            **_basis(step.basis),
        }


def _documents(act: Act, programme: Programme) -> Iterator[Claim]:
    pack = pack_of(act, programme)
    rows = act.session.exec(
        select(Filing, Document, Person)
        .join(Document, col(Document.id) == col(Filing.document_id))
        .join(Person, col(Person.id) == col(Filing.person_id))
        .where(Filing.programme_id == programme.id)
        .order_by(col(Filing.id))
    ).all()
    for filing, document, who in rows:
        spec = document_of(pack, filing.kind)
        stage = act.session.get(Stage, filing.stage_id) if filing.stage_id else None
        session = act.session.get(ProgrammeSession, filing.session_id) if filing.session_id else None
        yield {
            "kind": "document",
            "programme": programme.ref,
            "filing_id": str(filing.id),
            "document": filing.kind,
            "name": {"zh": spec.name.zh, "en": spec.name.en},
            "stage": stage.name if stage else None,
            "session": session.name if session else None,
            "version": filing.version,
            "sha256": document.sha256,
            "handed_in_by": who.ref,
            "submitted_on": _on(act, filing.submitted_at),
            "late_days": filing.late_days,
        }


def _obligations(act: Act, programme: Programme) -> Iterator[Claim]:
    names = {kind.key: kind.name for kind in pack_of(act, programme).obligations}
    query = select(Obligation).where(Obligation.programme_id == programme.id)
    for row in act.session.exec(query.order_by(col(Obligation.due_on), col(Obligation.id))).all():
        owner = act.session.get_one(Organisation, row.owed_by_id)
        yield {
            "kind": "obligation",
            "programme": programme.ref,
            "obligation_id": str(row.id),
            "obligation": row.kind,
            "name": {"zh": names[row.kind].zh, "en": names[row.kind].en},
            "number": row.number,
            "owed_by": owner.name,
            "due_on": _day(row.due_on),
            "state": row.state,
            "met_on": _on(act, row.met_at),
            "late_days": row.late_days,
            **_basis(row.basis),
        }
        fired = select(RungFired).where(RungFired.obligation_id == row.id).order_by(col(RungFired.id))
        for rung in act.session.exec(fired).all():
            yield {
                "kind": "rung",
                "programme": programme.ref,
                "obligation_id": str(row.id),
                "obligation": row.kind,
                "due_on": _day(row.due_on),
                "rung": rung.rung,
                "number": rung.number,
                "fired_on": _on(act, rung.fired_at),
                "reached": rung.reached,
            }


def _trainees(act: Act, programme: Programme) -> Iterator[Claim]:
    rows = act.session.exec(
        select(Nomination, ProgrammeSession)
        .join(ProgrammeSession, col(ProgrammeSession.id) == col(Nomination.session_id))
        .where(Nomination.programme_id == programme.id)
    ).all()
    pack = pack_of(act, programme)
    for number in sorted({session.number for _, session in rows}):
        mine = [row for row, session in rows if session.number == number]
        bases = sorted({row.refusal_basis or "" for row in mine if row.state == "refused"})
        yield {
            "kind": "trainees",
            "programme": programme.ref,
            "session": number,
            "nominated": len(mine),
            "states": dict(sorted(Counter(row.state for row in mine).items())),
            "refused_by": dict(
                sorted(Counter(row.refusal_basis or "" for row in mine if row.state == "refused").items())
            ),
            "names": {one: {"zh": basis_label(pack, one), "en": basis_label(pack, one, "en")} for one in bases},
        }


def _score(act: Act, programme: Programme) -> Iterator[Claim]:
    result = act.session.exec(select(EvaluationResult).where(EvaluationResult.programme_id == programme.id)).first()
    if result is None:
        return
    yield {
        "kind": "score",
        "programme": programme.ref,
        "total": f"{result.total:.1f}",
        "closed_on": _on(act, result.closed_at),
        "parts": [
            {
                "source": part.source,
                "name": {"zh": part.name.zh, "en": part.name.en},
                "weight": str(part.weight),
                "value": f"{part.value:f}",
                "points": f"{part.points:f}",
                **_basis(part.basis.model_dump()),
            }
            for part in sheet_of(act, programme).parts
        ],
    }


# ── the whole office ─────────────────────────────────────────────────────────────────────────────────────────────────


def _messages(act: Act) -> Iterator[Claim]:
    counts = Counter(act.session.exec(select(Message.kind, Message.state)).all())
    for (kind, state), count in sorted(counts.items()):
        yield {"kind": "messages", "message": kind, "state": state, "count": count}


def _bans(act: Act) -> Iterator[Claim]:
    rows = act.session.exec(
        select(Ban, Person).join(Person, col(Person.id) == col(Ban.person_id)).order_by(col(Ban.id))
    ).all()
    for ban, who in rows:
        nomination = act.session.get(Nomination, ban.nomination_id) if ban.nomination_id else None
        programme = act.session.get_one(Programme, nomination.programme_id) if nomination else None
        yield {
            "kind": "ban",
            "ban_id": str(ban.id),
            "programme": programme.ref if programme else None,
            "person": who.ref,
            "starts_on": _day(ban.starts_on),
            "ends_on": _day(ban.ends_on),
            "clause": ban.clause,
        }


def _refusals(journal: Journal) -> Iterator[Claim]:
    for one in journal.refusals:
        yield {
            "kind": "refusal",
            "programme": one.programme,
            "on": one.on,
            "door": one.door,
            "what": one.what,
            "exit_status": one.status,
            "clause": one.clause,
            "said": one.said,
            "matter": one.matter,
        }


def _attempts(act: Act, journal: Journal) -> Iterator[Claim]:
    """Decisions that were tried and not taken; the ledger keeps each as an event."""
    seen = {one["step_id"]: one for one in journal.wrong_codes}
    events = act.session.exec(
        select(AuditEvent, Programme)
        .join(Programme, col(Programme.id) == col(AuditEvent.programme_id))
        .where(AuditEvent.kind == "decision_refused")
        .order_by(col(AuditEvent.number))
    ).all()
    for event, programme in events:
        step = act.session.exec(
            select(ApprovalStep)
            .where(
                ApprovalStep.programme_id == programme.id,
                ApprovalStep.subject == event.facts["subject"],
                ApprovalStep.number == event.facts["tier"],
                ApprovalStep.state == StepState.DECIDED,
            )
            .order_by(col(ApprovalStep.id).desc())
        ).first()
        known = seen.get(str(step.id)) if step else None
        yield {
            "kind": "attempt",
            "programme": programme.ref,
            "event": event.number,
            "subject": event.facts["subject"],
            "tier": event.facts["tier"],
            "why": event.facts["why"],
            "on": _on(act, event.at),
            "run_id": known["run_id"] if known else None,
            "said": known["said"] if known else None,
        }


def _audit(act: Act) -> Claim:
    last = act.session.exec(select(AuditEvent).order_by(col(AuditEvent.number).desc()).limit(1)).one()
    return {"kind": "audit", "events": last.number, "head": last.hash}


# ── plain ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _on(act: Act, moment: datetime | None) -> str | None:
    return moment.astimezone(act.zone).date().isoformat() if moment else None


def _day(day: object) -> str | None:
    return str(day) if day is not None else None


def _text(value: object) -> str | None:
    return str(value) if value is not None else None


def _basis(basis: dict[str, Any]) -> dict[str, str | None]:
    """What something rests on: a clause, or a setting of the office shown as such."""
    return {"clause": basis.get("clause"), "setting": basis.get("setting"), "adopted_from": basis.get("adopted_from")}
