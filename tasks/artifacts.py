"""What people see of a programme beside its runs in the Prefect UI: its timeline, its progress, and what is awaited
from whom.

Decides nothing: the words come from the ledger. Artifacts are views, rebuilt from the ledger at any time; what Prefect
holds is read only to leave alone what has not changed. Serves no clause of a regulation.
"""

import uuid
from datetime import UTC, datetime, timedelta

from prefect import get_client
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.schemas.filters import ArtifactCollectionFilter, ArtifactCollectionFilterKey
from prefect.client.schemas.objects import ArtifactCollection

from ledger.queries.artifacts import awaited, progress, timeline
from office.runtime.transactions import reading
from tasks.thin import thin

AWAITED = "awaited"
_FRESH = timedelta(seconds=20)
"""How old the table of the awaited may be before a lifecycle renews it: it is reckoned over all programmes."""


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


@thin("更新待办一览表")
def publish_awaited(always: bool = True) -> None:
    """Write the table of what is awaited from whom until when, for all programmes; unless `always`, only an old one."""
    if not always:
        held = _held(AWAITED).get(AWAITED)
        if held is not None and held.updated is not None and datetime.now(UTC) - held.updated < _FRESH:
            return
    with reading() as act:
        rows = awaited(act)
    create_table_artifact(rows, key=AWAITED, description="待办一览表:等待谁、办什么、截止哪天")


def _held(*keys: str) -> dict[str, ArtifactCollection]:
    """The latest artifacts under these keys, as Prefect has them."""
    these = ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=list(keys)))
    with get_client(sync_client=True) as client:
        return {one.key: one for one in client.read_latest_artifacts(artifact_filter=these)}
