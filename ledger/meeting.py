"""Which of a programme's matters an entry or a product meets: once for all, or for the school that it comes from.

What is owed per school is met school by school; what every trainee owes, when each of them (of that school) is there.
Decides whose it is; `ledger.obligations` meets it. Serves SL2017-6A.3.1 to 6A.4.9 and CQ2021-9.5.
"""

import uuid
from collections.abc import Iterable

from sqlmodel import col, select

from ledger.anchors import target_of
from ledger.entries import entries_of
from ledger.filings import products
from ledger.obligations import meet
from models.act import Act
from models.documents import Filing, Obligation
from models.people import Organisation, Person
from models.programme import Programme, SessionSchool
from models.register import RegisterEntry
from models.states import ObligationState
from models.training import Nomination, Stage
from policies.lookup import register_of
from policies.schema import ObligationKind, Pack, Product
from rules.stages import needed


def met_targets(act: Act, pack: Pack, matter: str, programme: Programme, entry: RegisterEntry) -> list[str | None]:
    """The targets of open matters that an entry meets; None stands for what is owed once for the programme."""
    kinds = [owed for owed in pack.obligations if owed.met_by == matter]
    found: list[str | None] = []
    for owed in kinds:
        if owed.per != "school":
            if owed.covers == "once" or all_there(act, pack, matter, programme):
                found.append(None)
            continue
        for row in _open(act, programme, owed):
            for school in _schools_of(act, pack, entry):
                mine = row.session_id is not None and target_of(row.session_id, school) == row.target
                if mine and (owed.covers == "once" or all_there(act, pack, matter, programme, school)):
                    found.append(row.target)
    return list(dict.fromkeys(found))


def _open(act: Act, programme: Programme, owed: ObligationKind) -> Iterable[Obligation]:
    return act.session.exec(
        select(Obligation).where(
            Obligation.programme_id == programme.id,
            Obligation.kind == owed.key,
            Obligation.state == ObligationState.OPEN,
        )
    ).all()


def _schools_of(act: Act, pack: Pack, entry: RegisterEntry) -> list[uuid.UUID]:
    """The bodies that an entry comes from: the writer's, those that it names, and those of the people it names."""
    found = [entry.organisation_id]
    for field in register_of(pack, entry.register_key).fields:
        told = str(entry.content.get(field.key, ""))
        if field.type == "organisation" and told:
            found += act.session.exec(select(Organisation.id).where(Organisation.name == told)).all()
        elif field.type == "person" and told:
            found += act.session.exec(select(Person.organisation_id).where(Person.ref == told)).all()
    return [one for one in dict.fromkeys(found) if one is not None]


def all_there(act: Act, pack: Pack, matter: str, programme: Programme, school: uuid.UUID | None = None) -> bool:
    """Whether every trainee (of the school) has an entry."""
    query = select(Nomination.person_id).where(
        Nomination.programme_id == programme.id, col(Nomination.state).in_(["confirmed", "finished"])
    )
    if school is not None:
        query = query.where(Nomination.school_id == school)
    refs = {act.session.get_one(Person, one).ref for one in act.session.exec(query).all()}
    key = matter.removeprefix("register:")
    people = [field.key for field in register_of(pack, key).fields if field.type == "person"]
    told = {
        str(entry.content.get(name)) for entry in entries_of(act, pack, key, programme=programme) for name in people
    }
    return refs <= told


def meet_by_product(
    act: Act, programme: Programme, stage: Stage, product: Product, trainees: int, filing: Filing
) -> None:
    """A product meets what is owed for it once the stage has as many as it needs; a school's own meets that school's."""
    schools = list(
        act.session.exec(select(SessionSchool.school_id).where(SessionSchool.session_id == stage.session_id)).all()
    )
    many = 1 if stage.school_id else max(1, len(schools))
    if products(act, stage).get(product.document, 0) >= needed(product, trainees, many):
        whose = [stage.school_id] if stage.school_id else [None, *schools]
    elif product.per == "school" and filing.organisation_id in schools:
        whose = [filing.organisation_id]
    else:
        return
    late = [
        meet(act, programme, product.document, target=target_of(stage.session_id, school), filing=filing)
        for school in whose
    ]
    filing.late_days = max(late)
    act.session.add(filing)
