"""The ledger's news for Prefect: in order, under the same id however often, none lost when either side dies."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.core import record
from ledger.queries.news import EVENTS, move_place, place
from office import announcer
from office.announcer import READER, Announcer
from office.runtime.settings import Settings
from office.runtime.transactions import SYSTEM, reading, transaction
from office.worker_watch import WorkerWatch
from tests.support.outbox import Outbox


class Answer:
    """What a server answered."""

    def __init__(self, data: Any = None) -> None:
        self._data = data

    def raise_for_status(self) -> "Answer":
        return self

    def json(self) -> Any:
        return self._data


class Server:
    """Prefect as the announcer sees it: takes events in, and stores them when it is told to."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.stored: list[str] = []
        self.down = False

    def request(self, _method: str, path: str, json: Any) -> Answer:
        if self.down:
            raise ConnectionError("down")
        if path == "/events":
            self.taken += json
            return Answer()
        wanted = json["filter"]["id"]["id"]
        return Answer({"events": [{"id": one} for one in wanted if one in self.stored]})

    def store(self) -> None:
        """Write what came in, as Prefect does some seconds later."""
        self.stored = [event["id"] for event in self.taken]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect is asked about what was sent without the pause that leaves it in peace."""
    monkeypatch.setattr(announcer, "_STORING_SECONDS", 0.0)


@pytest.fixture
def box(each_office: Settings) -> Outbox:
    return Outbox.begin(each_office, None)


def happen(box: Outbox, kind: str = "obligation_escalated", **facts: Any) -> int:
    """Something is recorded; gives its number."""
    with box.act() as act:
        return record(
            act, kind, **(facts or {"obligation": "archive", "owed_by": "示例小学", "to": ["P-0001"], "rung": 2})
        ).number


def mark(box: Outbox) -> int:
    with reading(box.office) as act:
        return place(act, READER)


def carry(announcer: Announcer, server: Server) -> int:
    return announcer.carry(server) if announcer.anything_to_do() else -1  # type: ignore[arg-type]  # a stand-in


def test_news_are_sent_in_order_and_the_bookmark_follows_what_is_stored(box: Outbox) -> None:
    server, announcer = Server(), Announcer(box.office)
    numbers = [
        happen(box),
        happen(box, "person_added", ref="P-0009"),
        happen(box, "obligation_met", obligation="archive"),
    ]
    assert carry(announcer, server) == 2
    assert [event["event"] for event in server.taken] == ["songjiao.obligation.escalated", "songjiao.obligation.met"]
    assert mark(box) == 0
    server.store()
    carry(announcer, server)
    assert (mark(box), carry(announcer, server)) == (numbers[-1], -1)


def test_an_event_tells_the_matter_and_the_organisation_and_no_person(box: Outbox) -> None:
    server = Server()
    happen(
        box,
        obligation="archive",
        owed_by="示例小学",
        due_on="2026-11-17",
        rung=3,
        to=["P-0001"],
        comment="张三",
        error="a@b",
    )
    carry(Announcer(box.office), server)
    [event] = server.taken
    assert event["resource"] == {
        "prefect.resource.id": "songjiao.obligation.archive",
        "prefect.resource.role": "obligation",
    }
    assert event["related"] == [
        {
            "prefect.resource.id": "songjiao.organisation.示例小学",
            "prefect.resource.role": "organisation",
            "prefect.resource.name": "示例小学",
        }
    ]
    assert set(event["payload"]) == {"number", "at", "obligation", "owed_by", "due_on", "rung"}


def test_who_dies_after_sending_sends_again_under_the_same_id(box: Outbox) -> None:
    server = Server()
    happen(box)
    carry(Announcer(box.office), server)
    carry(Announcer(box.office), server)  # another dispatcher, before Prefect had stored it
    first, second = server.taken
    assert first["id"] == second["id"]
    server.store()
    last = Announcer(box.office)
    carry(last, server)
    assert carry(last, server) == -1
    assert len({event["id"] for event in server.taken}) == 1


def test_what_prefect_does_not_store_is_sent_again(box: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    server, announcer = Server(), Announcer(box.office)
    happen(box)
    carry(announcer, server)
    monkeypatch.setattr("office.announcer._PATIENCE_SECONDS", -1.0)
    carry(announcer, server)
    assert len(server.taken) == 2
    assert server.taken[0]["id"] == server.taken[1]["id"]


def test_while_prefect_is_down_nothing_is_lost_and_nothing_moves(box: Outbox) -> None:
    server, announcer = Server(), Announcer(box.office)
    server.down = True
    happen(box)
    with pytest.raises(ConnectionError):
        carry(announcer, server)
    assert mark(box) == 0
    happen(box, "obligation_met", obligation="archive")
    server.down = False
    assert carry(announcer, server) == 2
    assert [event["event"] for event in server.taken] == ["songjiao.obligation.escalated", "songjiao.obligation.met"]


def test_what_is_rolled_back_is_never_told(box: Outbox) -> None:
    server = Server()
    with pytest.raises(RuntimeError), box.act() as act:
        record(act, "obligation_escalated", obligation="archive")
        raise RuntimeError("the act fails")
    assert carry(Announcer(box.office), server) == -1
    assert server.taken == []


def test_the_bookmark_never_goes_back(box: Outbox) -> None:
    for number in (7, 3):
        with transaction(SYSTEM, office=box.office) as act:
            move_place(act, READER, number)
    assert mark(box) == 7


def test_a_thousand_events_without_news_are_passed_over_without_a_call(
    box: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("office.announcer._LAG", 3)
    monkeypatch.setattr("office.announcer._AT_ONCE", 2)
    server, announcer = Server(), Announcer(box.office)
    for _ in range(5):
        last = happen(box, "person_added", ref="P-0009")
    assert carry(announcer, server) == -1
    assert server.taken == []
    assert last - mark(box) < 3


def test_the_names_are_prefects_kind_of_names() -> None:
    assert all(name.startswith("songjiao.") and name == name.lower() and "_" not in name for name in EVENTS.values())


# --- the worker's silence -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "told"), [(0, False), (89, False), (91, True), (None, False)])
def test_a_silent_worker_is_told_of_once(box: Outbox, seconds: int | None, told: bool) -> None:
    last = None if seconds is None else datetime.now(UTC) - timedelta(seconds=seconds)
    watch = WorkerWatch(box.office, lambda: last)
    assert [watch.look(), watch.look()] == [told, False]
    again = WorkerWatch(box.office, lambda: last)  # another dispatcher, or Prefect's own automation
    again.look()
    assert len(box.told("worker-silent")) == int(told)


def test_while_prefect_is_away_nobody_says_that_the_worker_is_silent(box: Outbox) -> None:
    def away() -> datetime:
        raise OSError("refused")

    assert WorkerWatch(box.office, away).look() is False
    assert box.told("worker-silent") == []
