"""How Alembic runs on the ledger: on a connection that `office.runtime.migrate` opened, in that one's transaction.

Tables are compared with the metadata of `models.tables`; SQLite changes a table by copying it (batch mode).
"""

from typing import Any

import sqlmodel.sql.sqltypes  # noqa: F401 - revisions name its types
from alembic import context
from sqlmodel import SQLModel

import models.tables  # noqa: F401 - fills the metadata


def render(kind: str, item: Any, _autogen: object) -> str | bool:
    """SQLModel's own types are written with their module, so that a revision needs one import only."""
    if kind == "type" and type(item).__module__ == "sqlmodel.sql.sqltypes":
        return f"sqlmodel.sql.sqltypes.{item!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    compare_type=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
