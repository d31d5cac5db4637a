"""The one ledger of credit hours: what Songjiao's programmes earned and what other trainings are entered with.

Hours come from the attendance in programmes and from the register `credit-hours` of the pack (fields teacher, hours,
activity, and level and accounts where the pack has them), each once. Decides nothing: `rules.hours` counts. Serves
CQ2021-1.3, 8.3 and 8.4.
"""

from decimal import Decimal
from typing import Any

from sqlmodel import col, select

from models.act import Act
from models.people import Person
from models.programme import Programme
from models.register import RegisterEntry
from models.training import Attendance, Nomination, Stage
from models.values import Verdict
from policies.schema import Pack
from rules.checks import words_in
from rules.hours import Hours, hours_met

REGISTER = "credit-hours"


def hours_of(act: Act, pack: Pack, person_id: Any) -> list[Hours]:
    """Every hour of a teacher that the ledger holds, each source once."""
    attended = act.session.exec(
        select(Attendance, Stage, Programme)
        .join(Stage, col(Stage.id) == col(Attendance.stage_id))
        .join(Nomination, col(Nomination.id) == col(Attendance.nomination_id))
        .join(Programme, col(Programme.id) == col(Stage.programme_id))
        .where(Nomination.person_id == person_id)
    ).all()
    found = [
        Hours(
            source=f"attendance:{row.id}",
            on=stage.actual_to or stage.planned_to,
            hours=row.hours,
            activity=programme.kind,
            level=programme.level,
        )
        for row, stage, programme in attended
    ]
    ref = act.session.get_one(Person, person_id).ref
    entries = act.session.exec(
        select(RegisterEntry).where(
            RegisterEntry.pack == pack.pack, RegisterEntry.register_key == REGISTER, RegisterEntry.state == "kept"
        )
    ).all()
    return found + [
        Hours(
            source=f"entry:{row.ref}",
            on=row.happened_on,
            hours=Decimal(str(row.content["hours"])),
            activity=str(row.content.get("activity", "")),
            level=str(row.content.get("level", "")),
            accounts=words_in(row.content, "accounts"),
        )
        for row in entries
        if ref in (row.subject, row.content.get("teacher"))
    ]


def balance(act: Act, pack: Pack, who: Person) -> tuple[Verdict, ...]:
    """One verdict for each minimum of the pack: collected, asked, lacking in the period of today."""
    held = hours_of(act, pack, who.id)
    return tuple(hours_met(pack, duty, held, act.today) for duty in pack.hours)
