"""Checks what a demo claims of registers and standing duties against the rows, and works the due days out again.

Reads by plain SQL and from the packs as they stand in `policies/`. Writes nothing.
"""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from office.demo.proof_rows import Row, Rows, by_name, compare, key
from office.runtime.settings import REPOSITORY
from policies.loader import Library
from policies.lookup import duty_of, register_of
from rules.duties import due_after, due_in, period_of

ENTRY_FIELDS = ("register", "about", "on", "recorded_by", "content", "clause")
DUTY_FIELDS = ("duty", "owed_by", "opened_on", "due_on", "state", "met_on", "late_days")


def registers_wrong(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    """What of the claimed entries and duties is not so, and which of them nobody claimed."""
    library = Library(REPOSITORY / "policies")
    entries = {(row["entry"],): row for row in _entries(rows)}
    duties = {(key(row["id"]),): row for row in _duties(rows)}
    found = compare("entry", by_name("entry", _of(claims, "entry"), "entry"), entries, ENTRY_FIELDS)
    found += compare("duty", by_name("duty", _of(claims, "duty"), "duty_id"), duties, DUTY_FIELDS)
    for row in entries.values():
        cites = register_of(library.load(row["pack"]), row["register"]).cites
        if row["clause"] != cites:
            found.append(f"entry {row['entry']}: is kept under {row['clause']}, the pack cites {cites}")
    for row in duties.values():
        found += _due(rows, library, row, entries)
    return found


def _of(claims: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [claim for claim in claims if claim["kind"] == kind]


def _entries(rows: Rows) -> Iterator[Row]:
    query = (
        "SELECT e.ref AS entry, e.pack, e.register_key AS register, e.subject AS about, e.happened_on, e.content, e.clause,"
        " w.ref AS recorded_by FROM register_entry e LEFT JOIN person w ON w.id = e.person_id"
    )
    for row in rows.ask(query):
        content = json.loads(row["content"]) if isinstance(row["content"], str) else row["content"]
        yield row | {"on": str(row["happened_on"])[:10], "content": content}


def _duties(rows: Rows) -> Iterator[Row]:
    query = "SELECT d.*, g.name AS owner FROM standing_duty d JOIN organisation g ON g.id = d.owed_by_id"
    for row in rows.ask(query):
        yield row | {
            "duty": row["kind"],
            "owed_by": row["owner"],
            "opened_on": str(row["starts_on"])[:10],
            "due_on": str(row["due_on"])[:10],
            "met_on": rows.day(row["met_at"]),
        }


def _due(rows: Rows, library: Library, row: Row, entries: dict[Any, Row]) -> Iterator[str]:
    """The due day by the pack: after the entry that opened the duty, or in the period that began on its day."""
    pack, what = library.load(row["pack"]), f"duty {row['duty']} of {row['owed_by']}"
    duty, opened = duty_of(pack, row["duty"]), date.fromisoformat(row["opened_on"])
    if duty.every is None:
        cause = entries.get((row["cause"],))
        if cause is not None and cause["on"] != row["opened_on"]:
            yield f"{what}: opened on {row['opened_on']}, its entry {row['cause']} is of {cause['on']}"
        due = due_after(pack, duty, opened)
    else:
        period = period_of(pack, duty, date.fromisoformat(str(rows.day(row["created_at"]))))
        due = due_in(pack, duty, period)
        if row["opened_on"] != period.label:
            yield f"{what}: the period begins on {period.label}, recorded as {row['opened_on']}"
    if row["due_on"] != due.on.isoformat():
        yield f"{what}: by the pack it falls due on {due.on}, recorded as {row['due_on']}"
    late = (date.fromisoformat(row["met_on"]) - due.on).days if row["met_on"] else 0
    if max(late, 0) != row["late_days"] or (row["state"] == "met-late") != (late > 0):
        yield f"{what}: {late} days late, recorded as {row['late_days']} ({row['state']})"
