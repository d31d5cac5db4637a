"""Standing duties come into being: by the office's word, by themselves in an office at work, after an entry, after a programme.

Each opens once for its period (or cause) and whoever owes it. What opens by itself counts from the day on which the office
first worked under the pack and the body that owes was recorded: what fell due before that is nobody's, so a new office is
not met by a heap of overdue matters; after a standstill, what was missed opens late. Serves the standing and annual
clauses of the kind remind-escalate.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from ledger.core import Done, operation, record
from ledger.entries import fact_of
from ledger.matters import Matter, aim
from ledger.packs import pack_at, pin
from ledger.people import must_be_office
from ledger.standing_queries import OPEN
from models.act import Act
from models.office import BusinessClock
from models.people import Organisation, Person, RoleAssignment
from models.programme import PolicySnapshot, Programme
from models.register import RegisterEntry, StandingDuty
from models.states import ApplicantKind, ProgrammeState
from policies.lookup import NoValue
from policies.mechanisms import Count, Duty
from policies.schema import Pack
from rules.deadlines import Due, NoDueDay, due_at
from rules.duties import Period, due_after, due_in, period_of, periods_between
from rules.indicators import fits

ENDED = "programme.ended"
MOST_AT_ONCE = 500
"""How many duties one transaction opens by itself; the sweep goes on with the next ones."""


@operation("open-duties", Done, unsaid=frozenset({"pack"}))
def open_duties(act: Act, pack: Pack) -> Done:
    """Open the recurring duties of a pack for the period in which today lies; from then on the sweep opens the next ones.

    Raises `Refused` for others than the programme office.
    """
    must_be_office(act, "开立常设事项", "open standing duties")
    snapshot_id = pin(act, pack).id
    made = _open_period(act, pack, snapshot_id) + _open_ended(act, pack, snapshot_id)
    record(act, "duties_opened", pack=pack.pack, count=made)
    return Done(ref=f"{made}")


def _open_period(act: Act, pack: Pack, snapshot_id: UUID) -> int:
    recurring = [duty for duty in pack.duties if duty.every is not None]
    return sum(_open_for_all(act, pack, snapshot_id, duty, period_of(pack, duty, act.today)) for duty in recurring)


def _open_for_all(act: Act, pack: Pack, snapshot_id: UUID, duty: Duty, period: Period) -> int:
    due = due_in(pack, duty, period)
    return sum(
        _open(act, pack, snapshot_id, duty, where, who, _cause(period, who), period.starts_on, due)
        for where, who in _owing(act, pack, duty)
    )


def _open_ended(act: Act, pack: Pack, snapshot_id: UUID) -> int:
    """Open what the end of a programme brings about, for those whose due day has not passed; each once."""
    made = 0
    for duty in pack.duties:
        if duty.opens_with != ENDED:
            continue
        known = select(StandingDuty.cause).where(StandingDuty.pack == pack.pack, StandingDuty.kind == duty.key)
        ended = (
            select(Programme)
            .join(PolicySnapshot, col(PolicySnapshot.id) == col(Programme.snapshot_id))
            .where(
                PolicySnapshot.name == pack.pack,
                col(Programme.ended_on).is_not(None),
                col(Programme.ref).not_in(known),
            )
            .order_by(col(Programme.id))
        )
        for programme in act.session.exec(ended).all():
            on = programme.ended_on
            due = due_after(pack, duty, on) if on is not None else None
            if on is not None and due is not None and due.on >= act.today:
                host = act.session.get_one(Organisation, programme.host_id)
                made += _open(act, pack, snapshot_id, duty, host, None, programme.ref, on, due)
    return made


def _owing(act: Act, pack: Pack, duty: Duty) -> list[tuple[Organisation, Person | None]]:
    """Who owes: each organisation of the kind (of a role that sits in the host: each that carries a programme), or each
    person who holds the role.
    """
    if duty.per == "organisation":
        owes = col(Organisation.kind) == duty.owed_by
        if _in_host(pack, duty):
            hosts = select(Programme.host_id).where(
                Programme.region_code == pack.region_code,
                col(Programme.state).in_([ProgrammeState.AWARDED, ProgrammeState.RUNNING]),
            )
            owes = owes | col(Organisation.id).in_(hosts)
        rows = act.session.exec(select(Organisation).where(owes).order_by(col(Organisation.id)))
        return [(row, None) for row in rows.all()]
    query = (
        select(Person, Organisation)
        .join(Organisation, col(Organisation.id) == col(Person.organisation_id))
        .join(RoleAssignment, col(RoleAssignment.person_id) == col(Person.id))
        .where(RoleAssignment.role == duty.owed_by, Person.active)
        .order_by(col(Person.id))
    )
    return [(where, who) for who, where in act.session.exec(query).all()]


def _in_host(pack: Pack, duty: Duty) -> bool:
    role = pack.roles.get(duty.owed_by)
    return role is not None and role.seat == "host"


def _open(
    act: Act,
    pack: Pack,
    snapshot_id: UUID,
    duty: Duty,
    where: Organisation,
    who: Person | None,
    cause: str,
    starts_on: date,
    due: Due,
) -> int:
    known = select(StandingDuty.id).where(
        StandingDuty.pack == pack.pack,
        StandingDuty.kind == duty.key,
        StandingDuty.owed_by_id == where.id,
        StandingDuty.cause == cause,
    )
    if act.session.exec(known).first() is not None:
        return 0
    row = StandingDuty(
        pack=pack.pack,
        kind=duty.key,
        cause=cause,
        snapshot_id=snapshot_id,
        owed_by_id=where.id,
        owed_by_role=duty.owed_by,
        person_id=who.id if who else None,
        starts_on=starts_on,
        derived_on=due.on,
        due_on=due.on,
        due_at=due_at(due.on, act.zone),
        state=OPEN,
        basis=(duty.basis if duty.cites else due.basis).model_dump(mode="json"),
        created_at=act.now,
    )
    aim(act, Matter(row, pack))
    act.session.add(row)
    act.session.flush()
    return 1


def open_after(act: Act, pack: Pack, matter: str, entry: RegisterEntry) -> None:
    """Open what an entry brings about, once for each body that owes it: the one it speaks of, else those of the kind."""
    for duty in pack.duties:
        if duty.opens_with != matter or not fits(Count(register_=entry.register_key, where=duty.where), fact_of(entry)):
            continue
        try:
            due = due_after(pack, duty, entry.happened_on)
        except NoValue:
            continue  # the text did not hold yet on that day: the entry brings nothing about under it
        for where, who in _concerned(act, pack, duty, entry):
            _open(act, pack, pin(act, pack).id, duty, where, who, entry.ref, entry.happened_on, due)


def _concerned(act: Act, pack: Pack, duty: Duty, entry: RegisterEntry) -> list[tuple[Organisation, Person | None]]:
    owing = _owing(act, pack, duty)
    programme = act.session.get(Programme, entry.programme_id) if entry.programme_id else None
    if duty.per == "organisation" and _in_host(pack, duty) and programme is not None:
        return [(act.session.get_one(Organisation, programme.host_id), None)]
    if duty.per == "organisation" and _in_host(pack, duty) and entry.subject_organisation_id is not None:
        host = act.session.get_one(Organisation, entry.subject_organisation_id)
        if host.kind in (duty.owed_by, *ApplicantKind):
            return [(host, None)]
    if duty.per == "person":
        return [(where, who) for where, who in owing if who is not None and who.id == entry.subject_person_id]
    named = [(where, who) for where, who in owing if where.id in (entry.subject_organisation_id, entry.organisation_id)]
    return named or owing


def renew(act: Act) -> None:
    """Where a pack's duties were opened before, those of a new period open with it, under the latest text."""
    for name, snapshot_id in _opened_under(act).items():
        pack = pack_at(act, snapshot_id)
        begun = dict(
            act.session.exec(
                select(StandingDuty.kind, func.max(StandingDuty.starts_on))
                .where(StandingDuty.pack == name)
                .group_by(StandingDuty.kind)
            ).all()
        )
        made = _open_ended(act, pack, snapshot_id)
        for duty in pack.duties:
            if duty.every is None or duty.key not in begun:
                continue
            period = period_of(pack, duty, act.today)
            if period.starts_on > begun[duty.key]:
                made += _open_for_all(act, pack, snapshot_id, duty, period)
        if made:
            record(act, "duties_opened", pack=name, count=made)


