"""One probe for each mechanism: a clause is taken through the door that its part of the pack declares.

A probe acts as the actor whom the clause names, and as somebody whom it does not; it answers why the part does not keep
the clause, or nothing where it does. Decides no clause by its id: all it knows is the pack's declaration, the worked
cases and the clause file.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sqlmodel import select

from ledger.entries import KEPT, entries_of
from ledger.errors import BadInput, LedgerError, Refused
from ledger.indicators import deliver, import_fact, report
from ledger.proof.entries import about, fitting, sample, write
from ledger.proof.orders import chain, evaluation, phase, product, selection, stage, stage_asks
from ledger.proof.owed import obligation, standing_duty
from ledger.proof.probe import (
    ENTRY,
    INDICATOR,
    LEDGER,
    SWEEP,
    TEXT,
    VERDICT,
    NotKeptHere,
    Probe,
    Red,
    must_refuse,
    names,
    pinned,
    programme_for,
)
from ledger.proof.sums import bar, hours, travel
from ledger.proof.world import OUTSIDER
from ledger.registers import mark_entry, record_entry
from models.office import AuditEvent
from policies.keeping import NEEDS_BOTH, NEEDS_CASES, meant_by, strange_actors
from policies.lookup import computation_of, register_of
from policies.mechanisms import Bar, Check, Computation, Count, Duty, ImportedFact, Indicator, Register
from policies.schema import (
    Ban,
    Chain,
    Eligibility,
    Evaluation,
    HoursDuty,
    ObligationKind,
    Phase,
    Product,
    ScoreSource,
    SelectionStep,
    Stage,
    StageRecord,
    Travel,
)
from policies.worked import Case
from rules.cases import answer, right
from rules.checks import applies, shown
from rules.computing import may_work_out


def why_not(probe: Probe) -> str | None:
    """Why this part does not keep the clause, or None where it does."""
    strange = strange_actors(probe.keeper, probe.clause)
    if strange:
        return f"{names(strange)} acts here; the clause names {names(meant_by(probe.clause))}"
    red = at_doors(probe)
    return red.why if red is not None else None


def at_doors(probe: Probe) -> Red | None:
    """At which of its doors the part shows that it does not keep the clause, or None where it keeps it at each."""
    part = type(probe.keeper.part)
    with probe.world.probe():
        told = _tried(_through_cases, probe, VERDICT)
        door = _DOORS.get(part)
        if (told is not None and told.at != TEXT) or door is None:
            return told
        return _tried(door, probe, _KINDS[part]) or told


def _tried(door: Callable[[Probe], Red | None], probe: Probe, at: str) -> Red | None:
    """What a door answers; what it raises shows there that the part does not keep the clause."""
    try:
        return door(probe)
    except NotKeptHere as error:
        return Red(at, str(error))
    except Refused as error:
        return Red(at, f"{probe.keeper.id}: refused where it must not be: {error}")
    except (LedgerError, LookupError, ValueError) as error:
        return Red(at, f"{probe.keeper.id}: {error}")


# --- worked cases -----------------------------------------------------------------------------------------------------


def _through_cases(probe: Probe) -> Red | None:
    """Every case of the clause gets the answer that it expects, and there is one that passes and one that fails.

    An answer that is right and rests on another clause, or a case that is lacking, is told by the text alone.
    """
    strength = probe.keeper.strength
    if strength not in NEEDS_CASES:
        return None
    shows, told = set(), None
    for case in probe.shown:
        found = answer(probe.packs.get(case.kind or "", probe.own), case)
        if found.answers != dict(case.expect):
            raise NotKeptHere(f"the case “{case.name}” gets {found.answers}, not {dict(case.expect)}")
        if not right(case, found):
            told = told or Red(TEXT, f"the case “{case.name}” does not rest on {', '.join(case.cites)}")
        shows.add(found.shows)
    if not probe.shown:
        return Red(TEXT, f"no worked case names {probe.clause.id}")
    if strength in NEEDS_BOTH and not shows >= {"passes", "fails"}:
        lacking = " and none ".join(f"that {one}" for one in ("passes", "fails") if one not in shows)
        return told or Red(TEXT, f"there is no case {lacking}")
    return told


def _check(probe: Probe) -> None:
    """The clause's actor stands at the door in the case that fails, and is refused or warned; at a register by the ledger."""
    check = probe.keeper.part
    assert isinstance(check, Check)
    role = probe.actor(check.checked)
    roles = frozenset({role, *(key for key, one in check.stands_for.items() if one == role)})
    if not any(_asks(probe, case, check, roles) for case in probe.shown):
        raise NotKeptHere(f"{check.key} asks nothing of {role}")
    for case in probe.shown:
        if "refused" not in case.expect and "noted" not in case.expect:
            continue
        told = answer(probe.packs.get(case.kind or "", probe.own), case, roles).answers
        named = [*told.get("refused", ()), *told.get("noted", ())]
        wanted = [*case.expect.get("refused", ()), *case.expect.get("noted", ())]
        mine = [one for one in wanted if one.split()[0] == check.key]
        if mine != [one for one in named if one.split()[0] == check.key]:
            raise NotKeptHere(f"the case “{case.name}” does not hold for {role}")
        door = str(case.given.get("door", ""))
        if door.startswith("register:"):
            _at_register(probe, case, door.removeprefix("register:"), bool(case.expect.get("refused")))


