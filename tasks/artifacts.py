"""What people see of a programme beside its runs in the Prefect UI: its timeline, its progress, and what is awaited
from whom.

Decides nothing: the words come from the ledger. Artifacts are views, rebuilt from the ledger at any time; what Prefect
holds is read only to leave alone what has not changed. Serves no clause of a regulation.
"""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import get_client
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.schemas.filters import ArtifactCollectionFilter, ArtifactCollectionFilterKey
from prefect.client.schemas.objects import ArtifactCollection

from ledger.queries.artifacts import changed_lately, progress, tables, timeline
from office.runtime.transactions import reading
from tasks.thin import thin

AWAITED = "awaited"
_TABLES = {
    AWAITED: "待办一览表:等待谁、办什么、截止哪天",
    "due-this-week": "本周到期:今天起七天内到期的事项",
    "overdue-by-organisation": "逾期一览(按单位):逾期几项、最长几天",
}
_FRESH = timedelta(seconds=20)
"""How old the table of the awaited may be before a lifecycle renews it: it is reckoned over all programmes."""

_EVENTS = 500
"""How many events back a programme counts as changed of late: more than a busy office records between two looks."""


def artifact_key(programme_ref: str) -> str:
    """The key of a programme's timeline: lowercase letters, digits and dashes."""
    return f"programme-{programme_ref.lower()}"


@thin("更新项目进展")
def publish(programme_id: uuid.UUID, programme_ref: str) -> float:
    """Write the programme's timeline and move its progress bar (0-100) where they changed; gives the progress."""
    with reading() as act:
        text, done = timeline(act, programme_id), progress(act, programme_id)
    key, bar_key = artifact_key(programme_ref), f"{artifact_key(programme_ref)}-progress"
    held = _held(key, bar_key)
    if key not in held or held[key].data != text:
        create_markdown_artifact(text, key=key, description=f"{programme_ref} 进展时间线")
    if bar_key not in held:
        create_progress_artifact(done, key=bar_key, description=f"{programme_ref} 完成进度")
    elif held[bar_key].data != done:
        update_progress_artifact(held[bar_key].latest_id, done)
    return done


@thin("更新项目进展时间线")
def publish_changed() -> int:
    """Bring the timelines up to date of the programmes that something has happened to of late; gives their number."""
    with reading() as act:
        changed = changed_lately(act, _EVENTS)
    for programme_id, ref in changed:
        publish.fn(programme_id, ref)
    return len(changed)


@thin("更新待办一览表")
def publish_awaited(always: bool = True) -> None:
    """Write the tables of all programmes where they changed: what is awaited from whom, what is due this week, what is
    overdue by organisation. Unless `always`, only when the first of them is old.
    """
    held = _held(*_TABLES)
    last = held[AWAITED].updated if AWAITED in held else None
    if not always and last is not None and datetime.now(UTC) - last < _FRESH:
        return
    with reading() as act:
        now = tables(act)
    for key, rows in now.items():
        renewed = key == AWAITED and not always  # so that it is seen to be fresh
        if key not in held or renewed or _rows_of(held[key]) != rows:
            create_table_artifact(rows, key=key, description=_TABLES[key])


def _rows_of(artifact: ArtifactCollection) -> Any:
    """The rows of a table as Prefect has them: it keeps them as text."""
    return json.loads(artifact.data) if isinstance(artifact.data, str) else artifact.data


def _held(*keys: str) -> dict[str, ArtifactCollection]:
    """The latest artifacts under these keys, as Prefect has them."""
    these = ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=list(keys)))
    with get_client(sync_client=True) as client:
        return {one.key: one for one in client.read_latest_artifacts(artifact_filter=these)}
