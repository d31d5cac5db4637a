"""What each state of a run calls for, case by case: the ledger is real, Prefect a fake that keeps what it was told."""

import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prefect.client.schemas.objects import StateType
from prefect.exceptions import Abort, ObjectNotFound, PrefectHTTPStatusError
from prefect.logging import disable_run_logger
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from ledger import runs
from ledger.queries.carriers import Carrier, HeldLease, carrier, held_leases
from models.act import SYSTEM
from models.office import Message
from models.programme import Phase, Programme
from models.states import DecisionOutcome, PhaseState
from office.post import Post
from office.runtime.settings import Settings
from office.runtime.stop_points import stop_point
from office.runtime.transactions import reading, transaction
from office.waker import Patience
from tasks.forms import form_for, read_answer
from tasks.lease import executing, give_back, take
from tasks.repair import tend
from tasks.runs import RunState
from tests.integration.sample_world import World

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FakePrefect:
    """Stands for Prefect's client: knows some runs and inputs, and keeps every state that was set."""

    def __init__(self, *known: uuid.UUID, inputs: tuple[str, ...] = ()) -> None:
        self.known = set(known)
        self.inputs = inputs
        self.told: list[str] = []

    def read_flow_run(self, run_id: uuid.UUID) -> SimpleNamespace:
        if run_id not in self.known:
            raise ObjectNotFound(http_exc=Exception("404"))
        return SimpleNamespace(id=run_id)

    def set_flow_run_state(self, run_id: uuid.UUID, state: Any, force: bool = False) -> None:
        self.told.append(state.name)

    def update_flow_run(self, run_id: uuid.UUID, name: str, tags: list[str]) -> None:
        self.told.append(name)

    def filter_flow_run_input(self, run_id: uuid.UUID, **_: Any) -> list[SimpleNamespace]:
        return [SimpleNamespace(key=key) for key in self.inputs]


RUN = uuid.UUID(int=7)


@pytest.fixture
def review(sqlite_office: Settings) -> Carrier:
    """The review of an application, carried by a run."""
    programme_id, _ = World(sqlite_office, "1").build().apply("示例甲")
    with transaction(SYSTEM) as act:
        phase = act.session.exec(select(Phase).where(Phase.key == "application-review")).one()
        runs.attach_run(act, programme_id, phase.id, RUN, 1)
        return carrier(act, programme_id, phase.id)


def in_state(kind: StateType, seconds: float, form: bool = False) -> RunState:
    """A run that has been in a state for so many seconds."""
    return RunState(kind, NOW - timedelta(seconds=seconds), {"schema": "s", "response": "r"} if form else None)


def lease(alive: bool) -> HeldLease:
    """A lease on the run."""
    return HeldLease(name=str(RUN), holder="h", run_id=RUN, alive=alive)


RUNNING, PENDING, PAUSED = StateType.RUNNING, StateType.PENDING, StateType.PAUSED


@pytest.mark.parametrize(
    ("state", "held", "wanted", "word", "told"),
    [
        (in_state(StateType.SCHEDULED, 900), None, True, None, []),
        (in_state(RUNNING, 900), lease(alive=True), True, None, []),
        (in_state(RUNNING, 30), None, True, None, []),
        (in_state(RUNNING, 30), lease(alive=False), False, "restarted", ["Crashed", "Scheduled"]),
        (in_state(RUNNING, 121), None, False, "restarted", ["Crashed", "Scheduled"]),
        (in_state(PENDING, 59), None, True, None, []),
        (in_state(PENDING, 61), None, True, "restarted", ["Crashed", "Scheduled"]),
        (in_state(StateType.CRASHED, 2), lease(alive=False), True, None, []),
        (in_state(StateType.CRASHED, 3), lease(alive=False), True, "restarted", ["Scheduled"]),
        (in_state(StateType.CANCELLING, 14), None, True, None, []),
        (in_state(StateType.CANCELLING, 16), None, True, "lost (cancelled)", ["Cancelled"]),
        (in_state(StateType.CANCELLED, 1), None, False, "lost (cancelled)", []),
        (in_state(StateType.FAILED, 1), None, False, "lost (failed)", []),
        (in_state(StateType.COMPLETED, 1), None, False, "lost (completed)", []),
        (in_state(PAUSED, 900), None, True, "woken", ["Scheduled", "示例甲 · 项目申报审核 · 第1级"]),
        (in_state(PAUSED, 900), None, False, None, []),
        (in_state(PAUSED, 9, form=True), None, False, None, []),
        (in_state(PAUSED, 10, form=True), None, False, "asked again", ["Scheduled"]),
        (in_state(PAUSED, 1, form=True), lease(alive=False), False, "asked again", ["Scheduled"]),
    ],
)
def test_a_run_gets_what_its_state_calls_for(
    review: Carrier, state: RunState, held: HeldLease | None, wanted: bool, word: str | None, told: list[str]
) -> None:
    prefect = FakePrefect(RUN)
    assert tend(prefect, review, state, held, wanted=wanted, now=NOW) == word  # type: ignore[arg-type]
    assert prefect.told == told
    with reading() as act:
        phase = act.session.get_one(Phase, review.phase_id)
        assert phase.generation == (2 if word and word.startswith("lost") else 1)


