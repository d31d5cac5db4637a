"""The demo's people without the demo's Prefect: the same roads, acted out by commands on a ledger alone.

Decisions come by command, each with the code that its message would hold; the clock jumps from moment to moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlmodel import select

from cli.main import run
from ledger.people import person
from models.review import OneTimeCode
from office.demo.acting import Acting, DemoFailed
from office.demo.deeds import Decision, carry_out
from office.demo.looking import OpenStep
from office.demo.regions import world_for
from office.demo.samples import Sample
from office.demo.world import World
from office.demo.year import deeds_of, people_the_world
from office.runtime.clock import move_clock
from office.runtime.migrate import open_ledger
from office.runtime.settings import Settings
from office.runtime.transactions import reading


class Alone(Acting):
    """The doors of an office without Prefect and without a mailbox."""

    def __init__(self, office: Settings, world: World) -> None:
        nowhere = "http://127.0.0.1:9"  # nothing listens there: who asks Prefect fails
        super().__init__(office, None, lambda argv: run([*argv]), world, nowhere, "nobody:nothing")  # type: ignore[arg-type]

    def wait(self, what: str, condition: Callable[[], Any], pause: float = 0.0) -> Any:
        """What is not there at once does not come at all: nobody else acts here."""
        found = condition()
        if not found:
            raise DemoFailed(f"{what}: is not there")
        return found

    def code(self, step: OpenStep, who: str) -> tuple[str, str]:
        """The code that the person's message would hold, and the message's number."""
        ref = self.ref_of(who)
        message = next(message for asked, _, message in reversed(step.asked) if asked == ref)
        with reading(self.settings) as act:
            me = person(act, ref).id
            mine = (OneTimeCode.step_id == step.id, OneTimeCode.person_id == me)
            return act.code_of(step.id, me, act.session.exec(select(OneTimeCode).where(*mine)).one().nonce), message


def play(
    office: Settings, chosen: list[Sample], until: datetime | None = None, after: Callable[[Alone], None] | None = None
) -> Alone:
    """Act out the year of some sample programmes on this office's empty ledger, up to a moment (not included).

    `after` is called when everything of a moment is done.
    """
    open_ledger(office, demo=True)
    world = world_for(chosen)
    acting = Alone(office, world)
    deeds = deeds_of(chosen, world)
    try:
        move_clock(office, deeds[0].at - timedelta(days=1), frozen=True)
        people_the_world(acting, world)
        for moment, group in groupby(deeds, key=lambda deed: deed.at):
            if until is not None and moment >= until:
                break
            move_clock(office, moment, frozen=True)
            by_command = [_by_command(one) for one in group]
            carry_out(acting, by_command)
            if after is not None:
                after(acting)
    finally:
        acting.close()
    return acting


def _by_command(deed: Any) -> Any:
    in_form = isinstance(deed, Decision) and deed.door == "resume-form"
    return replace(deed, door="cli") if in_form else deed
