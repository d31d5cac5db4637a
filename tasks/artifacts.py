"""What people see of a programme beside its runs in the Prefect UI: its timeline, its progress, and what is awaited
from whom.

Decides nothing: the words come from the ledger. Artifacts are views, rebuilt from the ledger at any time; nothing is
read back from them but the id of the progress bar that is moved. Serves no clause of a regulation.
"""

import uuid

from prefect import get_client
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort

from ledger.queries.artifacts import awaited, progress, timeline
from office.runtime.transactions import reading
from tasks.thin import thin

AWAITED = "awaited"


def artifact_key(programme_ref: str) -> str:
    """The key of a programme's timeline: lowercase letters, digits and dashes."""
    return f"programme-{programme_ref.lower()}"


@thin("更新项目进展")
def publish(programme_id: uuid.UUID, programme_ref: str) -> float:
    """Write the programme's timeline and move its progress bar (0-100); gives the progress."""
    with reading() as act:
        text, done = timeline(act, programme_id), progress(act, programme_id)
    key = artifact_key(programme_ref)
    create_markdown_artifact(text, key=key, description=f"{programme_ref} 进展时间线")
    bar = _bar_of(f"{key}-progress")
    if bar is None:
        create_progress_artifact(done, key=f"{key}-progress", description=f"{programme_ref} 完成进度")
    else:
        update_progress_artifact(bar, done)
    return done


def _bar_of(key: str) -> uuid.UUID | None:
    """The progress bar that was made before, to be moved in place."""
    this = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=this, sort=ArtifactSort.UPDATED_DESC, limit=1)
    return found[0].id if found else None


@thin("更新待办一览表")
def publish_awaited() -> int:
    """Write the table of what is awaited from whom until when, over all programmes; gives the number of rows."""
    with reading() as act:
        rows = awaited(act)
    create_table_artifact(rows, key=AWAITED, description="待办一览表:等待谁、办什么、截止哪天")
    return len(rows)
