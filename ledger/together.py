"""Rows that are written together: kept as plain values and inserted in one statement a table.

For who writes thousands of rows that nobody looks at again in the same transaction: no object is made for each. What is
recorded is the same as one by one. The keeper calls `write` before the transaction ends. Serves no clause of a regulation.
"""

from typing import Any

from sqlalchemy import insert
from sqlmodel import SQLModel
from uuid_utils.compat import uuid7

from models.act import NEWS, Act
from models.office import Message

_given: dict[type[SQLModel], dict[str, Any]] = {}


class Together:
    """Rows of several tables that wait for one another; those of a table are inserted in the order in which they came."""

    def __init__(self) -> None:
        self._rows: dict[type[SQLModel], list[dict[str, Any]]] = {}

    def add(self, table: type[SQLModel], **values: Any) -> None:
        """Keep a row; what is not given is as the table's model says, its id a fresh one."""
        row = _defaults(table) | values
        if "id" in table.model_fields:
            row.setdefault("id", uuid7())
        self._rows.setdefault(table, []).append(row)

    def write(self, act: Act) -> None:
        """Insert what was kept, after what else the transaction changed; keeps nothing afterwards."""
        act.session.flush()
        connection = act.session.connection()
        for table, rows in self._rows.items():
            connection.execute(insert(table.__table__), rows)  # type: ignore[attr-defined]  # SQLModel does not type it
        if Message in self._rows:
            act.session.info[NEWS] = True
        self._rows = {}


def _defaults(table: type[SQLModel]) -> dict[str, Any]:
    if table not in _given:
        _given[table] = {
            name: field.get_default(call_default_factory=True, validated_data={})
            for name, field in table.model_fields.items()
            if not field.is_required() and name != "id"
        }
    return _given[table]
