"""The hourly audit: what is open without a next moment, what is stuck, what waits for nothing; and whose silence alarms.

Looks and tells, mends nothing: what it finds goes to the programme office once a day for each thing that stands so. Each
watch leaves when it last looked; one that has not looked for longer than it may is an alarm of its own, raised by
whoever still lives. Runs on real time where it looks at machines, on the business clock where at deadlines. Serves no
clause of a regulation.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, exists, func, or_
from sqlmodel import col, select

from ledger.core import fingerprint, record
from ledger.outbox import tell
from ledger.packs import pack_at
from ledger.people import office_people
from models.act import Act
from models.documents import Obligation
from models.office import Message, Wake, Watch
from models.people import Organisation
from models.programme import Phase, Programme
from models.register import StandingDuty
from models.review import ApprovalStep, Submission
from models.states import (
    MessageState,
    ObligationState,
    PhaseState,
    ProgrammeState,
    StageState,
    StepState,
    SubmissionState,
)
from models.training import Stage
from policies.lookup import duty_of, ladder_of

SWEEP, AUDIT = "deadline-watch", "hourly-audit"
MAY_BE_SILENT = {SWEEP: timedelta(minutes=30), AUDIT: timedelta(hours=2)}
"""For how long a watch may not have looked: some of its periods, so that one lost run is no alarm."""

STUCK = timedelta(hours=1)
_LATE = timedelta(hours=1)
_EXAMPLES = 5

LABELS = {
    "no-next-moment": ("未办事项没有下一步时间", "open matters without a next moment"),
    "duty-no-next-moment": ("未办常设事项没有下一步时间", "open standing duties without a next moment"),
    "duty-rung-late": ("到期未督办的常设事项", "rungs of standing duties that are due and were not climbed"),
    "rung-late": ("到期未督办的事项", "rungs that are due and were not climbed"),
    "message-stuck": ("滞留的消息", "messages that are stuck"),
    "wake-stuck": ("滞留的运行唤醒", "wakes that are stuck"),
    "review-stalled": ("无人待办的审核", "reviews that wait for nobody"),
    "run-waits-for-nothing": ("已无事可等的环节运行", "runs of phases that nothing is left to wait for"),
    "phase-without-run": ("没有运行承载的环节", "phases that no run carries"),
}


class Finding(BaseModel):
    """One kind of thing that stands where it should not: how many, and a few of them."""

    kind: str
    count: int
    examples: list[str]

    def words(self) -> tuple[str, str]:
        """What it is called, in Chinese and English."""
        zh, en = LABELS[self.kind]
        return f"{zh}:{self.count}项({'、'.join(self.examples)})", f"{en}: {self.count} ({', '.join(self.examples)})"


class WatchView(BaseModel):
    """A watch of the office: when it last looked (real time), whether it has been silent too long, what it found."""

    name: str
    looked_at: datetime | None
    silent: bool
    found: list[Finding] = []


def look_over(act: Act, real_now: datetime) -> list[Finding]:
    """Look for what stands where it should not, record what was found, tell the office of it once a day."""
    found = [one for one in _findings(act, real_now) if one is not None]
    looked(act, AUDIT, real_now, found)
    if found:
        matter = f"{act.today}:{fingerprint([[one.kind, one.examples] for one in found])[:16]}"
        told = tell(
            act,
            "watch-found",
            matter,
            office_people(act),
            found=[one.words()[0] for one in found],
            found_en=[one.words()[1] for one in found],
            count=sum(one.count for one in found),
        )
        record(act, "audit_found", **{one.kind.replace("-", "_"): one.count for one in found}, told=told)
    return found


def looked(act: Act, name: str, real_now: datetime, found: Iterable[Finding] = ()) -> None:
    """A watch has looked: its silence begins anew."""
    row = act.session.get(Watch, name) or Watch(name=name, looked_at=real_now)
    row.looked_at, row.silence_told_at = real_now, None
    row.found = [one.model_dump(mode="json") for one in found]
    act.session.add(row)
    act.session.flush()


def _findings(act: Act, real_now: datetime) -> Iterable[Finding | None]:
    open_one = Obligation.state == ObligationState.OPEN
    yield _of_obligations(
        act, "no-next-moment", open_one, col(Obligation.next_at).is_(None), col(Obligation.rests).is_(None)
    )
    late = act.now - _LATE  # what was recorded since may be overdue from its first moment; the next sweep takes it
    yield _of_obligations(act, "rung-late", open_one, col(Obligation.next_at) < late, col(Obligation.created_at) < late)
    yield _of_duties_at_rest(act)
    yield _of_duties(act, "duty-rung-late", col(StandingDuty.next_at) < late, col(StandingDuty.created_at) < late)
    yield _of_messages(act, real_now)
    yield _of_wakes(act, real_now)
    yield _of_reviews(act)
    yield _of_phases(act)
    yield _of_idle_phases(act)


def _of_obligations(act: Act, kind: str, *where: ColumnElement[bool] | bool) -> Finding | None:
    count = act.session.exec(select(func.count()).select_from(Obligation).where(*where)).one()
    if not count:
        return None
    query = (
        select(Programme.ref, Obligation.kind)
        .join(Programme, col(Programme.id) == col(Obligation.programme_id))
        .where(*where)
        .order_by(col(Obligation.due_at), col(Obligation.id))
        .limit(_EXAMPLES)
    )
    rows = act.session.exec(query).all()
    return Finding(kind=kind, count=count, examples=[f"{ref} {name}" for ref, name in rows])


def _of_duties_at_rest(act: Act) -> Finding | None:
    """Open duties without a next moment whose ladder is not climbed to its top, or whose text no longer knows them."""
    snapshot, kind, rung = col(StandingDuty.snapshot_id), col(StandingDuty.kind), col(StandingDuty.rung)
    rests = col(StandingDuty.next_at).is_(None)
    alike = select(StandingDuty.snapshot_id, StandingDuty.kind, StandingDuty.rung).distinct()
    groups = act.session.exec(alike.where(rests, StandingDuty.state == ObligationState.OPEN)).all()
    astray = [and_(snapshot == one[0], kind == one[1], rung == one[2]) for one in groups if not _at_its_top(act, *one)]
    return _of_duties(act, "duty-no-next-moment", rests, or_(*astray)) if astray else None


def _at_its_top(act: Act, snapshot_id: uuid.UUID, kind: str, rung: int) -> bool:
    pack = pack_at(act, snapshot_id)
    try:
        return rung >= len(ladder_of(pack, duty_of(pack, kind).ladder).rungs)
    except LookupError:
        return False


def _of_duties(act: Act, kind: str, *where: ColumnElement[bool]) -> Finding | None:
    where = (col(StandingDuty.state) == ObligationState.OPEN, *where)
    count = act.session.exec(select(func.count()).select_from(StandingDuty).where(*where)).one()
    if not count:
        return None
    query = (
        select(Organisation.name, StandingDuty.kind)
        .join(StandingDuty, col(StandingDuty.owed_by_id) == col(Organisation.id))
        .where(*where)
        .order_by(col(StandingDuty.due_at), col(StandingDuty.id))
        .limit(_EXAMPLES)
    )
    rows = act.session.exec(query).all()
    return Finding(kind=kind, count=count, examples=list(dict.fromkeys(f"{body} {name}" for body, name in rows)))


def _of_messages(act: Act, real_now: datetime) -> Finding | None:
    """Queued ones whose moment came long ago and that no failure explains, and those whose sender died."""
    limit = min(real_now, act.now) - STUCK
    where = (
        (col(Message.state) == MessageState.QUEUED) & col(Message.error).is_(None) & (col(Message.next_try_at) < limit)
    ) | ((col(Message.state) == MessageState.SENDING) & (col(Message.next_try_at) < real_now - STUCK))
    count = act.session.exec(select(func.count()).select_from(Message).where(where)).one()
    if not count:
        return None
    rows = act.session.exec(select(Message.kind).where(where).order_by(col(Message.created_at)).limit(_EXAMPLES)).all()
    return Finding(kind="message-stuck", count=count, examples=list(dict.fromkeys(rows)))


def _of_wakes(act: Act, real_now: datetime) -> Finding | None:
    where = (col(Wake.done_at).is_(None)) & (col(Wake.created_at) < min(real_now, act.now) - STUCK)
    count = act.session.exec(select(func.count()).select_from(Wake).where(where)).one()
    if not count:
        return None
    rows = act.session.exec(
        select(Programme.ref)
        .join(Wake, col(Wake.programme_id) == col(Programme.id))
        .where(where)
        .order_by(col(Wake.created_at))
        .limit(_EXAMPLES)
    ).all()
    return Finding(kind="wake-stuck", count=count, examples=list(dict.fromkeys(rows)))


def _of_reviews(act: Act) -> Finding | None:
    """Versions under review of which no tier is open: nobody is asked, so nothing would ever come."""
    waits = exists().where(
        col(ApprovalStep.submission_id) == col(Submission.id), col(ApprovalStep.state) == StepState.OPEN
    )
    rows = act.session.exec(
        select(Programme.ref, Submission.subject)
        .join(Programme, col(Programme.id) == col(Submission.programme_id))
        .where(Submission.state == SubmissionState.UNDER_REVIEW, ~waits)
        .order_by(Programme.ref)
    ).all()
    return _counted("review-stalled", [f"{ref} {subject}" for ref, subject in rows])


def _of_phases(act: Act) -> Finding | None:
    rows = act.session.exec(
        select(Programme.ref, Phase.key)
        .join(Programme, col(Programme.id) == col(Phase.programme_id))
        .where(Phase.state == PhaseState.OPEN, col(Phase.run_id).is_(None), Phase.opened_at < act.now - STUCK)
        .order_by(Programme.ref, Phase.key)
    ).all()
    return _counted("phase-without-run", [f"{ref} {name}" for ref, name in rows])


def _of_idle_phases(act: Act) -> Finding | None:
    """Phases open for long of which every stage is closed, or whose programme has come to its end or was rejected."""
    own = col(Stage.session_id) == col(Phase.session_id)
    one_stage = (col(Stage.key) == col(Phase.key)) & col(Stage.school_id).is_not_distinct_from(col(Phase.school_id))
    under_way = exists().where(
        own, (col(Phase.flow) != "training-stage") | one_stage, col(Stage.state) != StageState.CLOSED
    )
    stages_over = col(Phase.flow).in_(("training-stage", "delivery")) & ~under_way
    programme_over = col(Programme.state).in_((ProgrammeState.REJECTED, ProgrammeState.EVALUATED))
    rows = act.session.exec(
        select(Programme.ref, Phase.key)
        .join(Programme, col(Programme.id) == col(Phase.programme_id))
        .where(Phase.state == PhaseState.OPEN, Phase.opened_at < act.now - STUCK, stages_over | programme_over)
        .order_by(Programme.ref, Phase.key)
    ).all()
    return _counted("run-waits-for-nothing", [f"{ref} {name}" for ref, name in rows])


def _counted(kind: str, names: list[str]) -> Finding | None:
    return Finding(kind=kind, count=len(names), examples=names[:_EXAMPLES]) if names else None


# --- whose silence alarms -------------------------------------------------------------------------------------------


def watches(act: Act, real_now: datetime) -> list[WatchView]:
    """Every watch: when it last looked, and whether it has been silent for too long."""
    found = []
    for name, limit in MAY_BE_SILENT.items():
        row = act.session.get(Watch, name)
        found.append(
            WatchView(
                name=name,
                looked_at=row.looked_at if row else None,
                silent=row is not None and row.looked_at < real_now - limit,
                found=[Finding.model_validate(one) for one in row.found] if row else [],
            )
        )
    return found


def silent_untold(act: Act, real_now: datetime) -> list[str]:
    """The watches whose silence nobody was told of yet; one that never looked counts from when it was first missed."""
    found = []
    for name, limit in MAY_BE_SILENT.items():
        row = act.session.get(Watch, name)
        if row is None or (row.looked_at < real_now - limit and row.silence_told_at is None):
            found.append(name)
    return found


def tell_of_silence(act: Act, real_now: datetime) -> list[str]:
    """Tell the office of each watch that has been silent for too long, once a silence. Answers which.

    One that has never looked is noted as missed from now on, so that a fresh office is given its time.
    """
    told = []
    for name in silent_untold(act, real_now):
        row = act.session.get(Watch, name)
        if row is None:
            looked(act, name, real_now)
            continue
        row.silence_told_at = real_now
        act.session.add(row)
        record(act, "watch_silent", watch=name, since=row.looked_at)
        since = row.looked_at.astimezone(act.zone).isoformat(timespec="minutes")
        tell(act, "watch-silent", f"{name}:{since}", office_people(act), watch=name, since=since)
        told.append(name)
    return told
