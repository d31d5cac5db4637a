"""Which steps a person may decide at once: those that wait for them, and those that the same key decided before.

Reads only, in a few questions however many there are. Serves CQ2021-2.1 to 2.6 (who decides which tier).
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from fnmatch import fnmatchcase

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.packs import chain_of, pack_of
from ledger.people import person
from models.act import Act
from models.documents import Obligation
from models.office import ActKey
from models.people import Organisation
from models.programme import Programme
from models.review import ApprovalStep, OneTimeCode, Submission
from models.states import DecisionOutcome, StepState, TierAction
from policies.lookup import role_name
from rules.approval import allowed_outcomes


class StepFilter(BaseModel):
    """What is asked of a step; of several values for one thing one must fit. `*` and `?` stand for any signs."""

    programme: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    organisation: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    until: date | None = None

    def fits(self, one: "Choice") -> bool:
        """Whether a step is meant. `centre` fits the tier of every role with that word, `plan` the implementation
        plan; `until` all that are due on that day or before.
        """
        return (
            _fits(self.programme, one.programme)
            and _fits(self.subject, one.subject, *one.subject.split("-"))
            and _fits(self.tier, str(one.tier), one.role_key, *one.role_key.split("-"), one.role)
            and _fits(self.organisation, one.organisation)
            and _fits(self.host, one.host)
            and (self.until is None or (one.until is not None and one.until <= self.until))
        )


def _fits(wanted: tuple[str, ...], *names: str) -> bool:
    return not wanted or any(fnmatchcase(name.casefold(), want.casefold()) for want in wanted for name in names)


class Choice(BaseModel):
    """A step that the person may decide; `before` when the same key decided it in an earlier go."""

    step_id: uuid.UUID
    programme: str
    title: str
    host: str
    subject: str
    version: int
    tier: int
    tiers: int
    role: str
    role_key: str
    organisation: str
    action: str
    outcomes: list[DecisionOutcome]
    until: date | None
    before: bool = False


def choices(act: Act, person_ref: str, key: str | None = None) -> list[Choice]:
    """The steps that wait for this person, by programme and tier, with those that acts under `key` have decided.

    A matter that such an act has decided is not offered again under that key, whatever has opened in it since. Raises
    `NotFound` for an unknown person.
    """
    who = person(act, person_ref)
    before = decided_under(act, key) if key else set()
    mine = select(OneTimeCode.step_id).where(OneTimeCode.person_id == who.id, col(OneTimeCode.used_at).is_(None))
    waiting = (col(ApprovalStep.state) == StepState.OPEN) & col(ApprovalStep.id).in_(mine)
    rows = act.session.exec(
        select(ApprovalStep, Programme, Submission.version, Organisation.name)
        .join(Programme, col(Programme.id) == col(ApprovalStep.programme_id))
        .join(Submission, col(Submission.id) == col(ApprovalStep.submission_id))
        .join(Organisation, col(Organisation.id) == col(ApprovalStep.organisation_id))
        .where(waiting | col(ApprovalStep.id).in_(before))
        .order_by(col(Programme.ref), col(ApprovalStep.subject), col(ApprovalStep.number))
    ).all()
    hosts = dict(
        act.session.exec(
            select(Organisation.id, Organisation.name).where(
                col(Organisation.id).in_({programme.host_id for _, programme, *_ in rows})
            )
        ).all()
    )
    owed = select(Obligation).where(col(Obligation.step_id).in_({step.id for step, *_ in rows}))
    due = {row.step_id: row.due_on for row in act.session.exec(owed).all()}
    finished = {(step.programme_id, step.subject) for step, *_ in rows if step.id in before}
    found = []
    for step, programme, version, organisation in rows:
        if step.id not in before and (step.programme_id, step.subject) in finished:
            continue
        pack = pack_of(act, programme)
        found.append(
            Choice(
                step_id=step.id,
                programme=programme.ref,
                title=programme.short_name,
                host=hosts[programme.host_id],
                subject=step.subject,
                version=version,
                tier=step.number,
                tiers=len(chain_of(pack, programme, step.subject).tiers),
                role=role_name(pack, step.role, "zh-CN"),
                role_key=step.role,
                organisation=organisation,
                action=step.action,
                outcomes=list(allowed_outcomes(TierAction(step.action))),
                until=due.get(step.id),
                before=step.id in before,
            )
        )
    return found


def key_of(key: str, step_id: uuid.UUID) -> str:
    """The idempotency key of one step of a go under `key`."""
    return f"{key}:{step_id}"


def decided_under(act: Act, key: str) -> set[uuid.UUID]:
    """The steps that were decided in a go under this key."""
    query = select(ActKey.answer).where(
        ActKey.operation == "decide-step", col(ActKey.key).startswith(f"{key}:", autoescape=True)
    )
    return set(_steps(act.session.exec(query).all()))


def _steps(answers: Iterable[Mapping[str, object]]) -> Iterable[uuid.UUID]:
    for answer in answers:
        if answer.get("accepted") and answer.get("step_id"):
            yield uuid.UUID(str(answer["step_id"]))
