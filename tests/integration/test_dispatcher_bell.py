"""The dispatcher is told of new messages and wakes at once: by a bell on the embedded ledger, by the commit itself on
PostgreSQL.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from sqlmodel import select

from ledger.core import wake
from ledger.outbox import tell
from ledger.people import add_organisation, add_person
from ledger.runs import give_back_lease, take_lease
from ledger.together import Together
from models.act import SYSTEM, Act
from models.office import Message
from models.people import Person
from models.programme import Programme
from models.states import MessageState
from office.dispatcher import Calls, _repeat
from office.listening import Ear
from office.post import _LOT_SECONDS, Post
from office.runtime.doorbell import bell_path, ring
from office.runtime.settings import Settings
from office.runtime.transactions import transaction
from office.rush import Rush
from office.smtp_sink import Behaviour, SmtpSink
from tests.integration.sample_world import World

FAR = 30.0
"""Seconds that no test may come near: what is waited for must have been told."""


@pytest.fixture
def heard(each_office: Settings) -> Iterator[threading.Event]:
    """What an ear tells that listens to the office."""
    ear = Ear(each_office)
    heard = ear.told()
    with ear:
        if ear._on_postgres():
            assert heard.wait(FAR)  # it looks once when it has begun to listen
            heard.clear()
        yield heard


def clerk(office: Settings) -> Person:
    with transaction(SYSTEM, office=office) as act:
        add_organisation(act, "示例项目办", "programme-office")
    with transaction(SYSTEM, office=office) as act:
        done = add_person(act, "示例·陈老师", "示例项目办", ("programme-office",), email="chen@sample.localhost")
        return act.session.get_one(Person, done.id)


def test_a_message_rings_when_it_is_committed_and_not_before(each_office: Settings, heard: threading.Event) -> None:
    who = clerk(each_office)
    assert not heard.is_set()
    with transaction(SYSTEM, office=each_office) as act:
        tell(act, "run-lost", "1", [who], phase="示例", why="示例")
        act.session.flush()
        assert not heard.wait(0.1)
    assert heard.wait(FAR)


def test_messages_that_are_written_together_ring_too(each_office: Settings, heard: threading.Event) -> None:
    who, together = clerk(each_office), Together()
    with transaction(SYSTEM, office=each_office) as act:
        tell(act, "run-lost", "1", [who], together=together, phase="示例", why="示例")
        together.write(act)
        assert not heard.is_set()
    assert heard.wait(FAR)


def test_an_act_that_is_undone_does_not_ring(each_office: Settings, heard: threading.Event) -> None:
    who = clerk(each_office)
    with pytest.raises(ZeroDivisionError), transaction(SYSTEM, office=each_office) as act:
        tell(act, "run-lost", "1", [who], phase="示例", why="示例")
        act.session.flush()
        raise ZeroDivisionError
    with transaction(SYSTEM, office=each_office) as act:  # nor does one that carries nothing
        add_organisation(act, "示例区教委", "county-education-authority")
    assert not heard.wait(0.2)


def test_a_wake_rings_and_so_does_the_end_of_an_execution(each_office: Settings, heard: threading.Event) -> None:
    World(each_office, "1").build().apply("示例甲")
    assert heard.wait(FAR)
    heard.clear()
    with transaction(SYSTEM, office=each_office) as act:
        wake(act, act.session.exec(select(Programme)).one())
    assert heard.wait(FAR)
    heard.clear()
    with transaction(SYSTEM, office=each_office) as act:
        assert take_lease(act, "run", uuid.uuid4(), 1, "示例", "示例").taken
    assert not heard.wait(0.1)
    with transaction(SYSTEM, office=each_office) as act:
        give_back_lease(act, "run", "示例")
    assert heard.wait(FAR)


def test_a_ring_with_nobody_at_home_is_no_trouble(sqlite_office: Settings) -> None:
    ring(sqlite_office)
    bell_path(sqlite_office).parent.mkdir(parents=True, exist_ok=True)
    bell_path(sqlite_office).touch()  # as a killed dispatcher leaves it
    ring(sqlite_office)
    ear = Ear(sqlite_office)
    heard = ear.told()
    with ear:
        ring(sqlite_office)
        assert heard.wait(FAR)
    assert not bell_path(sqlite_office).exists()


def test_more_rings_than_a_bell_holds_do_not_keep_the_ringer(sqlite_office: Settings) -> None:
    ear = Ear(sqlite_office)
    ear._bell = None
    from office.runtime.doorbell import hang_up

    bell = hang_up(sqlite_office, "dispatcher")
    assert bell is not None
    began = time.monotonic()
    for _ in range(2000):
        ring(sqlite_office)
    assert time.monotonic() - began < FAR
    bell.close()


def test_the_ear_tells_of_acts_that_told_people_something_and_of_nothing_else(each_office: Settings) -> None:
    who, rush = clerk(each_office), Rush()
    ear = Ear(each_office, rush)
    heard = ear.told()

    def twice(act_on: Callable[[Act, int], object]) -> None:
        for number in range(2):
            heard.clear()
            with transaction(SYSTEM, office=each_office) as act:
                act_on(act, number)
            assert heard.wait(FAR)

    with ear:
        if ear._on_postgres():
            assert heard.wait(FAR)
        twice(lambda act, number: take_and_give_back(act, f"run-{number}"))
        assert not rush.on
        twice(lambda act, number: tell(act, "run-lost", str(number), [who], phase="示例", why="示例"))
        assert rush.on


def take_and_give_back(act: Act, name: str) -> None:
    take_lease(act, name, uuid.uuid4(), 1, "示例", "示例")
    act.session.flush()
    give_back_lease(act, name, "示例")


def test_work_begins_at_the_ring(sqlite_office: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("office.dispatcher._LOOK_SECONDS", FAR)
    ear, leaving, worked = Ear(sqlite_office), threading.Event(), threading.Event()
    calls = Calls(sqlite_office, ear.told(), leaving)

    def work() -> int:
        worked.set()
        return 0

    thread = threading.Thread(target=_repeat, args=("trial", calls, work))
    with ear:
        thread.start()
        ring(sqlite_office)
        assert worked.wait(FAR / 2)
        leaving.set()
        ear.tell_all()
        thread.join(FAR / 2)
        assert not thread.is_alive()


# --- the post, once it was told ---------------------------------------------------------------------------------------


def states(office: Settings) -> list[tuple[str, int, bool]]:
    with transaction(SYSTEM, office=office) as act:
        rows = act.session.exec(select(Message).order_by(Message.key)).all()  # type: ignore[arg-type]
        return [(row.state, row.tries, row.repeated) for row in rows]


def queue(office: Settings, who: Person, count: int, first: int = 0) -> None:
    with transaction(SYSTEM, office=office) as act:
        for number in range(first, first + count):
            tell(act, "run-lost", f"{number:03}", [who], phase="示例", why="示例")


def test_a_lot_of_mail_is_sent_once_each_and_settled(each_office: Settings, mailbox: SmtpSink) -> None:
    office = each_office.model_copy(update={"smtp_url": mailbox.url})
    queue(office, clerk(office), 40)
    post = Post(office)
    assert (post.deliver(), post.deliver()) == (40, 0)
    post.close()
    assert len(mailbox.mails) == 40
    assert states(office) == [(MessageState.SENT, 1, False)] * 40


def test_one_slow_recipient_keeps_nobody_waiting(sqlite_office: Settings, mailbox: SmtpSink) -> None:
    office = sqlite_office.model_copy(update={"smtp_url": mailbox.url})
    who = clerk(office)
    post = Post(office, heard := threading.Event())
    queue(office, who, 1)
    mailbox.delay_seconds = 1.0
    thread = threading.Thread(target=post.deliver)
    thread.start()
    while mailbox.attempts == 0 and not any(state == "sending" for state, _, _ in states(office)):
        time.sleep(0.01)
    mailbox.delay_seconds = 0.0
    queue(office, who, 3, first=1)
    heard.set()
    quick = mailbox.wait_for(lambda mails: len(mails) >= 3, FAR)
    assert len(quick) >= 3
    thread.join(FAR)
    post.close()
    assert states(office) == [(MessageState.SENT, 1, False)] * 4


def test_in_a_rush_a_lot_gathers_what_came_since_the_one_before(sqlite_office: Settings, mailbox: SmtpSink) -> None:
    office = sqlite_office.model_copy(update={"smtp_url": mailbox.url})
    who, rush = clerk(office), Rush()

    class Waited(threading.Event):
        """The word to leave: while the post waits for it, one more message comes."""

        def __init__(self) -> None:
            super().__init__()
            self.seconds: list[float] = []

        def wait(self, timeout: float | None = None) -> bool:
            if timeout and len(self.seconds) < 3:
                self.seconds.append(timeout)
                queue(office, who, 1, first=len(self.seconds))
            return False

    rush.note()
    rush.note()
    queue(office, who, 1)
    post = Post(office, leaving=(waited := Waited()), rush=rush)
    while len(mailbox.mails) < 1 + len(waited.seconds) or not waited.seconds:
        rush.note()
        post.deliver()
    post.close()
    assert all(seconds <= _LOT_SECONDS for seconds in waited.seconds)
    assert states(office) == [(MessageState.SENT, 1, False)] * (1 + len(waited.seconds))


def test_what_was_sent_is_settled_once_the_ledger_can_be_written_again(
    sqlite_office: Settings, mailbox: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sqlite_office.model_copy(update={"smtp_url": mailbox.url})
    queue(office, clerk(office), 2)
    post = Post(office)
    sound, broken = post._settle_and_claim, []

    def fails_once(room: int) -> object:
        if post._sent and not broken:
            broken.append(room)
            raise OSError("disk full")
        return sound(room)

    monkeypatch.setattr(post, "_settle_and_claim", fails_once)
    with pytest.raises(OSError, match="disk full"):
        post.deliver()
    post.deliver()
    post.close()
    assert len(mailbox.mails) == 2  # not sent anew
    assert states(office) == [(MessageState.SENT, 1, False)] * 2


def test_a_refused_message_is_settled_beside_those_that_went(sqlite_office: Settings, mailbox: SmtpSink) -> None:
    office = sqlite_office.model_copy(update={"smtp_url": mailbox.url})
    queue(office, clerk(office), 3)
    mailbox.behave(Behaviour.TRY_LATER, times=1)
    post = Post(office)
    post.deliver()
    post.close()
    assert sorted(state for state, _, _ in states(office)) == ["queued", "sent", "sent"]
