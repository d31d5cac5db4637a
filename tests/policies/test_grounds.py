"""A refusal by the order of the work rests on the programme's own pack: never on a clause of another region."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ledger.delivery import open_stage, start_session
from ledger.errors import Refused
from ledger.proof.world import OUTSIDER, World
from ledger.selection import confirm_list, review, volunteer
from models.act import Act
from models.values import Basis
from policies.grounds import (
    EVERYWHERE,
    document_ground,
    resting_on,
    review_ground,
    selection_ground,
    stage_ground,
    start_ground,
)
from policies.loader import Library
from policies.schema import DocumentKind, Pack

from .conftest import PACKS

LIBRARY = Library(PACKS)
KINDS = [(name, kind) for name in LIBRARY.names() for kind in LIBRARY.load(name).kinds]
HOST = "host-institution"


@pytest.fixture(params=KINDS, ids=lambda one: "/".join(one))
def office(request: pytest.FixtureRequest) -> Iterator[tuple[World, Pack, Any]]:
    """An office in memory with a programme of the kind in which no phase is open."""
    name, kind = request.param
    pack = LIBRARY.resolve(name, kind)
    world = World(LIBRARY.load(name))
    yield world, pack, world.programme(pack, kind)
    world.close()


def _refused(act: Callable[..., Any], *given: Any) -> tuple[str, tuple[Basis, ...]]:
    with pytest.raises(Refused) as refused:
        act(*given)
    return refused.value.verdicts[0].key, refused.value.verdicts[0].basis


def test_what_is_out_of_order_is_refused_by_the_pack_of_the_programme(office: tuple[World, Pack, Any]) -> None:
    world, pack, programme = office
    ref = programme.ref

    def by(role: str) -> Act:
        return world.act_as(role)

    reviewer = next((one.role for one in pack.selection.steps if one.key == "review"), HOST) if pack.selection else HOST
    told = [
        _refused(start_session, by(HOST), ref, 1),
        _refused(confirm_list, by(HOST), ref, 1),
        _refused(volunteer, by("teacher"), ref, 1),
        _refused(review, by(reviewer), ref, 1),
        _refused(open_stage, by(OUTSIDER), ref, "part-1", 1),
    ]
    for key, bases in told:
        for basis in bases:
            own = basis.clause is not None and basis.clause.startswith(f"{pack.source}-")
            adopted = basis.adopted_from is not None
            assert own or adopted or (basis.clause is None and basis.setting), (key, basis)
    assert [key for key, _ in told] == ["start.open", *["selection.open"] * 3, "role.stage"]


def test_the_grounds_of_each_pack_are_its_own_clauses_or_its_office() -> None:
    henan, liuzhou = LIBRARY.load("henan-2023"), LIBRARY.load("liuzhou-2024")
    chongqing = LIBRARY.resolve("chongqing-2021", "send-teaching")
    assert [start_ground(pack).clause for pack in (chongqing, henan, liuzhou)] == ["CQ2021-10.3", None, None]
    assert [selection_ground(pack).clause for pack in (chongqing, henan, liuzhou)] == [
        *("CQ2021-5.3", "HN2023-3.2.2", "LZ2024-4.4.3")
    ]
    assert stage_ground(chongqing, "stage-2").clause == "SL2017-2.1"
    assert review_ground(chongqing, "implementation-plan").clause == "CQ2021-2.1"
    assert review_ground(henan, "implementation-plan") == EVERYWHERE
    assert document_ground(chongqing, "archive-documents").clause == "CQ2021-6.11"
    assert document_ground(liuzhou, "archive-documents").setting is not None
    assert document_ground(liuzhou, "archive-documents").clause is None


def test_a_clause_goes_before_a_reason_and_a_reason_before_the_order_of_work() -> None:
    name = {"zh": "示例", "en": "sample"}
    law = DocumentKind.model_validate({"key": "a", "name": name, "cites": "XX2026-1"})
    office = DocumentKind.model_validate({"key": "b", "name": name, "why": {"zh": "惯例", "en": "practice"}})
    assert resting_on(office, law) == Basis(clause="XX2026-1")
    assert resting_on(None, office) == Basis(setting="惯例", setting_en="practice")
    assert resting_on(None, None) == EVERYWHERE
