"""Copies of one programme in bulk, in the ledger and in Prefect's database, so that thousands can wait in a minute.

The programme to be copied was made by the ledger's own operations and its runs were started and suspended by the
office; a copy has the same rows under ids, ref and name of its own. The audit chain is carried on hash by hash, so
that it verifies afterwards. Only for a SQLite office that does not run. Serves no clause of a regulation.
"""

import json
import re
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import Table
from sqlmodel import SQLModel, col, select
from uuid_utils.compat import uuid7

import models.tables as tables
from ledger.core import event_hash, fingerprint
from ledger.queries.news import move_place
from models.act import SYSTEM
from models.office import AuditEvent, AuditHead
from models.programme import Phase, Programme
from models.review import Submission
from office.announcer import READER
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction

assert tables  # every table is known to the metadata by this import

_NOT_COPIED = {"act_key", "audit_event", "lease", "wake"}
"""Tables whose rows no copy needs: answers under keys, leases and wakes of the past; events are carried on apart."""

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}"
_LOT = 200
"""Copies written at a time: what is held in memory."""

Words = dict[str, str]
"""What stands in place of what in one copy."""


class _Mould:
    """The rows of one table, taken apart where a copy differs."""

    def __init__(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], split: re.Pattern[str]):
        self.insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        self._rows = [[split.split(value) if isinstance(value, str) else value for value in row] for row in rows]

    def cast(self, words: Words) -> Iterator[list[Any]]:
        """The rows of one copy."""
        for row in self._rows:
            yield [_spell(value, words) if isinstance(value, list) else value for value in row]


def _spell(parts: list[str], words: Words) -> str:
    return "".join(words.get(part, part) for part in parts)


def copy_programme(office: Settings, ref: str, count: int) -> list[str]:
    """Make `count` copies of a programme with its runs; gives their refs. Raises `LookupError` for an unknown ref."""
    with reading(office) as act:
        programme = act.session.exec(select(Programme).where(Programme.ref == ref)).first()
        if programme is None:
            raise LookupError(f"there is no programme {ref}")
        phases = act.session.exec(select(Phase.run_id).where(Phase.programme_id == programme.id)).all()
        programme_id, name = programme.id, programme.short_name
        run_ids = [str(run_id) for run_id in (programme.run_id, *phases) if run_id is not None]
    ledger, prefect = office.root / "songjiao.db", office.root / "prefect.db"
    with closing(sqlite3.connect(ledger)) as ours, closing(sqlite3.connect(prefect)) as theirs:
        our_rows = dict(_ledger_rows(ours, programme_id))
        their_rows = dict(_prefect_rows(theirs, run_ids, ref))
        ids = sorted(_ids(our_rows.values())) + sorted(_ids(their_rows.values()))
        split = re.compile(f"({_UUID}|{'|'.join(map(re.escape, _spellings(ref, name)))})")
        first = _take_numbers(ours, ref, count)
        lots = [
            [_words(ids, ref, name, number) for number in range(start, min(start + _LOT, first + count))]
            for start in range(first, first + count, _LOT)
        ]
        for connection, rows in ((ours, our_rows), (theirs, their_rows)):
            moulds = [_Mould(table, columns, found, split) for table, (columns, found) in rows.items()]
            for lot in lots:
                for mould in moulds:
                    connection.executemany(mould.insert, (row for words in lot for row in mould.cast(words)))
                connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _carry_events_on(office, programme_id, [words for lot in lots for words in lot], split)
    return [words[ref] for lot in lots for words in lot]


Rows = tuple[list[str], list[tuple[Any, ...]]]


def _select(connection: sqlite3.Connection, table: str, where: str, values: Sequence[str] = ()) -> Rows:
    found = connection.execute(f"SELECT * FROM {table} WHERE {where}", values)
    columns = [column[0] for column in found.description]
    return columns, found.fetchall()


def _among(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join('?' * len(values))})"


def _ledger_rows(connection: sqlite3.Connection, programme_id: uuid.UUID) -> Iterator[tuple[str, Rows]]:
    """Every row that belongs to the programme: it points to it, or to a row that does."""
    held: dict[str, list[str]] = {"programme": [programme_id.hex]}
    yield "programme", _select(connection, "programme", "id = ?", [programme_id.hex])
    for table in SQLModel.metadata.sorted_tables:
        pointing = _pointing(table, held)
        if table.name in _NOT_COPIED or table.name == "programme" or pointing is None:
            continue
        column, above = pointing
        rows = _select(connection, table.name, _among(column, held[above]), held[above])
        if rows[1]:
            held[table.name] = [row[rows[0].index("id")] for row in rows[1]]
            yield table.name, rows


