"""A nominee who only needs a reason waits for it: the review says what to give, and records what was given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlmodel import select

from ledger.errors import BadInput, Refused
from ledger.proof.world import World
from ledger.selection import review
from models.act import Act
from models.office import AuditEvent
from models.programme import Phase, Programme, ProgrammeSession
from models.training import Nomination, NominationStep
from office.runtime.settings import REPOSITORY
from policies.loader import Library
from rules.selection import reviewer

LIBRARY = Library(REPOSITORY / "policies")


class Office:
    """An office in memory with a second programme of a kind and subject in which both nominees took part before."""

    def __init__(self, name: str, kind: str) -> None:
        self.pack = LIBRARY.resolve(name, kind)
        self.world = World(LIBRARY.load(name))
        self.world.programme(self.pack, kind)
        self.programme: Programme = self.world.programme(self.pack, kind)
        session = self.world.session
        mine = ProgrammeSession.programme_id == self.programme.id
        held = session.exec(select(ProgrammeSession).where(mine)).one()
        steps = [step.key for step in self.pack.selection.steps] if self.pack.selection else []
        for row in self.nominations():
            row.state = "recommended"
            for key in steps[: steps.index("review")]:
                taken = {"basis": "示例", "acted_at": self.world.now, "created_at": self.world.now}
                session.add(
                    NominationStep(
                        nomination_id=row.id, step=key, person_id=row.person_id, organisation_id=row.school_id, **taken
                    )
                )
        session.add(
            Phase(
                programme_id=self.programme.id,
                session_id=held.id,
                target=str(held.id),
                key="selection",
                flow="selection",
                state="open",
                opened_at=self.world.now,
                created_at=self.world.now,
            )
        )
        session.flush()

    def nominations(self) -> list[Nomination]:
        """The nominations of the second programme."""
        query = select(Nomination).where(Nomination.programme_id == self.programme.id)
        return list(self.world.session.exec(query).all())

    def county(self) -> Act:
        """An act of whoever reviews."""
        return self.world.act_as(reviewer(self.pack))


@pytest.fixture(params=["liuzhou-2024/blended", "shulan-2017/send-teaching"])
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    """An office whose pack warns of a repeated participation."""
    made = Office(*request.param.split("/"))
    yield made
    made.world.close()


def test_who_took_part_before_waits_for_a_reason_and_goes_on_with_it(office: Office) -> None:
    first, second = office.world.teachers
    with pytest.raises(Refused) as refused:
        review(office.county(), office.programme.ref, 1)
    assert [(one.key, one.reason_needed) for one in refused.value.verdicts] == [
        (f"{first}:repeat", True),
        (f"{second}:repeat", True),
    ]
    assert all(one.basis[0].clause and "请说明理由" in one.zh for one in refused.value.verdicts)
    done = review(office.county(), office.programme.ref, 1, reasons={f"{first}:repeat": "三年连续培养"})
    assert (done.taken, done.refused, [(row[0], row[3]) for row in done.waiting]) == (1, [], [(second, "repeat")])
    assert sorted(row.state for row in office.nominations()) == ["recommended", "reviewed"]
    event = office.world.session.exec(select(AuditEvent).where(AuditEvent.kind == "nominations_reviewed")).one()
    assert event.facts["reasons"] == [[first, "repeat", "三年连续培养"]]
    assert review(office.county(), office.programme.ref, 1, reasons={"repeat": "同上"}).taken == 1


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ({"repeet": "示例"}, "is called repeet; did you mean repeat?"),
        ({"P-9999:repeat": "示例"}, "P-9999 is not nominated for this session"),
    ],
)
def test_a_reason_that_nobody_asks_for_is_not_taken(office: Office, reasons: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said.replace("?", r"\?")):
        review(office.county(), office.programme.ref, 1, reasons=reasons)
    with pytest.raises(Refused):
        review(office.county(), office.programme.ref, 1, reasons={"repeat": "  "})
    assert {row.state for row in office.nominations()} == {"recommended"}
