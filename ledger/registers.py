"""Registers: what must be recorded is written down, found again, marked and, where it was wrong, annulled with a reason.

What an entry holds, who writes it and what stands at its door is declared in the pack; `rules.registers`, `rules.checks`
and `rules.bars` decide. An entry is never changed. It may meet what was owed for it, of the programme or standing. Serves
every `record` clause.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlmodel import col, select

from ledger.core import Done, next_number, operation, record, wake
from ledger.entries import ANNULLED, KEPT, entry_facts, entry_of, marks_of
from ledger.errors import BadInput, NotFound, Refused, refusal
from ledger.filings import Stored, keep
from ledger.meeting import met_targets
from ledger.obligations import meet, oblige
from ledger.packs import pack_of
from ledger.people import organisation, person, roles_of
from ledger.programmes import by_ref
from models.act import Act
from models.people import Organisation, Person
from models.programme import Programme, ProgrammeSession, SessionSchool
from models.register import EntryMark, RegisterEntry
from models.review import Submission
from models.training import Nomination
from policies.lookup import register_of
from policies.mechanisms import SYSTEM, Check, Register
from policies.schema import Pack
from rules.bars import may_pass
from rules.checks import at_door
from rules.indicators import EntryFact, counted
from rules.registers import identity, may_mark, may_record, read_entry

PACK = frozenset({"pack"})
"""The pack is what an act is judged by, no part of what is said: an amended pack makes no second act of it."""
CONTACT = "contact"
_NO_VALUES: Mapping[str, str] = {}


@operation("record-entry", Done, unsaid=PACK)
def record_entry(
    act: Act,
    pack: Pack,
    key: str,
    content: Mapping[str, Any],
    about: str | None = None,
    on: date | None = None,
    evidence: Stored | None = None,
    reasons: Mapping[str, str] = _NO_VALUES,
) -> Done:
    """Write an entry into a register; `about` is the programme's ref, the organisation's name or the person's number.

    `on` is the day of what is recorded (today where it is not said). Answers the entry's ref. Raises `NotFound` for a
    register, programme, organisation or person that is not known, `BadInput` for fields that do not fit, `Refused` where
    the role does not record here or a check at the door refuses.
    """
    programme = by_ref(act, about) if about and _about(pack, key) == "programme" else None
    if programme is not None:
        pack = pack_of(act, programme)
    register = register_of(pack, key)
    subject = _subject(act, register, about, programme)
    roles = roles_here(act, pack, programme)
    _must(may_record(pack, register, roles))
    where = _organisation_of(act)
    _must_reach(act, register, where, subject)
    day = on or act.today
    if day > act.today:
        raise BadInput([("on", f"{day} has not come yet; an entry says what has happened")])
    values, problems = read_entry(pack, register, content)
    problems += _unknown(act, register, values)
    if register.evidence == "required" and evidence is None:
        problems.append(("evidence", "is missing; attach the document that shows it (--file)"))
    if problems:
        raise BadInput(problems)
    entry = EntryFact(key, day, subject.name, where.name if where else SYSTEM, values)
    verdicts = _door(act, pack, f"register:{key}", entry, programme, roles, reasons)
    if any(not verdict.allowed for verdict in verdicts):
        raise Refused(*(verdict for verdict in verdicts if not verdict.allowed))
    told = identity(register, subject.name, values)
    mark = hashlib.sha256(f"{pack.pack}|{told}".encode()).hexdigest() if told else None
    if mark is not None and act.session.exec(select(RegisterEntry.id).where(RegisterEntry.identity == mark)).first():
        raise refusal(
            "entry-once",
            f"“{register.name.zh}”已有相同登记;如有误,请先撤销原登记",
            f"{register.name.en} holds this already; annul the former entry if it is wrong",
            basis=register.basis,
        )
    row = RegisterEntry(
        ref=f"R-{next_number(act, 'R'):06d}",
        pack=pack.pack,
        register_key=key,
        programme_id=programme.id if programme else None,
        subject_organisation_id=subject.organisation_id,
        subject_person_id=subject.person_id,
        subject=subject.name,
        happened_on=day,
        content=values,
        verdicts=[verdict.model_dump(mode="json") for verdict in verdicts],
        clause=register.cites,
        document_id=keep(act, evidence).id if evidence else None,
        file_name=evidence.file_name if evidence else None,
        organisation_id=where.id if where else None,
        person_id=act.actor.person_id,
        state=KEPT,
        identity=mark,
        created_at=act.now,
    )
    act.session.add(row)
    act.session.flush()
    record(
        act,
        "entry_recorded",
        programme,
        ref=row.ref,
        pack=pack.pack,
        register=key,
        about=subject.name,
        on=day,
        content=values,
        evidence=evidence.sha256 if evidence else None,
        clauses=list(register.clauses),
        noted=[verdict.key for verdict in verdicts if verdict.facts.get("warned") or verdict.facts.get("reason")],
    )
    if not register.marks:
        _settle(act, pack, register, row, programme)
    return Done(id=row.id, ref=row.ref)


def _settle(act: Act, pack: Pack, register: Register, row: RegisterEntry, programme: Programme | None) -> None:
    """A whole entry meets what was owed for it, and opens what it brings about."""
    from ledger.hours import REGISTER as HOURS
    from ledger.standing import meet_by_hours, meet_standing, open_after

    matter = f"register:{register.key}"
    if programme is not None:
        for target in met_targets(act, pack, matter, programme, row):
            meet(act, programme, matter, target=target)
        oblige(act, programme, matter)
        wake(act, programme)
    meet_standing(act, pack, matter, row)
    if register.key == HOURS:
        who = person(act, str(row.content.get("teacher") or row.subject))
        meet_by_hours(act, pack, who.id, row.happened_on)
    open_after(act, pack, matter, row)


@operation("mark-entry", Done, unsaid=PACK)
def mark_entry(act: Act, pack: Pack, ref: str, mark: str) -> Done:
    """Give an entry its next mark (checked, approved, filed, read). Raises `NotFound`, or `Refused` out of turn or role."""
    row = entry_of(act, ref)
    programme = act.session.get(Programme, row.programme_id) if row.programme_id else None
    pack = pack_of(act, programme) if programme else pack
    register = register_of(pack, row.register_key)
    done = marks_of(act, row)
    _must(may_mark(pack, register, mark, done, roles_here(act, pack, programme)))
    act.session.add(
        EntryMark(entry_id=row.id, mark=mark, person_id=act.actor.person_id, marked_at=act.now, created_at=act.now)
    )
    record(act, "entry_marked", programme, ref=row.ref, register=register.key, mark=mark)
    if len(done) + 1 == len(register.marks):
        _settle(act, pack, register, row, programme)
    act.session.flush()
    return Done(id=row.id, ref=row.ref)


@operation("annul-entry", Done, unsaid=PACK)
def annul_entry(act: Act, pack: Pack, ref: str, why: str) -> Done:
    """Take an entry out of force with its reason (an appeal that was upheld, a mistake); it stays to be read.

    Raises `NotFound`, `BadInput` without a reason, `Refused` for a role that does not record there.
    """
    row = entry_of(act, ref)
    if not why.strip():
        raise BadInput([("why", "is empty; say why the entry is annulled")])
    if row.state == ANNULLED:
        raise BadInput([("ref", f"{row.ref} is annulled already")])
    programme = act.session.get(Programme, row.programme_id) if row.programme_id else None
    pack = pack_of(act, programme) if programme else pack
    _must(may_record(pack, register_of(pack, row.register_key), roles_here(act, pack, programme)))
    row.state, row.annulled_because, row.identity = ANNULLED, why.strip()[:400], None
    act.session.add(row)
    record(act, "entry_annulled", programme, ref=row.ref, register=row.register_key, why=why.strip())
    return Done(id=row.id, ref=row.ref)


# --- who and what -----------------------------------------------------------------------------------------------------


class Subject:
    """What an entry speaks of: its name, and its row where it is an organisation or a person."""

    def __init__(
        self, name: str, organisation_row: Organisation | None = None, person_row: Person | None = None
    ) -> None:
        self.name = name
        self.organisation = organisation_row
        self.organisation_id = organisation_row.id if organisation_row else None
        self.person_id = person_row.id if person_row else None


def _about(pack: Pack, key: str) -> str:
    """What a register speaks of; a register that only the programme's own pack has speaks of the programme."""
    return next((register.about for register in pack.registers if register.key == key), "programme")