@pytest.mark.parametrize(
    ("state", "held", "word"),
    [
        (in_state(RUNNING, 30), None, "restarted"),  # it was executed under the former office
        (in_state(PENDING, 30), None, "restarted"),
        (in_state(RUNNING, 30), lease(alive=True), None),  # its process outlived that office
        (in_state(RUNNING, 10), None, None),
    ],
)
def test_what_was_executed_before_the_office_began_is_dead(
    review: Carrier, state: RunState, held: HeldLease | None, word: str | None
) -> None:
    began = NOW - timedelta(seconds=20)
    found = tend(FakePrefect(RUN), review, state, held, wanted=False, now=NOW, began=began)  # type: ignore[arg-type]
    assert found == word


def test_a_form_that_is_there_is_left_alone(review: Carrier) -> None:
    prefect = FakePrefect(RUN, inputs=("s",))
    assert tend(prefect, review, in_state(PAUSED, 99, form=True), None, wanted=False, now=NOW) is None  # type: ignore[arg-type]


def test_a_run_is_lost_only_when_prefect_does_not_know_it(review: Carrier) -> None:
    assert tend(FakePrefect(RUN), review, None, None, wanted=True, now=NOW) is None  # type: ignore[arg-type]
    assert tend(FakePrefect(), review, None, None, wanted=True, now=NOW) == "lost (deleted)"  # type: ignore[arg-type]
    with reading() as act:
        phase = act.session.get_one(Phase, review.phase_id)
        assert (phase.run_id, phase.generation) == (None, 2)
        kinds = act.session.exec(select(Message.kind)).all()
    assert sorted(kinds) == ["decision-asked"]  # no programme office is recorded in this world, so nobody is told


def test_the_complete_run_of_a_closed_phase_is_settled(review: Carrier) -> None:
    with transaction(SYSTEM) as act:
        phase = act.session.get_one(Phase, review.phase_id)
        phase.state = PhaseState.CLOSED
        act.session.add(phase)
        closed = carrier(act, review.programme_id, review.phase_id)
    assert tend(FakePrefect(RUN), closed, in_state(StateType.COMPLETED, 1), None, wanted=True, now=NOW) == "settled"  # type: ignore[arg-type]
    with reading() as act:
        assert act.session.get_one(Phase, review.phase_id).run_settled


def test_open_phases_of_a_rejected_programme_may_end(review: Carrier) -> None:
    with transaction(SYSTEM) as act:
        programme = act.session.get_one(Programme, review.programme_id)
        programme.state = "rejected"
        act.session.add(programme)
        stopped = carrier(act, review.programme_id, review.phase_id)
    assert (stopped.over, stopped.rejected) == (True, True)
    prefect = FakePrefect(RUN)
    assert tend(prefect, stopped, in_state(PAUSED, 9), None, wanted=False, now=NOW) == "woken"  # type: ignore[arg-type]


# --- leases ---------------------------------------------------------------------------------------------------------


def test_a_lease_belongs_to_one_living_process(sqlite_office: Settings) -> None:
    program = """
import os
from ledger import runs
from ledger.processes import identity
from models.act import SYSTEM
from office.runtime.transactions import transaction
with transaction(SYSTEM) as act:
    print(runs.take_lease(act, "thing", None, os.getpid(), identity(os.getpid()), str(os.getpid())).taken)
"""

    def elsewhere() -> str:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert take("thing")
    assert take("thing")
    assert elsewhere() == "False"
    give_back("thing")
    assert elsewhere() == "True"  # and it died with it
    with reading() as act:
        assert [(one.name, one.alive) for one in held_leases(act)] == [("thing", False)]
    assert take("thing")