def _pointing(table: Table, held: dict[str, list[str]]) -> tuple[str, str] | None:
    """By which column a table points to rows that are copied; the programme itself before anything else."""
    keys = [
        (column.name, key.column.table.name)
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in held and key.column.table.name != table.name
    ]
    return min(keys, key=lambda key: key[1] != "programme", default=None)


def _prefect_rows(connection: sqlite3.Connection, run_ids: list[str], ref: str) -> Iterator[tuple[str, Rows]]:
    """The runs with their states, forms and tasks (each task with its last state), and the programme's artifacts."""
    yield "flow_run", _select(connection, "flow_run", _among("id", run_ids), run_ids)
    for table in ("flow_run_state", "flow_run_input", "task_run"):
        yield table, _select(connection, table, _among("flow_run_id", run_ids), run_ids)
    last = f"id IN (SELECT state_id FROM task_run WHERE {_among('flow_run_id', run_ids)})"
    yield "task_run_state", _select(connection, "task_run_state", last, run_ids)
    for table in ("artifact_collection", "artifact"):
        yield table, _select(connection, table, "key LIKE ?", [f"programme-{ref.lower()}%"])


def _ids(found: Iterable[Rows]) -> set[uuid.UUID]:
    return {uuid.UUID(row[columns.index("id")]) for columns, rows in found for row in rows}


def _spellings(ref: str, name: str) -> list[str]:
    """How ref and name stand in rows: also as part of a key, and as JSON writes Chinese."""
    return [ref, ref.lower(), json.dumps(name)[1:-1], name]


def _words(ids: list[uuid.UUID], ref: str, name: str, number: int) -> Words:
    """What stands in place of what in the copy of that number; new ids sort as the old ones do."""
    words: Words = {}
    for old, new in zip(ids, sorted(uuid7() for _ in ids), strict=True):
        words[str(old)], words[old.hex] = str(new), new.hex
    new_ref, new_name = f"{ref.rpartition('-')[0]}-{number:04d}", f"{name.rstrip('0123456789')}{number:05d}"
    words.update(zip(_spellings(ref, name), _spellings(new_ref, new_name), strict=True))
    return words


def _take_numbers(connection: sqlite3.Connection, ref: str, count: int) -> int:
    """Take numbers for the copies' refs from the ledger's own counter; gives the first."""
    name = ref.rpartition("-")[0]
    (last,) = connection.execute("SELECT value FROM counter WHERE name = ?", [name]).fetchone()
    connection.execute("UPDATE counter SET value = ? WHERE name = ?", [last + count, name])
    return int(last) + 1


def _carry_events_on(office: Settings, programme_id: uuid.UUID, copies: list[Words], split: re.Pattern[str]) -> None:
    """Record for each copy the events that the programme has, at the end of the chain."""
    with transaction(SYSTEM, office=office) as act:
        query = select(AuditEvent).where(AuditEvent.programme_id == programme_id).order_by(col(AuditEvent.number))
        events = act.session.exec(query).all()
        papers = [
            (fingerprint(content), split.split(json.dumps(content, ensure_ascii=False)))
            for content in act.session.exec(select(Submission.content).where(Submission.programme_id == programme_id))
        ]
        head = act.session.get_one(AuditHead, 1)
        number, previous = head.number, head.hash
        facts = [split.split(json.dumps(event.facts, ensure_ascii=False)) for event in events]
        for start in range(0, len(copies), _LOT):
            for words in copies[start : start + _LOT]:
                mine = uuid.UUID(words[str(programme_id)])
                prints = {old: fingerprint(json.loads(_spell(parts, words))) for old, parts in papers}
                for event, parts in zip(events, facts, strict=True):
                    number += 1
                    told = json.loads(_spell(parts, words))
                    if told.get("content") in prints:
                        told["content"] = prints[told["content"]]  # a paper bears the programme's own name
                    copy = _event(event, number, previous, mine, told)
                    previous = copy.hash
                    act.session.add(copy)
            act.session.flush()
            act.session.expunge_all()
        head = act.session.get_one(AuditHead, 1)
        head.number, head.hash = number, previous
        act.session.add(head)
        move_place(act, READER, number)  # Prefect was told of each when it happened


def _event(event: AuditEvent, number: int, previous: str, programme_id: uuid.UUID, facts: dict[str, Any]) -> AuditEvent:
    copy = AuditEvent(
        number=number, at=event.at, kind=event.kind, programme_id=programme_id, person_id=event.person_id,
        door=event.door, facts=facts, previous_hash=previous, hash="",
    )  # fmt: skip
    copy.hash = event_hash(copy)
    return copy
