"""Indicators: their figures are drawn from entries, imported facts and what the ledger itself holds.

Decides no figure's meaning: `rules.indicators` does. An imported fact is only ever added; the latest of a year counts.
Serves every `report` clause and the targets of the plans.
"""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from pydantic import BaseModel
from sqlalchemy import func
from sqlmodel import col, select

from ledger.core import Done, operation, record
from ledger.entries import entry_facts
from ledger.errors import BadInput, Refused
from ledger.people import organisation
from ledger.registers import PACK, roles_here
from models.act import Act
from models.programme import Programme
from models.register import ImportedFact
from models.training import Nomination
from models.values import Verdict
from policies.lookup import find, indicator_of
from policies.mechanisms import Count, Indicator
from policies.problems import nearest
from policies.schema import Pack
from rules.indicators import EntryFact, counted, grouped, indicate, may_report

_STATES = {
    "confirmed-trainees": ("confirmed", "finished"),
    "finished-trainees": ("finished",),
    "returned": ("returned",),
}


class Reported(BaseModel):
    """An indicator on a day: its verdict (with figures, goal and clause), and of which scope it speaks."""

    key: str
    scope: str = ""
    verdict: Verdict


def report(
    act: Act, pack: Pack, key: str, *, year: int | None = None, scope: str | None = None, reason: str = ""
) -> Reported:
    """An indicator's figures as they stand. `scope` is the organisation, programme or person that it is asked for.

    `year` takes only what happened in that year ; without it the indicator's own period up to today.
    Raises LookupFailure for an indicator that the pack does not have.
    """
    indicator = indicator_of(pack, key)
    first, last = _span(pack, indicator, year, act.today)
    entries = _entries(act, pack, indicator, first, last, scope)
    numerator = _figure(act, pack, indicator.numerator, entries, first, last, scope)
    denominator = (
        _figure(act, pack, indicator.denominator, entries, first, last, scope) if indicator.denominator else None
    )
    groups = grouped(indicator, entries)
    verdict = indicate(pack, indicator, numerator or Decimal(0), denominator, last, groups, reason)
    return Reported(key=key, scope=scope or "", verdict=verdict)


@operation("deliver-indicator", Reported, unsaid=PACK)
def deliver(
    act: Act, pack: Pack, key: str, year: int | None = None, scope: str | None = None, reason: str = ""
) -> Reported:
    """Deliver an indicator: its figures of this moment go into the chain of events, to be proven later.

    Raises `Refused` where this role does not report it, or where it warns and no reason is given.
    """
    allowed = may_report(pack, indicator_of(pack, key), roles_here(act, pack, None))
    if not allowed.allowed:
        raise Refused(allowed)
    found = report(act, pack, key, year=year, scope=scope, reason=reason)
    if not found.verdict.allowed:
        raise Refused(found.verdict)
    record(
        act,
        "indicator_delivered",
        pack=pack.pack,
        indicator=key,
        scope=found.scope,
        figures=found.verdict.facts,
        to=list(indicator_of(pack, key).reported_to),
    )
    return found


def _span(pack: Pack, indicator: Indicator, year: int | None, today: date) -> tuple[date, date]:
    """The days of the year that is meant (it begins where the pack says), or all days up to today."""
    if indicator.period == "all" and year is None:
        return date.min, today
    begins = str(find(pack, indicator.begins, today).value) if indicator.begins else "01-01"
    month, day = int(begins[-5:-3]), int(begins[-2:])
    of = year if year is not None else today.year - (today < date(today.year, month, day))
    return date(of, month, day), date(of + 1, month, day) - timedelta(days=1)


def _entries(act: Act, pack: Pack, indicator: Indicator, first: date, last: date, scope: str | None) -> list[EntryFact]:
    keys = {count.register_ for count in (indicator.numerator, indicator.denominator) if count and count.register_}
    found = [entry for entry in entry_facts(act, pack, keys) if first <= entry.on <= last]
    if scope is None:
        return found
    return [entry for entry in found if scope in (entry.subject, entry.recorded_by)]


