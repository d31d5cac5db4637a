"""A copied programme is as good as its original in the ledger: told apart in every row, chained, and decidable."""

from sqlalchemy import text
from sqlmodel import col, func, select

from bench.copies import copy_programme
from bench.ground import ground
from bench.world import COMMISSION
from ledger.audit import verify
from ledger.queries.labels import run_label
from models.office import AuditEvent
from models.programme import Phase, Programme
from office.runtime.transactions import reading


def test_copies_are_programmes_of_their_own() -> None:
    with ground() as here:
        (original,) = here.world.stand(1)
        copies = copy_programme(here.settings, original, 3)
        stem = original.rpartition("-")[0]
        assert copies == [f"{stem}-{number:04d}" for number in (2, 3, 4)]

        here.world.decide(here.world.ready_tier(copies[1], 1))
        with reading(here.settings) as act:
            labels = [
                run_label(act, programme_id, phase_id).name
                for programme_id, phase_id in act.session.exec(
                    select(Programme.id, Phase.id)
                    .join(Phase, col(Phase.programme_id) == col(Programme.id))
                    .where(Phase.key == "plan-review")
                    .order_by(col(Programme.id))
                ).all()
            ]
            events = act.session.exec(
                select(Programme.ref, func.count(col(AuditEvent.number)))
                .join(AuditEvent, col(AuditEvent.programme_id) == col(Programme.id))
                .group_by(Programme.ref)
                .order_by(Programme.ref)
            ).all()
            broken = act.session.connection().execute(text("PRAGMA foreign_key_check")).all()
            checked = verify(act)
        assert labels == [
            "示例00001 · 实施方案审核备案 · 第1级",
            "示例00002 · 实施方案审核备案 · 第1级",
            "示例00003 · 实施方案审核备案 · 第2级",
            "示例00004 · 实施方案审核备案 · 第1级",
        ]
        assert broken == []
        assert (checked.ok, checked.why, checked.differences) == (True, None, [])
        counts = dict(events)
        assert counts[original] == counts[copies[0]] == counts[copies[2]] < counts[copies[1]]

        # the original and the numbers go on as if the copies had come in one by one
        here.world.decide(here.world.ready_tier(original, 1))
        here.world.decide(here.world.ready_tier(original, 2))
        assert here.world.ready_tier(original, 3).kind == COMMISSION
        assert here.world.stand(1, first=5) == [f"{stem}-0005"]
