"""When people decide one right after another, their post goes first; what waits for that has its turn all the same."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from office.dispatcher import Calls
from office.runtime.settings import Settings
from office.rush import CLOSE_SECONDS, LONGEST_SECONDS, Rush


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_act_that_comes_alone_makes_no_rush() -> None:
    clock = Clock()
    rush = Rush(clock)
    assert not rush.holds()
    for _ in range(3):
        rush.note()
        assert not rush.on
        assert not rush.holds()
        clock.now += CLOSE_SECONDS * 1.1


def test_a_second_act_soon_after_makes_one_and_it_ends_by_itself() -> None:
    clock = Clock()
    rush = Rush(clock)
    rush.note()
    clock.now += CLOSE_SECONDS / 2
    rush.note()
    assert rush.on
    assert rush.holds()
    clock.now += CLOSE_SECONDS
    assert not rush.on
    assert not rush.holds()


@given(st.floats(0.01, CLOSE_SECONDS * 0.9), st.integers(200, 400))
def test_in_a_rush_that_does_not_end_everybody_has_a_turn(gap: float, acts: int) -> None:
    clock = Clock()
    rush = Rush(clock)
    turns, began, last = 0, clock.now, clock.now
    rush.note()
    for _ in range(acts):
        clock.now += gap
        rush.note()
        if not rush.holds():
            turns += 1
            last = clock.now
        assert clock.now - last <= LONGEST_SECONDS + 3 * gap
    assert turns <= (clock.now - began) / LONGEST_SECONDS + 1


def test_whoever_waits_for_the_end_of_a_rush_leaves_when_told_to() -> None:
    clock, leaving = Clock(), threading.Event()
    rush = Rush(clock)
    rush.note()
    rush.note()
    calls = Calls(Settings(_env_file=None), threading.Event(), leaving, rush)
    waiter = threading.Thread(target=calls.let_post_go_first)
    waiter.start()
    waiter.join(0.2)
    assert waiter.is_alive()
    leaving.set()
    waiter.join(10)
    assert not waiter.is_alive()
