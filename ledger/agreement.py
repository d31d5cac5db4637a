"""Whether the rows still say what their audit events say: an edited, removed or slipped-in row is named.

The chain proves the events; this compares with them the rows that they speak of: decisions, submissions, documents,
scores, results, settled obligations, recorded days, and how many events a programme has had. Decides nothing else and
repairs nothing. Serves no clause of a regulation.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.core import fingerprint, plain
from models.act import Act
from models.documents import Document, Filing, Obligation
from models.office import AuditEvent
from models.people import Organisation, Person
from models.programme import Programme, ProgrammeSession
from models.review import ApprovalStep, Decision, Submission
from models.states import ObligationState, StepState
from models.training import EvaluationResult, Score, Stage

Facts = dict[str, Any]
Matter = tuple[str, ...]
"""What a row and an event speak of: its kind, the programme's id, and what tells it from others of the kind."""

_GONE = "row"
_SETTLED = {
    "obligation_met": "met",
    "obligation_waived": ObligationState.WAIVED.value,
    "obligation_cancelled": ObligationState.CANCELLED.value,
}
_FILED = {"document_submitted": "document", "product_handed_in": "product"}


class Difference(BaseModel):
    """A field in which a row and its event differ. `row` is None where the row is gone, `event` where nothing told of it.

    `number` is the event's; `kind` says what the row is and `of` which one of the programme's it is.
    """

    programme: str
    kind: str
    of: list[str]
    field: str
    row: str | None
    event: str | None
    number: int | None = None


class Told:
    """What the events say of rows, gathered while the chain is walked; later events on a matter replace earlier ones."""

    def __init__(self) -> None:
        self._last: dict[Matter, tuple[int, Facts]] = {}
        self._settled: dict[Matter, list[str]] = defaultdict(list)
        self._events: dict[uuid.UUID, int] = defaultdict(int)
        self._times: dict[Matter, int] = defaultdict(int)

    def hear(self, event: AuditEvent) -> None:
        """Take in one event of the chain."""
        if event.programme_id is None:
            return
        self._events[event.programme_id] += 1
        at, said = str(event.programme_id), event.facts
        if event.kind in _SETTLED:
            late = f" ({said['late_days']} days late)" if said.get("late_days") else ""
            self._settled["obligation", at, said["obligation"], said["due_on"]].append(_SETTLED[event.kind] + late)
            return
        for matter, facts in _matters(at, event):
            if matter[0] == "decision":  # a tier that is asked anew decides again: each decision has its row
                self._times[matter] += 1
                matter = (*matter, str(self._times[matter]))
            self._last[matter] = (event.number, {**self._last.get(matter, (0, {}))[1], **facts})

    def differences(self, act: Act) -> list[Difference]:
        """Every field in which a row differs from what was told, programme by programme."""
        refs = {row.id: row.ref for row in act.session.exec(select(Programme)).all()}
        found = [*self._of_rows(act), *self._of_obligations(act), *self._of_counts(act)]
        named = [
            one.model_copy(update={"programme": refs.get(uuid.UUID(one.programme), one.programme)}) for one in found
        ]
        return sorted(named, key=lambda one: (one.programme, one.kind, one.of, one.field))

    def _of_rows(self, act: Act) -> Iterator[Difference]:
        left = dict(self._last)
        for matter, facts in _rows(act):
            number, said = left.pop(matter, (None, None))
            if said is None:
                if matter[0] not in _MAY_BE_UNTOLD:
                    yield _differs(matter, _GONE, "there", None, None)
                continue
            if _GONE in facts:
                yield _differs(matter, _GONE, None, "recorded", number)
                continue
            for field, told in said.items():
                if not _same(facts.get(field), told):
                    yield _differs(matter, field, facts.get(field), told, number)
        for matter, (number, _) in left.items():
            yield _differs(matter, _GONE, None, "recorded", number)

    def _of_obligations(self, act: Act) -> Iterator[Difference]:
        rows: dict[Matter, list[str]] = defaultdict(list)
        for one in act.session.exec(select(Obligation).where(Obligation.state != ObligationState.OPEN)).all():
            met = one.state in (ObligationState.MET, ObligationState.MET_LATE)
            late = one.late_days or one.state == ObligationState.MET_LATE
            word = ("met" if met else one.state) + (f" ({one.late_days} days late)" if met and late else "")
            rows["obligation", str(one.programme_id), one.kind, str(one.due_on)].append(word)
        for matter in sorted({*rows, *self._settled}):
            row, told = sorted(rows.get(matter, [])), sorted(self._settled.get(matter, []))
            if row != told:
                yield _differs(matter, "state", ", ".join(row) or "open", ", ".join(told) or "open", None)

    def _of_counts(self, act: Act) -> Iterator[Difference]:
        for at, number in act.session.exec(select(Programme.id, Programme.event_number)).all():
            if number != self._events.get(at, 0):
                yield _differs(("programme", str(at)), "event_number", number, self._events.get(at, 0), None)


