"""What the checks at the door `nomination` ask of a session's nominees, read at once for all of them.

Counts the programmes and hours of each, what overlaps with the session, whether subject, stage and role fit, and the
grounds of the recommendation. Registers that it looks into, where a pack has them: `recommendation` (teacher, grounds),
`teacher-profile` (subject, school_stage, role) and `school-calendar` (from_on, to_on). Decides nothing itself. Serves
CQ2021-5.4, 5.5, 10.2, 10.5 and 10.6.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import col, select

from ledger.entries import entry_facts
from models.act import Act
from models.people import Organisation
from models.programme import Programme, ProgrammeSession
from models.states import NominationState
from models.training import Attendance, Nomination, Stage
from models.values import Verdict
from policies.schema import Pack
from rules.bars import may_pass
from rules.checks import at_door, plain, words_in
from rules.indicators import EntryFact

DOOR = "nomination"
RECOMMENDATION, PROFILE, CALENDAR = "recommendation", "teacher-profile", "school-calendar"
_TAKING_PART = (NominationState.REVIEWED, NominationState.CONFIRMED, NominationState.FINISHED)
_FITS = {"subject": "subject", "school-stage": "school_stage", "role": "role"}


def nomination_notes(
    act: Act,
    programme: Programme,
    session: ProgrammeSession,
    pack: Pack,
    rows: Sequence[Nomination],
    refs: Mapping[uuid.UUID, str],
    schools: Mapping[uuid.UUID, Organisation],
    reasons: Mapping[uuid.UUID, Mapping[str, str]],
) -> dict[uuid.UUID, tuple[Verdict, ...]]:
    """For each nomination one verdict for every check of the pack at this door; nothing where the pack has none."""
    if not any(DOOR in check.subjects for check in pack.checks):
        return {}
    people = {row.person_id for row in rows}
    others = _other_sessions(act, session, people)
    hours = _hours_this_term(act, session, people)
    entries = entry_facts(act, pack, (RECOMMENDATION, PROFILE, CALENDAR))
    roles = [step.role for step in pack.selection.steps] if pack.selection else []
    found = {}
    for row in rows:
        ref, school = refs[row.person_id], schools[row.school_id]
        theirs = others[row.person_id]
        facts: dict[str, Any] = {
            "teacher": ref,
            "school": school.name,
            "programme.kind": programme.kind,
            "programme.level": programme.level,
            "programmes_this_year": 1
            + len({one.programme_id for one in theirs if one.starts_on.year == session.starts_on.year}),
            "hours_this_term": hours[row.person_id],
            "fits": _fitting(programme, entries, ref),
            "conflicts": _conflicts(session, theirs, entries, school),
            "grounds": [
                word
                for entry in entries
                if entry.register == RECOMMENDATION
                and entry.subject == programme.ref
                and plain(entry.content.get("teacher")) == ref
                for word in words_in(entry.content, "grounds")
            ],
        }
        found[row.id] = at_door(pack, DOOR, facts, act.today, acting_as=roles, reasons=reasons[row.id])
    return found


def bars_on(
    act: Act,
    programme: Programme,
    session: ProgrammeSession,
    pack: Pack,
    rows: Sequence[Nomination],
    refs: Mapping[uuid.UUID, str],
    reasons: Mapping[uuid.UUID, Mapping[str, str]],
) -> dict[uuid.UUID, tuple[Verdict, ...]]:
    """For each nomination one verdict for every bar of the pack at this door, by the session's first day."""
    bars = [bar for bar in pack.bars if DOOR in bar.bars]
    if not bars:
        return {}
    entries = entry_facts(act, pack, {key for bar in bars for key in (bar.register_, bar.lifted_by) if key})
    about = {"programme.kind": programme.kind, "programme.level": programme.level}
    return {
        row.id: may_pass(
            pack, DOOR, {"teacher": refs[row.person_id], **about}, entries, session.starts_on, reasons[row.id]
        )
        for row in rows
    }


def _other_sessions(
    act: Act, session: ProgrammeSession, people: set[uuid.UUID]
) -> dict[uuid.UUID, list[ProgrammeSession]]:
    """The sessions of other programmes in which these people take or took part."""
    query = (
        select(Nomination.person_id, ProgrammeSession)
        .join(ProgrammeSession, col(ProgrammeSession.id) == col(Nomination.session_id))
        .where(
            col(Nomination.person_id).in_(people),
            col(Nomination.state).in_(_TAKING_PART),
            ProgrammeSession.programme_id != session.programme_id,
        )
    )
    found: dict[uuid.UUID, list[ProgrammeSession]] = defaultdict(list)
    for person_id, other in act.session.exec(query).all():
        found[person_id].append(other)
    return found


def _hours_this_term(act: Act, session: ProgrammeSession, people: set[uuid.UUID]) -> dict[uuid.UUID, Decimal]:
    """Hours that these people have collected in the half-year in which the session begins."""
    first = date(session.starts_on.year, 1 if session.starts_on.month <= 6 else 7, 1)
    query = (
        select(col(Nomination.person_id), col(Attendance.hours))
        .join(Attendance, col(Attendance.nomination_id) == col(Nomination.id))
        .join(Stage, col(Stage.id) == col(Attendance.stage_id))
        .where(
            col(Nomination.person_id).in_(people), Stage.planned_to >= first, Stage.planned_from <= session.starts_on
        )
    )
    found: dict[uuid.UUID, Decimal] = defaultdict(Decimal)
    for person_id, hours in act.session.exec(query).all():
        found[person_id] += Decimal(str(hours))
    return found


def _fitting(programme: Programme, entries: Sequence[EntryFact], ref: str) -> list[str]:
    """In which respects the training fits the teacher; what no profile speaks of is taken to fit."""
    profile: Mapping[str, Any] = {}
    for entry in entries:
        if entry.register == PROFILE and ref in (entry.subject, plain(entry.content.get("teacher"))):
            profile = entry.content  # the latest one counts
    asked = {"subject": programme.subject}
    return [
        word
        for word, field in _FITS.items()
        if field not in profile or field not in asked or asked[field] == plain(profile[field])
    ]


def _conflicts(
    session: ProgrammeSession, theirs: Sequence[ProgrammeSession], entries: Sequence[EntryFact], school: Organisation
) -> list[str]:
    """What stands against the days of the session: another programme of the teacher, examinations of the school."""
    found = []
    if any(one.starts_on <= session.ends_on and session.starts_on <= one.ends_on for one in theirs):
        found.append("same-teacher-overlap")
    for entry in entries:
        if entry.register != CALENDAR or entry.subject not in (school.name, entry.recorded_by):
            continue
        first, last = (date.fromisoformat(plain(entry.content[key])) for key in ("from_on", "to_on"))
        if first <= session.ends_on and session.starts_on <= last:
            found.append("school-calendar")
            break
    return found