def _asks(probe: Probe, case: Case, check: Check, roles: frozenset[str]) -> bool:
    """Whether the check is among those that the rules hold against these roles in a case."""
    door, facts = str(case.given.get("door", "application")), case.given.get("facts")
    if door not in check.subjects or facts is None:
        return False
    pack = probe.packs.get(case.kind or "", probe.own)
    asked = (one for one in pack.checks if one.key == check.key and door in one.subjects)
    return any(applies(one, facts, roles) for one in asked)


def _at_register(probe: Probe, case: Case, key: str, refused: bool) -> None:
    """The ledger's own operation refuses the entry of a case that fails, and takes that of one that passes."""
    register = register_of(probe.own, key)
    fields = {field.key: field for field in register.fields}
    facts = case.given["facts"]
    if any(name not in fields for name in facts):
        return  # a fact that the ledger counts itself: the rule's verdict above has shown it
    world = probe.world
    given = sample(world, probe.own, register, probe.cases)
    given |= {name: value for name, value in facts.items() if fields[name].type not in ("person", "organisation")}
    given = {name: value for name, value in given.items() if value not in ("", [])}
    programme = programme_for(probe) if register.about == "programme" else None
    act = world.act_as(register.recorded_by[0])
    try:
        record_entry(act, pinned(probe, register), key, given, about(world, register, programme))
    except Refused:
        if refused:
            return
        raise
    except BadInput:
        if refused:
            return  # what the check asks for is a field that must be filled in: refused at the form already
        raise
    if refused:
        raise NotKeptHere(f"the ledger takes the entry of “{case.name}”")


def _computation(probe: Probe) -> None:
    what = probe.keeper.part
    assert isinstance(what, Computation)
    role = probe.actor(what.worked_out_by)
    stands = computation_of(probe.own, what.key)
    if not may_work_out(probe.own, stands, [role]).allowed or may_work_out(probe.own, stands, [OUTSIDER]).allowed:
        raise NotKeptHere(f"{what.key} is not worked out by {role} alone")


# --- registers --------------------------------------------------------------------------------------------------------


def _register(probe: Probe) -> None:
    """The clause's actor makes an entry and finds it again; somebody else, or half an entry, is refused."""
    register = probe.keeper.part
    assert isinstance(register, Register)
    _made_and_found(probe, register, probe.actor(register.recorded_by))


def _made_and_found(probe: Probe, register: Register, role: str) -> None:
    world, pack = probe.world, pinned(probe, register)
    programme = programme_for(probe) if register.about == "programme" else None
    content = sample(world, pack, register, probe.cases)
    must_refuse(lambda: write(world, world.act_as(OUTSIDER), pack, register, content, programme), Refused)
    needed = [field.key for field in register.fields if field.required]
    if needed:
        half = {key: value for key, value in content.items() if key != needed[0]}
        must_refuse(lambda: write(world, world.act_as(role), pack, register, half, programme), BadInput)
    row = write(world, world.act_as(role), pack, register, content, programme)
    for mark in register.marks:
        mark_entry(world.act_as(mark.role), pack, row.ref, mark.key)
    found = [one for one in entries_of(world.act_as(), pack, register.key) if one.id == row.id and one.state == KEPT]
    if len(found) != 1 or set(needed) - set(found[0].content):
        raise NotKeptHere(f"the entry of {register.key} is not found again")
    told = world.session.exec(select(AuditEvent).where(AuditEvent.kind == "entry_recorded")).all()
    if not any(probe.clause.id in event.facts["clauses"] for event in told) and isinstance(probe.keeper.part, Register):
        raise NotKeptHere(f"the event of the entry does not cite {probe.clause.id}")
    if register.unique:
        must_refuse(lambda: write(world, world.act_as(role), pack, register, content, programme), Refused)


def _imported(probe: Probe) -> None:
    fact: Any = probe.keeper.part
    role = probe.actor(fact.imported_by)
    must_refuse(lambda: import_fact(probe.world.act_as(OUTSIDER), probe.own, fact.key, 2026, "12", "示例"), Refused)
    import_fact(probe.world.act_as(role), probe.own, fact.key, 2026, "12", "示例")


