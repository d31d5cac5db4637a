"""The graph of phases: what opens when."""

from uuid import UUID

from rules.phases import PhaseKey, planned, to_open
from tests.support.packs import PHASES, phase, small_pack

ONE, TWO = UUID(int=1), UUID(int=2)
A, B, C = UUID(int=11), UUID(int=12), UUID(int=13)
SESSIONS = {ONE: (A, B), TWO: (C,)}
OPENING = [PhaseKey("application"), PhaseKey("award")]


def opens(closed: list[PhaseKey], opened: list[PhaseKey] | None = None, kind: str = "send-teaching") -> list[PhaseKey]:
    return list(to_open(small_pack(), kind, SESSIONS, set(closed), set(opened or [])))


def checked_in(*sessions: UUID) -> list[PhaseKey]:
    return [*OPENING, *(PhaseKey("check-in", session) for session in sessions)]


def test_planned_phases_go_by_programme_session_and_school() -> None:
    keys = planned(small_pack(), "send-teaching", SESSIONS)
    assert [key for key in keys if key.key == "award"] == [PhaseKey("award")]
    assert [key for key in keys if key.key == "stage-1"] == [PhaseKey("stage-1", ONE), PhaseKey("stage-1", TWO)]
    assert [key for key in keys if key.key == "stage-2"] == [
        PhaseKey("stage-2", ONE, A),
        PhaseKey("stage-2", ONE, B),
        PhaseKey("stage-2", TWO, C),
    ]
    assert [key for key in keys if key.key == "delivery"] == []
    assert len(keys) == 5 + 2 + 2 + 2 * 3 + 3 * 2


def test_a_programme_begins_with_its_application() -> None:
    assert opens([]) == [PhaseKey("application")]
    assert opens([], [PhaseKey("application")]) == []


def test_after_the_award_review_selection_and_check_in_open_together() -> None:
    assert opens(OPENING) == [
        PhaseKey("plan-review"),
        PhaseKey("selection", ONE),
        PhaseKey("selection", TWO),
        PhaseKey("check-in", ONE),
        PhaseKey("check-in", TWO),
    ]


def test_an_opened_phase_does_not_open_again() -> None:
    opened = [PhaseKey("plan-review"), PhaseKey("selection", ONE), PhaseKey("check-in", TWO)]
    assert opens(OPENING, opened) == [PhaseKey("selection", TWO), PhaseKey("check-in", ONE)]


def test_a_session_does_not_wait_for_another_and_the_evaluation_opens_with_the_first() -> None:
    others = [
        PhaseKey("plan-review"),
        PhaseKey("selection", ONE),
        PhaseKey("selection", TWO),
        PhaseKey("check-in", TWO),
    ]
    assert opens(checked_in(ONE), others) == [PhaseKey("stage-1", ONE), PhaseKey("evaluation")]


def test_a_finer_phase_waits_for_the_one_that_covers_it() -> None:
    found = opens([*checked_in(ONE, TWO), PhaseKey("stage-1", ONE)])
    assert [key for key in found if key.key.startswith("stage")] == [
        PhaseKey("stage-1", TWO),
        PhaseKey("stage-2", ONE, A),
        PhaseKey("stage-2", ONE, B),
    ]


def test_a_school_goes_on_alone_and_the_session_waits_for_all_its_schools() -> None:
    base = [*checked_in(ONE, TWO), PhaseKey("stage-1", ONE), PhaseKey("stage-1", TWO), PhaseKey("stage-2", ONE, A)]
    ahead = [key for key in opens(base) if key.key == "stage-3"]
    assert ahead == [PhaseKey("stage-3", ONE, A)]
    both = [*base, PhaseKey("stage-2", ONE, B), PhaseKey("stage-3", ONE, A)]
    assert [key for key in opens(both) if key.key == "stage-4"] == []
    all_done = [*both, PhaseKey("stage-3", ONE, B)]
    assert [key for key in opens(all_done) if key.key == "stage-4"] == [PhaseKey("stage-4", ONE)]


def test_the_archive_waits_for_every_session() -> None:
    assert PhaseKey("archive") not in opens([*checked_in(ONE, TWO), PhaseKey("stage-5", ONE)])
    assert PhaseKey("archive") in opens([*checked_in(ONE, TWO), PhaseKey("stage-5", ONE), PhaseKey("stage-5", TWO)])


def test_a_predecessor_of_another_kind_of_programme_falls_away() -> None:
    closed = [*checked_in(ONE, TWO), PhaseKey("delivery", ONE)]
    assert PhaseKey("archive") not in opens(closed, kind="blended")
    assert PhaseKey("archive") in opens([*closed, PhaseKey("delivery", TWO)], kind="blended")


def test_a_session_that_visits_no_school_does_not_run_ahead() -> None:
    sessions: dict[UUID, tuple[UUID, ...]] = {ONE: ()}
    closed = set(checked_in(ONE))
    before = to_open(small_pack(), "send-teaching", sessions, closed, set())
    assert [key for key in before if key.key.startswith("stage")] == [PhaseKey("stage-1", ONE)]
    after = to_open(small_pack(), "send-teaching", sessions, closed | {PhaseKey("stage-1", ONE)}, set())
    assert [key for key in after if key.key.startswith("stage")] == [PhaseKey("stage-4", ONE)]


def test_a_predecessor_that_the_pack_no_longer_has_falls_away() -> None:
    pack = small_pack(phases=[*PHASES[:2], phase("archive", "programme", ["award", "gone"])])
    assert to_open(pack, "blended", SESSIONS, set(OPENING), set()) == (PhaseKey("archive"),)