_MAY_BE_UNTOLD = ("submission", "programme", "session", "stage")
"""Rows that are there before, or without, an event of their own."""


def _differs(matter: Matter, field: str, row: object, event: object, number: int | None) -> Difference:
    kind, at, *of = matter
    return Difference(
        programme=at,
        kind=kind,
        of=[part for part in of if part],
        field=field,
        row=None if row is None and field == _GONE else _shown(row),
        event=None if event is None and field == _GONE else _shown(event),
        number=number,
    )


def _shown(value: object) -> str:
    return "-" if value in (None, "") else str(value)[:200]


def _same(row: object, told: object) -> bool:
    if isinstance(row, Decimal):
        return told is not None and row == Decimal(str(told))
    return bool(plain(row) == told)


# --- what events say ------------------------------------------------------------------------------------------------


def _matters(at: str, event: AuditEvent) -> Iterator[tuple[Matter, Facts]]:
    """What one event says of which rows. Facts that an older event does not hold are not compared."""
    said, moment = event.facts, plain(event.at)

    def only(*names: str) -> Facts:
        return {name: said[name] for name in names if name in said}

    match event.kind:
        case "decided":
            named = ("organisation", "recorded_by", "for_ref", "deemed_by", "on_behalf", "on_behalf_of", "scan")
            facts = only("outcome", "comment", *named)
            matter = ("decision", at, said["subject"], str(said["version"]), str(said["tier"]))
            yield matter, {**facts, "decided_at": moment, "state": StepState.DECIDED.value}
        case "application_submitted":
            yield ("submission", at, "application", "1"), only("content", "page")
            yield ("programme", at), only("kind", "level")
        case "submitted":
            yield ("submission", at, said["subject"], str(said["version"])), only("content", "page")
        case "document_submitted":
            place = str(said.get("session") or "")
            yield ("document", at, said["document"], str(said["version"]), place), only("sha256", "late_days")
        case "product_handed_in":
            of = (said["product"], str(said["version"]), said["stage"], str(said["session"]), said["school"] or "")
            yield ("product", at, *of), only("sha256", "covers")
        case "score_entered":
            yield ("score", at, said["source"]), {"value": said["value"], "entered_at": moment}
        case "evaluation_closed":
            yield ("result", at), only("total")
        case "session_started":
            yield ("session", at, str(said["session"])), {"started_on": said["on"]}
        case "session_ended":
            yield ("session", at, str(said["session"])), {"ended_on": said["on"]}
        case "stage_closed":
            yield ("stage", at, said["stage"], str(said["session"]), said["school"] or ""), {"actual_to": said["on"]}
        case "programme_ended":
            yield ("programme", at), {"ended_on": said["on"]}
        case "budget_confirmed":
            yield ("programme", at), {"budget_total": said["total"]}


# --- what rows say --------------------------------------------------------------------------------------------------


def _rows(act: Act) -> Iterator[tuple[Matter, Facts]]:
    yield from _decisions(act)
    yield from _submissions(act)
    yield from _filings(act)
    yield from _scores(act)
    yield from _days(act)


