"""Probes of what is counted and held against people: bars, credit hours, travel costs. The rule's verdict says whom it means.

Decides no clause by its id.
"""

from ledger.proof.probe import NotKeptHere, Probe
from models.states import ProgrammeLevel
from policies.mechanisms import Bar
from policies.schema import HoursDuty, Travel
from rules.bars import may_pass
from rules.hours import hours_met
from rules.travel import school_pays


def bar(probe: Probe) -> None:
    """Whoever stands at the door learns who decides on the bar: the clause's actor."""
    part = probe.keeper.part
    assert isinstance(part, Bar)
    role = probe.actor(part.decided_by)
    facts = {part.of: "示例", **part.when}
    told = [one for one in may_pass(probe.own, part.bars[0], facts, (), probe.world.now.date()) if one.key == part.key]
    if not told or role not in told[0].facts["decided_by"]:
        raise NotKeptHere(f"{part.key} is not decided on by {role}")


def hours(probe: Probe) -> None:
    """The minimum is asked of the clause's actor."""
    part = probe.keeper.part
    assert isinstance(part, HoursDuty)
    role = probe.actor((part.collected_by,))
    stands = next(one for one in probe.own.hours if one.key == part.key)
    if hours_met(probe.own, stands, (), probe.world.now.date()).facts["collected_by"] != role:
        raise NotKeptHere(f"{part.key} is not collected by {role}")


def travel(probe: Probe) -> None:
    """The clause's actor pays."""
    part = probe.keeper.part
    assert isinstance(part, Travel)
    role = probe.actor((part.paid_by,))
    level = part.levels[0] if part.levels else ProgrammeLevel.NATIONAL
    if school_pays(probe.own, level, 1, probe.world.now.date()).facts.get("paid_by") != role:
        raise NotKeptHere(f"travel costs are not paid by {role}")