def _opened_under(act: Act) -> dict[str, UUID]:
    """The packs with standing duties, each with the latest text under which one was opened."""
    query = (
        select(StandingDuty.pack, PolicySnapshot.id)
        .join(PolicySnapshot, col(PolicySnapshot.id) == col(StandingDuty.snapshot_id))
        .distinct()
        .order_by(col(PolicySnapshot.id))
    )
    return dict(act.session.exec(query).all())


# --- by themselves ----------------------------------------------------------------------------------------------------


def open_by_itself(act: Act, limit: int = MOST_AT_ONCE) -> int:
    """Open the duties of the packs that this office works under, as many as one transaction takes; answers how many.

    Said again it opens nothing twice. A demo opens its own: its year is told, not waited for.
    """
    clock = act.session.get(BusinessClock, 1)
    if clock is not None and clock.demo:
        return 0
    return open_due(act, limit)


def open_due(act: Act, limit: int = MOST_AT_ONCE) -> int:
    """As `open_by_itself`, whatever the clock."""
    made = 0
    for name, since in _packs_at_work(act):
        snapshot_id = _newest(act, name)
        pack = pack_at(act, snapshot_id)
        opened = _open_ended(act, pack, snapshot_id)
        for duty in pack.duties:
            if duty.every is None or made + opened >= limit:
                continue
            try:
                opened += _open_missing(act, pack, snapshot_id, duty, since, limit - made - opened)
            except (NoDueDay, NoValue):
                continue  # repealed, or not in force in that period: nothing is owed
        if opened:
            record(act, "duties_opened", pack=name, count=opened)
        made += opened
    return made


