"""Probes of what is owed: obligations of a programme and standing duties, opened, climbed by the sweep, and met."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlmodel import select

from ledger.obligations import meet, oblige
from ledger.proof.entries import about, fitting, reasons_for, sample, write
from ledger.proof.probe import NotKeptHere, Probe, pinned, programme_for
from ledger.proof.world import World
from ledger.registers import mark_entry, record_entry
from ledger.standing import ENDED, open_duties
from ledger.standing_sweeping import sweep_standing
from ledger.sweeping import sweep
from models.documents import Obligation, RungFired
from models.office import Message
from models.register import StandingDuty, StandingRung
from models.states import ObligationState
from policies.lookup import find, register_of
from policies.mechanisms import SYSTEM, Count, Duty, Register
from policies.schema import ObligationKind

OFFICE = "programme-office"
NOWHERE: Mapping[str, str] = {}


def obligation(probe: Probe) -> None:
    """It opens with its event, is owed by the clause's actor, reminds at its rungs through the sweep, and is met."""
    owed = probe.keeper.part
    assert isinstance(owed, ObligationKind)
    role = probe.actor((owed.owed_by,))
    world, programme = probe.world, programme_for(probe)
    pack = probe.packs[programme.kind]
    oblige(world.act_as(), programme, owed.opens_with)
    query = select(Obligation).where(Obligation.programme_id == programme.id, Obligation.kind == owed.key)
    row = world.session.exec(query).first()
    if row is None:
        raise NotKeptHere(f"{owed.key} does not open with {owed.opens_with}")
    if row.owed_by_role != role:
        raise NotKeptHere(f"{owed.key} is owed by {row.owed_by_role}, not by {role}")
    _climb_all(world, row, lambda act: sweep(act).fired, RungFired)
    if owed.met_by.startswith("register:"):
        register = register_of(pack, owed.met_by.removeprefix("register:"))
        for number in range(len(world.teachers) if owed.covers == "trainees" else 1):
            content = sample(world, pack, register, probe.cases, number)
            write(world, world.act_as(register.recorded_by[0]), pack, register, content, programme, number)
    else:
        meet(world.act_as(), programme, owed.met_by, target=row.target)
    world.session.refresh(row)
    if row.state == ObligationState.OPEN or row.next_at is not None:
        raise NotKeptHere(f"{owed.key} stays open after {owed.met_by}")


def _climb_all(world: World, row: Any, sweep_now: Callable[[Any], int], rungs: type[Any]) -> None:
    """Let the clock run through every rung of the row: each fires in a sweep, and the owner is told."""
    told = len(world.session.exec(select(Message)).all())
    fired = 0
    for _ in range(40):
        world.session.refresh(row)
        if row.next_at is None:
            break
        world.at(max(world.now, row.next_at + timedelta(seconds=1)))  # rungs of long ago are caught up with now
        sweep_now(world.act_as())
        fired += 1
    if not fired or not world.session.exec(select(rungs)).all():
        raise NotKeptHere("no rung of its ladder is ever due")
    if len(world.session.exec(select(Message)).all()) == told:
        raise NotKeptHere("its rungs reach nobody")


def standing_duty(probe: Probe) -> None:
    """It opens in its period or after its entry, is owed by the clause's actor, reminds through the sweep, and is met."""
    duty = probe.keeper.part
    assert isinstance(duty, Duty)
    role = probe.actor((duty.owed_by,))
    world, pack = probe.world, probe.own
    if duty.opens_with is not None and duty.opens_with != ENDED:
        register = register_of(pack, duty.opens_with.removeprefix("register:"))
        _entry_by(probe, register, register.recorded_by[0], where=duty.where)
    else:
        if duty.opens_with == ENDED:
            programme_for(probe).ended_on = world.now.date()
            world.session.flush()
        open_duties(world.act_as(OFFICE if OFFICE in world.roles else SYSTEM), pack)
    rows = world.session.exec(select(StandingDuty).where(StandingDuty.kind == duty.key)).all()
    mine = [row for row in rows if row.owed_by_role == role]
    if not mine:
        raise NotKeptHere(f"{duty.key} opens for nobody")
    row = mine[0]
    _climb_all(world, row, lambda act: sweep_standing(act).fired, StandingRung)
    if duty.met_by.startswith("hours:"):
        _collect(probe, duty, row)
    else:
        register = register_of(pack, duty.met_by.removeprefix("register:"))
        for number in range(20):
            writer = role if role in register.recorded_by else register.recorded_by[0]
            _entry_by(probe, register, writer, number, duty.met_where)
            world.session.refresh(row)
            if row.state != ObligationState.OPEN:
                break
    world.session.refresh(row)
    if row.state == ObligationState.OPEN:
        raise NotKeptHere(f"{duty.key} stays open after {duty.met_by}")


def _entry_by(probe: Probe, register: Register, role: str, number: int = 0, where: Mapping[str, str] = NOWHERE) -> None:
    world, pack = probe.world, pinned(probe, register)
    programme = programme_for(probe) if register.about == "programme" else None
    act = world.act_as(role)
    content = sample(world, pack, register, probe.cases, number)
    content = fitting(content, Count(register_=register.key, where=dict(where)), register)
    place = world.organisation_of(role).name if register.about == "organisation" and role != SYSTEM else None
    told = place or about(world, register, programme, number)
    row = record_entry(act, pack, register.key, content, told, reasons=reasons_for(pack))
    for mark in register.marks:
        mark_entry(world.act_as(mark.role), pack, str(row.ref), mark.key)


def _collect(probe: Probe, duty: Duty, row: StandingDuty) -> None:
    """Hours up to the minimum meet the duty; before them it stood open."""
    world, pack = probe.world, probe.own
    hours = next(one for one in pack.hours if f"hours:{one.key}" == duty.met_by)
    minimum = find(pack, hours.minimum, row.starts_on).value
    register = register_of(pack, "credit-hours")
    world.at(min(world.now, row.due_at))
    content = sample(world, pack, register, probe.cases) | {"hours": str(minimum)}
    content |= {"activity": hours.activities[0]} if hours.activities else {}
    content |= {"level": hours.levels[0]} if hours.levels else {}
    content |= {"accounts": [hours.account]} if hours.account else {}
    who = next(ref for ref in world.teachers if world.session.exec(select(StandingDuty)).first())
    record_entry(world.act_as(register.recorded_by[0]), pack, register.key, content, who, reasons=reasons_for(pack))
