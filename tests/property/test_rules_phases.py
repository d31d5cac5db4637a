"""The graph of phases: nothing opens too early, and every order of closing ends with all phases opened."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.schema import Pack
from rules.phases import PhaseKey, planned, to_open
from tests.support.packs import phase, small_pack

pytestmark = pytest.mark.property

PER = ("programme", "session", "school")
SESSIONS = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(
    lambda counts: {
        UUID(int=100 + number): tuple(UUID(int=1000 * number + school) for school in range(1, count + 1))
        for number, count in enumerate(counts, start=1)
    }
)


@st.composite
def graphs(draw: st.DrawFn) -> Pack:
    """Packs with up to seven phases, each after some of those before it."""
    keys = [f"p{number}" for number in range(draw(st.integers(1, 7)))]
    phases = []
    for place, key in enumerate(keys):
        after = draw(st.lists(st.sampled_from(keys[:place]), unique=True, max_size=3)) if place else []
        kinds = draw(st.sampled_from([[], [], ["send-teaching"], ["blended"]]))
        opens_on = draw(st.sampled_from(["all", "all", "first"]))
        phases.append(phase(key, draw(st.sampled_from(PER)), after, kinds=kinds, opens_on=opens_on))
    return small_pack(phases=phases)


def before(pack: Pack, target: PhaseKey, keys: tuple[PhaseKey, ...]) -> list[list[PhaseKey]]:
    """For each predecessor of a phase that runs here, what of it touches the target: reckoned apart from the rule."""
    mine = next(one for one in pack.phases if one.key == target.key)
    groups = []
    for name in mine.opens_after:
        group = [
            key
            for key in keys
            if key.key == name
            and (key.session is None or target.session is None or key.session == target.session)
            and (key.school is None or target.school is None or key.school == target.school)
        ]
        groups.append(group)
    return [group for group in groups if group]


@given(graphs() | st.just(small_pack()), SESSIONS, st.sampled_from(["send-teaching", "blended"]), st.data())
def test_any_order_of_closing_opens_every_phase_once_and_none_too_early(
    pack: Pack, sessions: dict[UUID, tuple[UUID, ...]], kind: str, data: st.DataObject
) -> None:
    keys = planned(pack, kind, sessions)
    opened: set[PhaseKey] = set()
    closed: set[PhaseKey] = set()
    while True:
        for target in to_open(pack, kind, sessions, closed, opened):
            assert target not in opened
            mine = next(one for one in pack.phases if one.key == target.key)
            for group in before(pack, target, keys):
                done = [key in closed for key in group]
                assert any(done) if mine.opens_on == "first" else all(done)
            opened.add(target)
        waiting = sorted(opened - closed, key=str)
        if not waiting:
            break
        closed.add(data.draw(st.sampled_from(waiting)))
    assert closed == set(keys)
    assert len(keys) == len(set(keys))