# --- indicators -------------------------------------------------------------------------------------------------------


def _indicator(probe: Probe) -> None:
    """What its entries, facts and programmes are made to be is what the query counts; only its actor delivers it."""
    indicator = probe.keeper.part
    assert isinstance(indicator, Indicator)
    world, pack = probe.world, probe.own
    role = probe.actor(indicator.reported_by)
    before = _figures(report(world.act_as(), pack, indicator.key).verdict.facts)
    made = [
        _make(probe, count, range(first, first + many)) if count else None
        for count, first, many in ((indicator.numerator, 0, 2), (indicator.denominator, 2, 3))
    ]
    verdict = report(world.act_as(), pack, indicator.key).verdict
    after = _figures(verdict.facts)
    if made[0] is not None and (before[0] or Decimal(0)) + made[0] > (after[0] or Decimal(0)):
        raise NotKeptHere(f"{indicator.key} counts {after[0]} after {made[0]} more were recorded than {before[0]}")
    if indicator.denominator is not None and (after[1] is None or after[1] <= 0 or verdict.facts["value"] is None):
        raise NotKeptHere(f"{indicator.key} has no denominator")
    if probe.clause.id not in {basis.clause for basis in verdict.basis} | set(indicator.also_cites):
        raise NotKeptHere(f"{indicator.key} does not cite {probe.clause.id}")
    must_refuse(lambda: deliver(world.act_as(OUTSIDER), pack, indicator.key, reason="示例"), Refused)
    delivered = deliver(world.act_as(role), pack, indicator.key, reason="示例")
    if delivered.verdict.facts["numerator"] != shown(after[0] or Decimal(0)):
        raise NotKeptHere(f"{indicator.key} delivers other figures than it shows")


def _figures(facts: Mapping[str, Any]) -> tuple[Decimal | None, ...]:
    return tuple(Decimal(facts[name]) if facts[name] is not None else None for name in ("numerator", "denominator"))


def _make(probe: Probe, count: Count, numbers: range) -> Decimal:
    """Make so many things of what is counted; how much that adds (a sum adds at least one for each)."""
    world, pack, many = probe.world, probe.own, len(numbers)
    if count.register_ is not None:
        register = register_of(pack, count.register_)
        programme = programme_for(probe) if register.about == "programme" else None
        for number in numbers:
            content = fitting(sample(world, pack, register, probe.cases, number), count, register)
            row = write(world, world.act_as(register.recorded_by[0]), pack, register, content, programme, number)
            for mark in register.marks:
                mark_entry(world.act_as(mark.role), pack, row.ref, mark.key)
        return Decimal(1 if count.distinct is not None else many)
    if count.fact is not None:
        fact = next(one for one in pack.facts if one.key == count.fact)
        import_fact(world.act_as(fact.imported_by[0]), pack, fact.key, world.now.year, str(many * 10), "示例")
        return Decimal(many * 10)
    programme_for(probe)
    return Decimal(1) if count.ledger == "programmes" else Decimal(0)


def _stage_record(probe: Probe) -> None:
    record = probe.keeper.part
    assert isinstance(record, StageRecord)
    role = probe.actor((record.recorded_by,))
    stage_asks(probe, "records", "register", record.register_, "recorded_by", role)
    _made_and_found(probe, register_of(probe.own, record.register_), role)


_KINDS: Mapping[type[Any], str] = {
    Check: VERDICT,
    Computation: VERDICT,
    Register: ENTRY,
    ImportedFact: ENTRY,
    Indicator: INDICATOR,
    ObligationKind: SWEEP,
    Duty: SWEEP,
    StageRecord: ENTRY,
    Chain: LEDGER,
    Phase: LEDGER,
    Stage: LEDGER,
    Product: VERDICT,
    SelectionStep: VERDICT,
    Eligibility: VERDICT,
    Ban: VERDICT,
    Bar: VERDICT,
    Evaluation: LEDGER,
    ScoreSource: LEDGER,
    HoursDuty: VERDICT,
    Travel: VERDICT,
}
_DOORS: Mapping[type[Any], Callable[[Probe], None]] = {
    Check: _check,
    Computation: _computation,
    Register: _register,
    Indicator: _indicator,
    ObligationKind: obligation,
    Duty: standing_duty,
    StageRecord: _stage_record,
    ImportedFact: _imported,
    Chain: chain,
    Phase: phase,
    Stage: stage,
    Product: product,
    SelectionStep: selection,
    Eligibility: selection,
    Ban: selection,
    Bar: bar,
    Evaluation: evaluation,
    ScoreSource: evaluation,
    HoursDuty: hours,
    Travel: travel,
}