def _figure(
    act: Act, pack: Pack, count: Count, entries: list[EntryFact], first: date, last: date, scope: str | None
) -> Decimal | None:
    if count.register_ is not None:
        return counted(count, entries)
    if count.fact is not None:
        return fact_value(act, pack, count.fact, min(last, act.today).year, scope)
    return Decimal(_held(act, count, first, last, scope))


def fact_value(act: Act, pack: Pack, name: str, year: int, scope: str | None = None) -> Decimal | None:
    """The latest imported value of a year, or of the last year before it; None where there is none."""
    query = select(ImportedFact).where(
        ImportedFact.pack == pack.pack, ImportedFact.name == name, col(ImportedFact.year) <= year
    )
    if scope is not None:
        query = query.where(ImportedFact.organisation_id == organisation(act, scope).id)
    row = act.session.exec(query.order_by(col(ImportedFact.year).desc(), col(ImportedFact.id).desc())).first()
    return Decimal(row.value) if row else None


def _held(act: Act, count: Count, first: date, last: date, scope: str | None) -> int:
    """What the ledger holds of programmes that begin in the span; `where` picks their kind, level or host kind."""
    programmes = select(Programme.id).where(Programme.starts_on >= first, Programme.starts_on <= last)
    for name, wanted in count.where.items():
        column = {"kind": Programme.kind, "level": Programme.level, "host_kind": Programme.applicant_kind}.get(name)
        if column is not None:
            programmes = programmes.where(column == wanted)
    if scope is not None:
        programmes = programmes.where(Programme.ref == scope)
    if count.ledger == "programmes":
        return len(act.session.exec(programmes).all())
    if count.ledger == "places":
        total = select(func.sum(Programme.places)).where(col(Programme.id).in_(programmes))
        return int(act.session.exec(total).one() or 0)
    nominations = select(func.count(col(Nomination.id))).where(col(Nomination.programme_id).in_(programmes))
    if count.ledger in _STATES:
        nominations = nominations.where(col(Nomination.state).in_(_STATES[count.ledger]))
    return act.session.exec(nominations).one()


@operation("import-fact", Done, unsaid=PACK)
def import_fact(
    act: Act, pack: Pack, name: str, year: int, value: str, source: str, organisation_name: str | None = None
) -> Done:
    """Bring in a number from outside for a year, with where it was taken from.

    Raises `BadInput` for a fact that the pack does not declare or a value that is none, `Refused` for another role.
    """
    known = {fact.key: fact for fact in pack.facts}
    if name not in known:
        raise BadInput([("name", f"{pack.pack} declares no fact {name!r}; {nearest(name, known)}")])
    try:
        figure = Decimal(value)
        if not figure.is_finite() or figure < 0:
            raise InvalidOperation
    except InvalidOperation:
        raise BadInput([("value", f"{value!r} is not a number")]) from None
    if not source.strip():
        raise BadInput([("source", "is empty; say where the number was taken from")])
    fact = known[name]
    held = roles_here(act, pack, None)
    if held.isdisjoint(fact.imported_by):
        raise Refused(
            Verdict(
                key=f"facts.{name}",
                allowed=False,
                zh=f"“{fact.name.zh}”须由规定的单位提供,您没有此角色。",
                en=f"{fact.name.en}: brought in by {', '.join(fact.imported_by)}; you do not hold that role.",
                basis=(fact.basis,),
            )
        )
    row = ImportedFact(
        pack=pack.pack,
        name=name,
        year=year,
        organisation_id=organisation(act, organisation_name).id if organisation_name else None,
        value=str(figure),
        source=source.strip()[:400],
        person_id=act.actor.person_id,
        created_at=act.now,
    )
    act.session.add(row)
    act.session.flush()
    record(act, "fact_imported", pack=pack.pack, name=name, year=year, value=str(figure), source=row.source)
    return Done(id=row.id, ref=name)