def _subject(act: Act, register: Register, about: str | None, programme: Programme | None) -> Subject:
    if register.about == "region":
        return Subject("")
    if programme is not None:
        return Subject(programme.ref)
    if not about:
        mine = _organisation_of(act)
        if register.about == "organisation" and mine is not None:
            return Subject(mine.name, mine)
        raise BadInput([("about", f"is missing; say which {register.about} it speaks of (--about)")])
    if register.about == "person":
        who = person(act, about)
        return Subject(who.ref, act.session.get_one(Organisation, who.organisation_id), who)
    row = organisation(act, about)
    return Subject(row.name, row)


def _organisation_of(act: Act) -> Organisation | None:
    who = act.session.get(Person, act.actor.person_id) if act.actor.person_id else None
    return act.session.get(Organisation, who.organisation_id) if who else None


def roles_here(act: Act, pack: Pack, programme: Programme | None) -> frozenset[str]:
    """The roles in which the actor may record: those held, those of the organisation for its contact, the host's.

    Where the pack gives a role its seat in the host, it is held for the host's own programmes only. A school that is
    recorded as a rural one is a `rural-school`, and whoever is confirmed in the programme its `trainee`.
    """
    if act.actor.person_id is None:
        return frozenset({SYSTEM})
    held: set[str] = set()
    for where, role in roles_of(act, act.actor.person_id):
        body = act.session.get_one(Organisation, where)
        kind = body.kind
        known = pack.roles.get(role)
        seated = known is not None and known.seat == "host"
        if not (seated and programme is not None and where != programme.host_id):
            held.add(role)
        if role not in ("teacher", "trainee") and (role in (CONTACT, kind) or seated):
            held.add(kind)
            if kind == "school" and body.rural:
                held.add("rural-school")
            if programme is None or where == programme.host_id:
                held |= {key for key, one in pack.roles.items() if one.seat == "host" and key == "host-institution"}
    if programme is not None and _takes_part(act, programme):
        held.add("trainee")
    return frozenset(held)