def _packs_at_work(act: Act) -> list[tuple[str, date]]:
    """The packs under which this office has acted, each with the day on which it first did."""
    first = select(PolicySnapshot.name, func.min(PolicySnapshot.created_at)).group_by(PolicySnapshot.name)
    rows = act.session.exec(first.order_by(PolicySnapshot.name)).all()
    return [(name, moment.astimezone(act.zone).date()) for name, moment in rows]


def _newest(act: Act, name: str) -> UUID:
    """The latest text of a pack that was pinned."""
    query = select(PolicySnapshot.id).where(PolicySnapshot.name == name)
    return act.session.exec(query.order_by(col(PolicySnapshot.id).desc()).limit(1)).one()


def _open_missing(act: Act, pack: Pack, snapshot_id: UUID, duty: Duty, since: date, limit: int) -> int:
    made = 0
    mine = (StandingDuty.pack == pack.pack, StandingDuty.kind == duty.key)
    last = act.session.exec(select(func.max(StandingDuty.starts_on)).where(*mine)).one()
    owing = _owing(act, pack, duty)
    for period in periods_between(pack, duty, max(last or since, pack.holds_from), act.today):
        due = due_in(pack, duty, period)
        known = {
            tuple(row)
            for row in act.session.exec(
                select(StandingDuty.owed_by_id, StandingDuty.cause).where(
                    *mine, StandingDuty.starts_on == period.starts_on
                )
            ).all()
        }
        for where, who in owing:
            cause = _cause(period, who)
            begun = max(since, (who or where).created_at.astimezone(act.zone).date())
            if (where.id, cause) in known or due.on < begun or made >= limit:
                continue
            made += _open(act, pack, snapshot_id, duty, where, who, cause, period.starts_on, due)
    return made


def _cause(period: Period, who: Person | None) -> str:
    return f"{period.label}:{who.ref}" if who else period.label
