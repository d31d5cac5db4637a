"""From what a due day is counted, and who owes: recorded days, planned ones until the act is recorded, and the
seats of roles.

Decides no day: `rules.deadlines` does. Serves the anchors of every rule in a pack.
"""

import uuid
from collections.abc import Set
from datetime import date, datetime

from sqlmodel import col, select

from ledger.errors import NotFound
from ledger.packs import chain_of
from ledger.people import seat_of
from models.act import Act
from models.people import Organisation
from models.programme import Phase, Programme, ProgrammeSession, Strand
from models.review import ApprovalStep, Submission
from models.training import Stage
from policies.schema import Pack

TEAM = "training-team"
OF_A_SCHOOL = frozenset({"school", "rural-school", "principal", "teacher", "trainee"})
"""Roles that are found at a school: what is owed per school is owed there."""


def target_of(session_id: uuid.UUID | None, school_id: uuid.UUID | None) -> str:
    """What a phase or stage is for, as text: `programme`, a session, or a session's school."""
    if session_id is None:
        return "programme"
    return f"{session_id}" if school_id is None else str(uuid.uuid5(session_id, str(school_id)))


def step_rule(pack: Pack, programme: Programme, step: ApprovalStep) -> str:
    """The setting that says how long this tier may take."""
    return chain_of(pack, programme, step.subject).tiers[step.number - 1].decision_days


def owner_of(act: Act, programme: Programme, pack: Pack, role: str, school: Organisation | None = None) -> Organisation:
    """The organisation that owes in a role: the school for which it is owed, the host itself, the office, the team, or
    the nearest of that kind, else the host.
    """
    if school is not None and role in OF_A_SCHOOL:
        return school
    host = act.session.get_one(Organisation, programme.host_id)
    known = pack.roles.get(role)
    if known is not None and known.seat == "host":
        return host
    if known is not None and known.seat == "office":
        office = act.session.exec(
            select(Organisation).where(Organisation.kind == role).order_by(col(Organisation.id)).limit(1)
        ).first()
        return office or host
    if role == TEAM:
        strand = act.session.exec(select(Strand).where(Strand.programme_id == programme.id)).first()
        return act.session.get_one(Organisation, strand.team_id) if strand and strand.team_id else host
    try:
        return seat_of(act, role, host)
    except NotFound:
        return host


def anchors(
    act: Act,
    programme: Programme,
    session: ProgrammeSession | None,
    step: ApprovalStep | None,
    counted_from: Set[str],
) -> dict[str, date]:
    """The recorded days from which due days are counted; planned ones stand in until the act is recorded. Those that the
    ledger must be asked for are there where a rule counts from them.
    """

    def day(moment: datetime | None) -> date | None:
        return moment.astimezone(act.zone).date() if moment is not None else None

    found: dict[str, date | None] = {
        "programme.starts_on": programme.started_on or programme.starts_on,
        "programme.ends_on": programme.ends_on,
        "programme.ended_on": programme.ended_on or programme.ends_on,
    }
    if "award.closed_on" in counted_from:
        award = select(Phase.closed_at).where(Phase.programme_id == programme.id, Phase.key == "award")
        found["award.closed_on"] = day(act.session.exec(award).first())
    if session is not None:
        found |= {
            "session.starts_on": session.started_on or session.starts_on,
            "session.ends_on": session.ends_on,
            "session.ended_on": session.ended_on or session.ends_on,
        }
    if step is not None:
        found["step.opened_on"] = day(step.opened_at)
    if "submission.returned_on" in counted_from:
        found["submission.returned_on"] = day(_returned_at(act, programme))
    return {key: value for key, value in found.items() if value is not None}


def _returned_at(act: Act, programme: Programme) -> datetime | None:
    """When the version that was returned last was decided."""
    last = act.session.exec(
        select(Submission.id)
        .where(Submission.programme_id == programme.id, Submission.state == "returned")
        .order_by(col(Submission.id).desc())
    ).first()
    closed = act.session.exec(
        select(ApprovalStep.closed_at).where(ApprovalStep.submission_id == last, ApprovalStep.state == "decided")
    ).all()
    return max((one for one in closed if one), default=None)


def stage_days(
    act: Act, programme: Programme, key: str, session: ProgrammeSession | None, target: str
) -> dict[str, date]:
    """The first and last day of a stage, planned until they are recorded: of the school's own where the target has one,
    else from the first to the last of all that the session (the programme) has.
    """
    query = select(Stage).where(Stage.programme_id == programme.id, Stage.key == key)
    if session is not None:
        query = query.where(Stage.session_id == session.id)
    rows = list(act.session.exec(query).all())
    rows = [row for row in rows if row.target == target] or rows
    if not rows:
        return {}
    return {
        "stage.starts_on": min(row.actual_from or row.planned_from for row in rows),
        "stage.ends_on": max(row.actual_to or row.planned_to for row in rows),
    }


def facts(programme: Programme) -> dict[str, str]:
    """What a pack's exceptions may ask of a programme."""
    return {"programme.kind": programme.kind, "programme.level": programme.level, "host.kind": programme.applicant_kind}


def session_days(act: Act, programme: Programme, session: ProgrammeSession | None) -> list[tuple[date, date]]:
    """The stretches of days on which sessions take place (actual where recorded, else planned)."""
    query = select(Stage).where(Stage.programme_id == programme.id)
    if session is not None:
        query = query.where(Stage.session_id == session.id)
    return sorted(
        {
            (row.actual_from or row.planned_from, row.actual_to or row.planned_to)
            for row in act.session.exec(query).all()
        }
    )