def _takes_part(act: Act, programme: Programme) -> bool:
    """Whether the acting person is a confirmed trainee of the programme."""
    query = select(Nomination.id).where(
        Nomination.programme_id == programme.id,
        Nomination.person_id == act.actor.person_id,
        col(Nomination.state).in_(["confirmed", "finished"]),
    )
    return act.session.exec(query.limit(1)).first() is not None


def _must_reach(act: Act, register: Register, where: Organisation | None, subject: Subject) -> None:
    """One records about one's own organisation, its people, or those below it; a body beside them belongs to the one above."""
    if where is None or subject.organisation is None or register.about == "programme":
        return
    above, at = {subject.organisation.id}, subject.organisation
    while at.parent_id is not None:
        above.add(at.parent_id)
        at = act.session.get_one(Organisation, at.parent_id)
    if where.id not in above and where.parent_id not in above:
        raise refusal(
            "entry-reach",
            f"{where.name}不能登记{subject.organisation.name}的事项",
            f"{where.name} does not record what concerns {subject.organisation.name}",
            setting="doors.register",
        )


def _unknown(act: Act, register: Register, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Fields that name a person or an organisation that the ledger does not know."""
    problems = []
    for field in register.fields:
        told = values.get(field.key)
        if told is None or field.type not in ("person", "organisation"):
            continue
        try:
            person(act, str(told)) if field.type == "person" else organisation(act, str(told))
        except NotFound as error:
            problems.append((field.key, str(error)))
    return problems


def _must(verdict: Any) -> None:
    if not verdict.allowed:
        raise Refused(verdict)


# --- the door ---------------------------------------------------------------------------------------------------------


def _door(
    act: Act,
    pack: Pack,
    door: str,
    entry: EntryFact,
    programme: Programme | None,
    roles: Iterable[str],
    reasons: Mapping[str, str],
) -> list[Any]:
    facts: dict[str, Any] = {"subject": entry.subject, **entry.content}
    if programme is not None:
        facts |= programme_facts(act, programme)
    checks = [check for check in pack.checks if door in check.subjects]
    for check in checks:
        facts |= counts(act, pack, check, entry)
    bars = [bar for bar in pack.bars if door in bar.bars]
    found = list(at_door(pack, door, facts, entry.on, reasons=reasons, acting_as=roles))
    if bars:
        barring = {key for bar in bars for key in (bar.register_, bar.lifted_by) if key}
        found += may_pass(pack, door, facts, entry_facts(act, pack, barring), act.today, reasons)
    return found


def counts(act: Act, pack: Pack, check: Check, entry: EntryFact) -> dict[str, Any]:
    """The facts that a check counts over registers, beside the entry at the door."""
    found: dict[str, Any] = {}
    for name, count in check.facts.items():
        kept = entry_facts(act, pack, {count.register_}) if count.register_ else []
        found[name] = counted(count, kept, entry)
    return found


def programme_facts(act: Act, programme: Programme) -> dict[str, Any]:
    """What a check at a register's door may ask of the programme it speaks of."""
    content = act.session.exec(
        select(Submission.content)
        .where(Submission.programme_id == programme.id, Submission.subject == "application")
        .order_by(col(Submission.version).desc())
    ).first()
    lines = content.get("budget", []) if isinstance(content, dict) else []
    sessions = select(ProgrammeSession).where(ProgrammeSession.programme_id == programme.id)
    visits = select(SessionSchool.id).join(ProgrammeSession, col(ProgrammeSession.id) == col(SessionSchool.session_id))
    return {
        "programme.kind": programme.kind,
        "programme.level": programme.level,
        "programme.places": programme.places,
        "programme.days": (programme.ends_on - programme.starts_on).days + 1,
        "programme.budget_total": programme.budget_total,
        "programme.budget_lines": [str(line.get("line")) for line in lines],
        "programme.sessions": len(act.session.exec(sessions).all()),
        "programme.schools": len(act.session.exec(visits.where(ProgrammeSession.programme_id == programme.id)).all()),
    }
