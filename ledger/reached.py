"""Which running programmes a change of a pack would reach, were they moved to it. Reads only.

A programme keeps the pack that it started under, so a change reaches none of them by itself; this tells whom it concerns.
Serves no clause.
"""

from datetime import date

from pydantic import BaseModel
from sqlmodel import col, select

from models.act import Act
from models.programme import PolicySnapshot, Programme
from models.states import ProgrammeState

RUNNING = (ProgrammeState.APPLIED, ProgrammeState.AWARDED, ProgrammeState.RUNNING, ProgrammeState.ENDED)


class Running(BaseModel):
    """A programme that has not come to its end: its pack, kind, level, applicant and days (the last one today or later)."""

    ref: str
    title: str
    pack: str
    kind: str
    level: str
    applicant_kind: str
    starts_on: date
    ends_on: date


def running_under(act: Act, packs: list[str]) -> list[Running]:
    """The programmes that run under one of the packs, by their refs."""
    rows = act.session.exec(
        select(Programme, PolicySnapshot.name)
        .join(PolicySnapshot, col(PolicySnapshot.id) == col(Programme.snapshot_id))
        .where(col(Programme.state).in_(RUNNING), col(PolicySnapshot.name).in_(packs))
        .order_by(col(Programme.ref))
    ).all()
    return [
        Running(
            ref=row.ref,
            title=row.title,
            pack=pack,
            kind=row.kind,
            level=row.level,
            applicant_kind=row.applicant_kind,
            starts_on=row.starts_on,
            ends_on=max(row.ends_on, act.today),
        )
        for row, pack in rows
    ]
