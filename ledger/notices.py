"""What Prefect's automations have to tell the office: a run crashed, a run is late, the worker is silent.

One message a run and day: a run that crashes again and again fills nobody's mailbox. Whether somebody acts is theirs to
decide; the ledger goes on by itself. Serves no clause of a regulation.
"""

from sqlmodel import select

from ledger.core import record
from ledger.outbox import tell
from ledger.people import office_people
from models.act import Act
from models.programme import Programme

KINDS = ("run-crashed", "run-late", "worker-silent")
_TAG, _RESOURCE = "programme:", "prefect.tag."


def take_notice(
    act: Act,
    kind: str,
    matter: str,
    *,
    run: str | None = None,
    why: str | None = None,
    tags: tuple[str, ...] = (),
    pool: str | None = None,
) -> int:
    """Tell the programme office once a day of a matter; answers how many people are told. `tags` name the programme.

    Raises `ValueError` for a kind that is none.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind[:40]!r} is not one of {', '.join(KINDS)}")
    given = [tag.removeprefix(_RESOURCE) for tag in tags]
    refs = [tag.removeprefix(_TAG) for tag in given if tag.startswith(_TAG)]
    programme = act.session.exec(select(Programme).where(Programme.ref == refs[0])).first() if refs else None
    people = office_people(act)
    told = tell(
        act, kind, f"{matter[:80]}:{act.today}", people, programme,
        run=run[:200] if run else None, why=why[:300] if why else None, pool=pool[:60] if pool else None,
    )  # fmt: skip
    record(act, "engine_notice", notice=kind, matter=matter[:80], told=told)
    return told