def _decisions(act: Act) -> Iterator[tuple[Matter, Facts]]:
    """Every decision, and every step that calls itself decided without one; a tier asked anew has several, in order."""
    people = dict(act.session.exec(select(Person.id, Person.ref)).all())
    scans = dict(act.session.exec(select(Document.id, Document.sha256)).all())
    query = (
        select(ApprovalStep, Submission.version, Organisation.name, Decision)
        .join(Submission, col(Submission.id) == ApprovalStep.submission_id)
        .join(Organisation, col(Organisation.id) == ApprovalStep.organisation_id)
        .join(Decision, col(Decision.step_id) == ApprovalStep.id, isouter=True)
        .where((col(ApprovalStep.state) == StepState.DECIDED) | col(Decision.id).is_not(None))
        .order_by(col(ApprovalStep.id))
    )
    times: dict[Matter, int] = defaultdict(int)
    for step, version, where, decision in act.session.exec(query).all():
        matter = ("decision", str(step.programme_id), step.subject, str(version), str(step.number))
        times[matter] += 1
        facts: Facts = {_GONE: None}
        if decision is not None:
            facts = {
                "organisation": where,
                "state": step.state,
                "outcome": decision.outcome,
                "comment": decision.comment,
                "recorded_by": people.get(decision.person_id) if decision.person_id else None,
                "for_ref": people.get(decision.for_id) if decision.for_id else None,
                "deemed_by": decision.deemed_by,
                "on_behalf": decision.door == "on-behalf",
                "on_behalf_of": decision.on_behalf_of,
                "scan": scans.get(decision.document_id) if decision.document_id else None,
                "decided_at": decision.decided_at,
            }
        yield (*matter, str(times[matter])), facts


def _submissions(act: Act) -> Iterator[tuple[Matter, Facts]]:
    query = select(Submission, Document.sha256).join(Document, col(Document.id) == Submission.document_id, isouter=True)
    for row, page in act.session.exec(query).all():
        facts = {"content": fingerprint(row.content), "page": page}
        yield ("submission", str(row.programme_id), row.subject, str(row.version)), facts


def _filings(act: Act) -> Iterator[tuple[Matter, Facts]]:
    """Documents and products; a submission's page is told of with the submission."""
    pages = set(act.session.exec(select(Submission.subject).distinct()).all())
    schools = dict(act.session.exec(select(Organisation.id, Organisation.name)).all())
    query = (
        select(Filing, Document.sha256, ProgrammeSession, Stage)
        .join(Document, col(Document.id) == Filing.document_id)
        .join(ProgrammeSession, col(ProgrammeSession.id) == Filing.session_id, isouter=True)
        .join(Stage, col(Stage.id) == Filing.stage_id, isouter=True)
    )
    for row, sha256, session, stage in act.session.exec(query).all():
        matter = (str(row.programme_id), row.kind, str(row.version))
        number = str(session.number) if row.session_id is not None else ""
        if row.stage_id is not None:
            school = schools[stage.school_id] if stage.school_id else ""
            yield ("product", *matter, stage.key, number, school), {"sha256": sha256, "covers": row.covers}
        elif row.kind not in pages:
            yield ("document", *matter, number), {"sha256": sha256, "late_days": row.late_days}


def _scores(act: Act) -> Iterator[tuple[Matter, Facts]]:
    for score in act.session.exec(select(Score)).all():
        facts = {"value": score.value, "entered_at": score.entered_at}
        yield ("score", str(score.programme_id), score.source), facts
    for result in act.session.exec(select(EvaluationResult)).all():
        yield ("result", str(result.programme_id)), {"total": result.total}


def _days(act: Act) -> Iterator[tuple[Matter, Facts]]:
    """The recorded days, and what a programme was taken in as."""
    yield from _programmes(act.session.exec(select(Programme)).all())
    sessions = act.session.exec(select(ProgrammeSession)).all()
    for row in sessions:
        facts = {"started_on": row.started_on, "ended_on": row.ended_on}
        yield ("session", str(row.programme_id), str(row.number)), facts
    numbers = {row.id: str(row.number) for row in sessions}
    query = select(Stage, Organisation.name).join(Organisation, col(Organisation.id) == Stage.school_id, isouter=True)
    for stage, school in act.session.exec(query).all():
        matter = ("stage", str(stage.programme_id), stage.key, numbers[stage.session_id], school or "")
        yield matter, {"actual_to": stage.actual_to}


def _programmes(rows: Iterable[Programme]) -> Iterator[tuple[Matter, Facts]]:
    for row in rows:
        facts = {"kind": row.kind, "level": row.level, "ended_on": row.ended_on, "budget_total": row.budget_total}
        yield ("programme", str(row.id)), facts
