"""What the demo claims of registers and standing duties: each entry with its words, each duty with its days.

Plain data from the ledger; people by number only. Decides nothing.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlmodel import col, select

from models.act import Act
from models.people import Organisation, Person
from models.register import RegisterEntry, StandingDuty
from office.runtime.settings import REPOSITORY
from policies.loader import Library
from policies.lookup import duty_of, register_of
from policies.schema import Pack

Claim = dict[str, Any]


@cache
def _pack(name: str) -> Pack:
    return Library(REPOSITORY / "policies").load(name)


def entries(act: Act) -> Iterator[Claim]:
    """Each entry that stands in a register."""
    for row in act.session.exec(select(RegisterEntry).order_by(col(RegisterEntry.id))).all():
        name = register_of(_pack(row.pack), row.register_key).name
        who = act.session.get(Person, row.person_id) if row.person_id else None
        yield {
            "kind": "entry",
            "entry": row.ref,
            "register": row.register_key,
            "name": {"zh": name.zh, "en": name.en},
            "about": row.subject,
            "on": row.happened_on.isoformat(),
            "recorded_by": who.ref if who else None,
            "content": row.content,
            "clause": row.clause,
        }


def duties(act: Act) -> Iterator[Claim]:
    """Each standing duty: who owes what by when, and what came of it."""
    rows = act.session.exec(
        select(StandingDuty, Organisation)
        .join(Organisation, col(Organisation.id) == col(StandingDuty.owed_by_id))
        .order_by(col(StandingDuty.id))
    ).all()
    for row, owner in rows:
        name = duty_of(_pack(row.pack), row.kind).name
        yield {
            "kind": "duty",
            "duty_id": str(row.id),
            "duty": row.kind,
            "name": {"zh": name.zh, "en": name.en},
            "owed_by": owner.name,
            "opened_on": row.starts_on.isoformat(),
            "due_on": row.due_on.isoformat(),
            "state": row.state,
            "met_on": row.met_at.astimezone(act.zone).date().isoformat() if row.met_at else None,
            "late_days": row.late_days,
            "clause": row.basis.get("clause"),
        }
