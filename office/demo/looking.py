"""What the demo reads in the ledger while it acts: what is open, what is due, who is who. Reads only."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from ledger import obligations
from ledger.packs import pack_at, pack_of
from ledger.queries.carriers import unsettled_carriers
from ledger.standing_queries import OPEN, next_standing
from models.documents import Obligation
from models.office import BusinessClock, FormAsk, Message, Wake
from models.people import Person
from models.programme import Phase, Programme, ProgrammeSession
from models.register import StandingDuty
from models.review import ApprovalStep, Decision
from models.states import MessageState, ObligationState, StepState
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from policies.lookup import duty_of


@dataclass(frozen=True)
class OpenStep:
    """A tier that waits for a decision, and who was asked by which message: (person ref, address, message id)."""

    id: uuid.UUID
    subject: str
    tier: int
    asked: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Due:
    """Something owed of which a rung is due: of which programme and session (None: the whole, or none at all), what, in
    both languages.
    """

    programme: str | None
    session: int | None
    zh: str
    en: str


@dataclass(frozen=True)
class Report:
    """A weekly report that is owed: of which programme and session, which one, and by when."""

    programme: str
    session: int
    number: int
    due_at: datetime


class Looking:
    """Questions to the ledger of one office."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def now(self) -> datetime | None:
        """The moment at which the demo's clock stands."""
        with reading(self._settings) as act:
            clock = act.session.get(BusinessClock, 1)
            return clock.frozen_at if clock else None

    def next_rung(self) -> datetime | None:
        """When the next rung of any ladder is due, of a programme's matter or of a standing duty."""
        with reading(self._settings) as act:
            known = (obligations.next_moment(act), next_standing(act))
            return min((one for one in known if one is not None), default=None)

    def rungs_due(self, moment: datetime) -> list[Due]:
        """What has a rung that is due by a moment, the oldest first."""
        with reading(self._settings) as act:
            rows = act.session.exec(
                select(Obligation, Programme, ProgrammeSession.number)
                .join(Programme, col(Programme.id) == col(Obligation.programme_id))
                .join(ProgrammeSession, col(ProgrammeSession.id) == col(Obligation.session_id), isouter=True)
                .where(Obligation.state == ObligationState.OPEN, col(Obligation.next_at) <= moment)
                .order_by(col(Obligation.next_at), col(Obligation.id))
            ).all()
            found = []
            for row, programme, session in rows:
                name = next(one.name for one in pack_of(act, programme).obligations if one.key == row.kind)
                found.append(Due(programme.ref, session, name.zh, name.en))
            due = (StandingDuty.state == OPEN, col(StandingDuty.next_at) <= moment)
            for duty in act.session.exec(select(StandingDuty).where(*due).order_by(col(StandingDuty.next_at))).all():
                name = duty_of(pack_at(act, duty.snapshot_id), duty.kind).name
                found.append(Due(None, None, name.zh, name.en))
            return found

    def refs(self) -> dict[str, str]:
        """People's numbers by their names (each sample name is there once)."""
        with reading(self._settings) as act:
            return {who.name: who.ref for who in act.session.exec(select(Person)).all()}

    def programme(self, title: str) -> str:
        """The ref of the programme of that title."""
        with reading(self._settings) as act:
            return act.session.exec(select(Programme.ref).where(Programme.title == title)).one()

    def open_step(self, programme: str, subject: str) -> OpenStep | None:
        """The tier of a subject that waits for a decision, if one does."""
        with reading(self._settings) as act:
            query = (
                select(ApprovalStep)
                .join(Programme, col(Programme.id) == col(ApprovalStep.programme_id))
                .where(
                    Programme.ref == programme, ApprovalStep.subject == subject, ApprovalStep.state == StepState.OPEN
                )
            )
            step = act.session.exec(query).first()
            if step is None:
                return None
            rows = act.session.exec(
                select(Message, Person)
                .join(Person, col(Person.id) == col(Message.person_id))
                .where(Message.step_id == step.id, Message.kind == "decision-asked")
                .order_by(col(Message.id))
            ).all()
            asked = tuple((who.ref, who.email or "", str(message.id)) for message, who in rows)
            return OpenStep(step.id, step.subject, step.number, asked)

    def decided(self, step_id: uuid.UUID) -> bool:
        """Whether a tier has decided."""
        with reading(self._settings) as act:
            return act.session.exec(select(Decision.id).where(Decision.step_id == step_id)).first() is not None

    def answer_taken_in(self, run_id: uuid.UUID, key: str) -> str | None:
        """What came of the answer to a form's question (empty when it was accepted), or None while it was not
        taken in."""
        with reading(self._settings) as act:
            row = act.session.exec(select(FormAsk).where(FormAsk.run_id == run_id, FormAsk.key == key)).first()
            return (row.answer or "") if row is not None and row.taken_in_at is not None else None

    def message_sent(self, message_id: str) -> bool:
        """Whether a message went out."""
        with reading(self._settings) as act:
            state = act.session.get_one(Message, uuid.UUID(message_id)).state
            return state in (MessageState.SENT, MessageState.DELIVERED)

    def open_wakes(self) -> list[str]:
        """What is still to be looked at by a run, in words, oldest first."""
        with reading(self._settings) as act:
            rows = act.session.exec(
                select(Wake, Programme)
                .join(Programme, col(Programme.id) == col(Wake.programme_id))
                .where(col(Wake.done_at).is_(None))
                .order_by(col(Wake.created_at))
            ).all()
            found = []
            for wake, programme in rows:
                phase = act.session.get(Phase, wake.phase_id) if wake.phase_id else None
                run = phase.run_id if phase else programme.run_id
                found.append(f"{programme.ref} {phase.key if phase else 'lifecycle'} (run {run or '-'})")
            return found

    def unsent(self) -> list[str]:
        """Messages that have not gone out yet, in words."""
        with reading(self._settings) as act:
            waiting = (MessageState.QUEUED, MessageState.SENDING)
            rows = act.session.exec(
                select(Message).where(col(Message.state).in_(waiting)).order_by(col(Message.id))
            ).all()
            return [f"{row.kind} {row.id}: {row.state}{f' ({row.error})' if row.error else ''}" for row in rows]

    def busy(self, lag: int = 0) -> bool:
        """Whether more than `lag` wakes are open or a message has not gone out."""
        with reading(self._settings) as act:
            wakes = act.session.exec(select(Wake.id).where(col(Wake.done_at).is_(None)).limit(lag + 1)).all()
            if len(wakes) > lag:
                return True
            waiting = (MessageState.QUEUED, MessageState.SENDING)
            query = select(Message.id).where(col(Message.state).in_(waiting))
            return act.session.exec(query.limit(1)).first() is not None

    def unsettled(self) -> list[str]:
        """What the ledger still expects of runs: phases and lifecycles whose run has not been seen complete."""
        with reading(self._settings) as act:
            return [f"{one.programme_ref} {one.flow} (run {one.run_id})" for one in unsettled_carriers(act)]

    def weekly_reports(self) -> list[Report]:
        """The weekly reports that are owed, soonest first."""
        with reading(self._settings) as act:
            rows = act.session.exec(
                select(Obligation, Programme.ref, ProgrammeSession.number)
                .join(Programme, col(Programme.id) == col(Obligation.programme_id))
                .join(ProgrammeSession, col(ProgrammeSession.id) == col(Obligation.session_id))
                .where(Obligation.kind == "weekly-report", Obligation.state == ObligationState.OPEN)
                .order_by(col(Obligation.due_at), col(Obligation.id))
            ).all()
            return [Report(ref, session, row.number, row.due_at) for row, ref, session in rows]