def answered(status: int) -> PrefectHTTPStatusError:
    """What Prefect's client raises for an answer of this status."""
    asked = httpx.Request("POST", "http://127.0.0.1:1/api/deployments/x/create_flow_run")
    return PrefectHTTPStatusError(f"answer {status}", request=asked, response=httpx.Response(status, request=asked))


def unreachable() -> RuntimeError:
    """What Prefect's client raises where it cannot begin; the reason is its cause."""
    error = RuntimeError("Failed to reach API")
    error.__cause__ = httpx.ConnectError("refused")
    return error


@pytest.mark.parametrize(
    ("error", "ends", "kept"),
    [
        (answered(503), Abort, True),
        (unreachable(), Abort, True),
        (OperationalError("SELECT 1", {}, Exception("database is locked")), Abort, True),
        (answered(404), PrefectHTTPStatusError, True),
        (ValueError("a mistake of ours"), ValueError, True),
        (Abort("told to leave"), Abort, False),
    ],
    ids=["503", "unreachable", "locked", "404", "mistake", "leave"],
)
def test_an_execution_that_is_not_answered_leaves_the_run_to_be_carried_on(
    review: Carrier, monkeypatch: pytest.MonkeyPatch, error: BaseException, ends: type[BaseException], kept: bool
) -> None:
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", str(review.run_id))

    def execute() -> None:
        with executing(str(review.programme_id), str(review.phase_id)):
            raise error

    with disable_run_logger(), pytest.raises(ends):
        execute()
    with reading() as act:
        assert [one.name for one in held_leases(act)] == ([str(review.run_id)] if kept else [])


# --- forms ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "outcomes", "words"),
    [
        ("approve", ("approve", "return", "reject"), ["审核同意", "退回修改", "不予通过"]),
        ("review", ("approve", "return", "reject"), ["审核通过", "退回修改", "不予通过"]),
        ("sign-and-seal", ("approve", "return"), ["签字盖章", "退回修改"]),
        ("award", ("approve", "reject"), ["同意立项", "不予通过"]),
        ("file", ("file",), ["予以备案"]),
    ],
)
def test_a_form_offers_the_words_of_its_tier_and_reads_them_back(
    action: str, outcomes: tuple[str, ...], words: list[str]
) -> None:
    wanted = tuple(DecisionOutcome(outcome) for outcome in outcomes)
    schema = form_for(action, wanted).model_json_schema()
    offered = schema["$defs"]["ReviewDecision"]
    assert offered.get("enum", [offered.get("const")]) == words
    assert [read_answer({"decision": word}).outcome for word in words] == list(wanted)
    needing = [word for word in words if word in ("退回修改", "不予通过")]
    told = schema["properties"]["comment"]["description"]
    assert told == ("、".join(needing) + "必须写明意见" if needing else "可以不填")


def test_an_answer_of_any_kind_is_read_without_an_error() -> None:
    said = read_answer({"approver": 7, "decision": ["x"], "comment": "好" * 5000, "more": {}})
    assert (said.approver, said.code, said.outcome, len(said.comment)) == ("7", "", None, 2000)


# --- post, patience, stop points ------------------------------------------------------------------------------------


def test_post_without_mail_settings_waits_and_counts_no_try(sqlite_office: Settings) -> None:
    World(sqlite_office, "1").build().apply("示例甲")
    post = Post(sqlite_office)
    assert (post.deliver(), post.deliver()) == (1, 0)
    post.close()
    with reading() as act:
        row = act.session.exec(select(Message)).one()
        assert (row.state, row.tries, row.repeated, row.sent_at) == ("queued", 0, False, None)
        assert "SMTP" in (row.error or "")


def test_patience_pauses_after_the_third_repair_and_ever_longer() -> None:
    patience = Patience()
    pauses = []
    for _ in range(13):
        patience.note()
        pauses.append(round(max(0.0, patience.not_before - patience.last)))
    assert pauses == [0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_stop_point_ends_only_the_process_that_names_it(tmp_path: Any) -> None:
    program = "from office.runtime.stop_points import stop_point\nstop_point('a')\nprint('past a')"

    def run(**more: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", program], env=os.environ | more, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout.strip()

    once = str(tmp_path / "once")
    assert run(SONGJIAO_STOP_AT="b") == (0, "past a")
    assert run(SONGJIAO_STOP_AT="a") == (-9, "")
    assert run(SONGJIAO_STOP_AT="a", SONGJIAO_STOP_ONCE=once) == (-9, "")
    assert run(SONGJIAO_STOP_AT="a", SONGJIAO_STOP_ONCE=once) == (0, "past a")
    stop_point("nothing names this")
