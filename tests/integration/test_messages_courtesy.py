"""Nobody is nagged for nothing: quiet hours, one digest a day for what is not urgent, one message a matter."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from ledger.errors import BadInput, Refused
from ledger.outbox import cancel_messages
from ledger.reach import change_organisation, change_person, resend
from models.act import Actor
from models.office import AuditEvent, Message
from models.states import Door
from office.preview import preview
from office.runtime.clock import move_clock
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from office.smtp_sink import Behaviour, SmtpSink
from tests.support.outbox import HOME, Outbox

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def box(each_office: Settings, mailbox: SmtpSink) -> Outbox:
    """An office whose clock can be moved."""
    return Outbox.begin(each_office, mailbox.url, demo=True)


def be(box: Outbox, moment: str) -> None:
    """It is that moment in China."""
    move_clock(box.office, datetime.fromisoformat(moment).replace(tzinfo=ZONE).astimezone(UTC), frozen=True)


def kinds(mailbox: SmtpSink, to: str = "a@sample.localhost") -> list[str | None]:
    """The kinds of what a person got, in order."""
    return [mail.header("X-Songjiao-Kind") for mail in mailbox.to(to)]


# --- quiet hours ----------------------------------------------------------------------------------------------------


def test_in_quiet_hours_a_message_waits_for_their_end(box: Outbox, mailbox: SmtpSink) -> None:
    be(box, "2027-03-02 22:10")
    ref = box.add("甲", email="a@sample.localhost", quiet_hours="21:00-07:30")
    sent = box.tell(ref)
    assert box.deliver() == 0
    be(box, "2027-03-03 07:29")
    assert box.deliver() == 0
    be(box, "2027-03-03 07:30")
    assert box.deliver() == 1
    assert (box.row(sent).state, kinds(mailbox)) == ("sent", ["obligation-chase"])


def test_what_a_ladder_says_comes_on_no_holiday_however_quiet_hours_lie(box: Outbox, mailbox: SmtpSink) -> None:
    """The make-up Saturday before Spring Festival 2026 is a workday; the nine days after it are none."""
    be(box, "2026-02-13 17:50")
    ref = box.add("甲", email="a@sample.localhost", quiet_hours="17:30-08:00")
    first = box.tell(ref, "m1")
    be(box, "2026-02-14 17:50")
    held = box.tell(ref, "m2")
    asked = box.tell(ref, "m3", "code-locked")
    assert [box.row(one).next_try_at.astimezone(ZONE).strftime("%m-%d %H:%M") for one in (first, held, asked)] == [
        *("02-14 08:00", "02-24 08:00", "02-14 17:50"),
    ]
    for day in range(15, 24):
        be(box, f"2026-02-{day} 12:00")
        box.deliver()
    assert sorted(kinds(mailbox)) == ["code-locked", "obligation-chase"]  # they go out side by side
    be(box, "2026-02-24 08:00")
    assert box.deliver() == 1


def test_outside_of_them_it_goes_at_once(box: Outbox, mailbox: SmtpSink) -> None:
    be(box, "2027-03-02 20:59")
    box.tell(box.add("甲", email="a@sample.localhost", quiet_hours="21:00-07:30"))
    assert box.deliver() == 1


def test_what_cannot_wait_goes_out_in_quiet_hours_too(box: Outbox, mailbox: SmtpSink) -> None:
    be(box, "2027-03-02 23:00")
    ref = box.add("甲", email="a@sample.localhost", quiet_hours="21:00-07:30")
    box.tell(ref, kind="code-locked")
    assert box.deliver() == 1
    assert kinds(mailbox) == ["code-locked"]


def test_a_message_whose_matter_is_settled_overnight_never_comes(box: Outbox, mailbox: SmtpSink) -> None:
    be(box, "2027-03-02 23:00")
    sent = box.tell(box.add("甲", email="a@sample.localhost", quiet_hours="21:00-07:30"))
    with box.act() as act:
        row = act.session.get_one(Message, sent)
        row.state = "cancelled"
        act.session.add(row)
    be(box, "2027-03-03 09:00")
    assert (box.deliver(), mailbox.mails) == (0, [])


# --- the digest -----------------------------------------------------------------------------------------------------


def test_what_is_not_urgent_comes_once_a_day_and_what_is_at_once(box: Outbox, mailbox: SmtpSink) -> None:
    be(box, "2027-03-02 10:00")
    ref = box.add("甲", email="a@sample.localhost", digest_at="08:00")
    news = [box.tell(ref, f"m{n}", kind) for n, kind in enumerate(["tier-passed", "list-confirmed"])]
    early = box.tell(ref, "m8", "obligation-remind", days=-3)
    box.tell(ref, "m9", "obligation-remind", days=0)
    assert box.deliver() == 1
    assert kinds(mailbox) == ["obligation-remind"]
    assert {box.row(one).state for one in (*news, early)} == {"bundled"}
    be(box, "2027-03-03 08:00")
    assert box.deliver() == 1
    digest = mailbox.to("a@sample.localhost")[-1]
    assert (digest.header("X-Songjiao-Kind"), digest.subject) == ("digest", "每日汇总：3条")
    assert [line[:2] for line in digest.text.splitlines() if line[:1].isdigit()] == ["1.", "2.", "3."]
    assert "（CQ2021-6.11）" in digest.text
    assert {box.row(one).state for one in (*news, early)} == {"sent"}
    be(box, "2027-03-04 09:00")
    assert box.deliver() == 0


def test_a_digest_comes_on_workdays_and_no_reminder_waits_past_its_day_for_one(box: Outbox, mailbox: SmtpSink) -> None:
    be(box, "2026-02-14 10:00")  # a make-up Saturday, then nine days of Spring Festival
    ref = box.add("甲", email="a@sample.localhost", digest_at="08:00")
    news = box.tell(ref, "m1", "tier-passed")
    box.tell(ref, "m2", "obligation-remind", days=-3)  # due in the festival: it would come too late
    far = box.tell(ref, "m3", "obligation-remind", days=-10)
    box.deliver()
    assert kinds(mailbox) == ["obligation-remind"]
    assert {box.row(one).state for one in (news, far)} == {"bundled"}
    for day in range(15, 24):
        be(box, f"2026-02-{day} 12:00")
        assert box.deliver() == 0
    be(box, "2026-02-24 08:00")
    assert box.deliver() == 1
    assert kinds(mailbox) == ["obligation-remind", "digest"]


def test_a_digest_leaves_out_what_was_settled_and_is_not_sent_for_nothing(box: Outbox, mailbox: SmtpSink) -> None:
    be(box, "2027-03-02 10:00")
    ref = box.add("甲", email="a@sample.localhost", digest_at="08:00")
    first, second = box.tell(ref, "m1", "list-confirmed"), box.tell(ref, "m2", "stage-closed")
    _cancel(box, first)
    be(box, "2027-03-03 08:00")
    box.deliver()
    assert [mail.subject for mail in mailbox.mails] == ["每日汇总：1条"]
    assert (box.row(first).state, box.row(second).state) == ("cancelled", "sent")
    third = box.tell(ref, "m3", "list-confirmed")
    _cancel(box, third)
    be(box, "2027-03-05 08:00")
    assert (box.deliver(), len(mailbox.mails)) == (0, 1)
    with reading(box.office) as act:
        states = act.session.exec(select(Message.state).where(Message.kind == "digest").order_by(Message.key)).all()
    assert list(states) == ["sent", "cancelled"]


def _cancel(box: Outbox, message_id: object) -> None:
    with box.act() as act:
        row = act.session.get_one(Message, message_id)
        row.state = "cancelled"
        act.session.add(row)


def test_a_digest_that_failed_keeps_what_it_carries_and_one_given_up_gives_it_up(
    box: Outbox, mailbox: SmtpSink
) -> None:
    be(box, "2027-03-02 10:00")
    ref = box.add("甲", email="a@sample.localhost", digest_at="08:00")
    inside = box.tell(ref, "m1", "list-confirmed")
    be(box, "2027-03-03 08:00")
    mailbox.behave(Behaviour.TRY_LATER, times=1)
    box.deliver()
    assert box.row(inside).state == "bundled"
    carrier = box.row(inside).bundle_id
    assert carrier is not None
    mailbox.behave(Behaviour.REFUSE, "a@sample.localhost")
    box.let_pass(carrier)
    box.deliver()
    assert (box.row(carrier).state, box.row(inside).state) == ("given-up", "given-up")
    with box.act() as act:
        change_person(act, ref, email="b@sample.localhost")
    with box.act() as act:
        resend(act, carrier)
    box.deliver()
    assert [mail.subject for mail in mailbox.to("b@sample.localhost")] == ["每日汇总：1条"]
    assert (box.row(carrier).state, box.row(inside).state) == ("sent", "sent")


def test_what_comes_while_a_digest_is_on_its_way_is_in_the_next(box: Outbox) -> None:
    be(box, "2027-03-02 07:59")
    ref = box.add("甲", email="a@sample.localhost", digest_at="08:00")
    carrier = box.row(box.tell(ref, "m1", "list-confirmed")).bundle_id
    with box.act() as act:
        row = act.session.get_one(Message, carrier)
        row.state = "sending"
        act.session.add(row)
    later = box.row(box.tell(ref, "m2", "stage-closed"))
    assert later.bundle_id != carrier
    assert later.next_try_at.astimezone(ZONE) == datetime(2027, 3, 3, 8, 0, tzinfo=ZONE)


def test_the_preview_of_a_digest_shows_what_it_will_say(box: Outbox) -> None:
    be(box, "2027-03-02 10:00")
    ref = box.add("甲", email="a@sample.localhost", digest_at="08:00")
    carrier = box.row(box.tell(ref, "m1", "list-confirmed")).bundle_id
    assert carrier is not None
    with reading(box.office) as act:
        assert preview(act, carrier).subject == "每日汇总：1条"


def test_a_matter_is_told_once_however_often_it_is_told(box: Outbox, mailbox: SmtpSink) -> None:
    ref = box.add("甲", email="a@sample.localhost")
    assert len({box.tell(ref, "m1") for _ in range(3)}) == 1
    assert box.deliver() == 1


# --- who may change what --------------------------------------------------------------------------------------------


def test_a_person_changes_their_own_hours_and_nobody_elses(box: Outbox) -> None:
    mine, other = box.add("甲", email="a@sample.localhost"), box.add("乙", email="b@sample.localhost")
    with reading(box.office) as act:
        from ledger.people import person

        me = Actor(door=Door.CLI, person_id=person(act, mine).id)
    with transaction(me, office=box.office) as act:
        change_person(act, mine, quiet_hours="20:00-08:00", digest_at="08:30", locale="en")
    with pytest.raises(Refused), transaction(me, office=box.office) as act:
        change_person(act, other, quiet_hours="20:00-08:00")
    with pytest.raises(Refused), transaction(me, office=box.office) as act:
        change_organisation(act, HOME, quiet_hours="20:00-08:00")
    with reading(box.office) as act:
        events = act.session.exec(select(AuditEvent.facts).where(AuditEvent.kind == "person_changed")).all()
    assert [event for event in events if event["ref"] == mine] == [
        {"ref": mine, "changed": ["quiet_hours", "digest_at", "locale"]}
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"quiet_hours": "9-5"}, {"quiet_hours": "24:00-07:00"}, {"quiet_hours": "08:00-08:00"}, {"digest_at": "8"}],
)
def test_hours_that_are_none_are_refused_with_an_example(box: Outbox, wrong: dict[str, str]) -> None:
    ref = box.add("甲", email="a@sample.localhost")
    with pytest.raises(BadInput, match=r"write (them|it) as"), box.act() as act:
        change_person(act, ref, **wrong)


def test_a_message_whose_matter_is_settled_is_not_sent_again(box: Outbox) -> None:
    sent = box.tell(box.add("甲", email="a@sample.localhost"))
    _cancel(box, sent)
    with pytest.raises(BadInput, match="settled"), box.act() as act:
        resend(act, sent)
    with box.act() as act:
        assert cancel_messages(act) == 0
