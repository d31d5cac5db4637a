"""The post against real servers on this machine that refuse, delay, drop, rate-limit and answer 200 with an error: what
the outbox makes of each, when it tries again, and that nothing comes twice or is lost silently.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from ledger.outbox import BACKOFF
from ledger.queries.messages import messages
from ledger.reach import change_person, resend
from models.office import AuditEvent
from notifications import robots
from office.runtime.secrets import seal
from office.runtime.settings import Settings, server_key
from office.runtime.transactions import reading
from office.smtp_sink import Behaviour, SmtpSink
from tests.support.http_stub import WebStub, web_stub
from tests.support.outbox import Outbox

__all__ = ["web_stub"]

GOOD: dict[str, Any] = {
    "wecombot": {"errcode": 0, "errmsg": "ok"},
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "feishu": {"code": 0, "msg": "success", "data": {}},
}
BAD: dict[str, Any] = {
    "wecombot": {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1]"},
    "dingtalk": {"errcode": 310000, "errmsg": "keywords not in content"},
    "feishu": {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"},
}
TOO_OFTEN: dict[str, Any] = {
    "wecombot": {"errcode": 45009, "errmsg": "api freq out of limit"},
    "dingtalk": {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"},
    "feishu": {"code": 11232, "msg": "frequency limited psm"},
}


@pytest.fixture
def box(sqlite_office: Settings, mailbox: SmtpSink) -> Outbox:
    """An office whose mail goes to the mailbox."""
    return Outbox.begin(sqlite_office, mailbox.url)


@pytest.fixture
def service(web_stub: WebStub, monkeypatch: pytest.MonkeyPatch) -> WebStub:
    """WeCom, DingTalk and Feishu, all at the stub."""
    for name in GOOD:
        monkeypatch.setitem(robots.ENDPOINTS, name, web_stub.url)
    return web_stub


# --- mail -----------------------------------------------------------------------------------------------------------


def test_a_refused_address_is_given_up_at_once_and_the_office_told(box: Outbox, mailbox: SmtpSink) -> None:
    ref = box.add("甲", email="gone@sample.localhost")
    mailbox.behave(Behaviour.REFUSE, "gone@sample.localhost")
    sent = box.tell(ref)
    box.deliver()
    row = box.row(sent)
    assert (row.state, row.tries, row.ways) == ("given-up", 1, {"mail": "failed-for-good"})
    [mail] = mailbox.mails
    assert (mail.recipient, mail.header("X-Songjiao-Kind")) == ("office@sample.localhost", "message-given-up")
    assert box.deliver() == 0


def test_a_server_that_asks_for_patience_is_tried_again_in_the_order_of_the_pauses(
    box: Outbox, mailbox: SmtpSink
) -> None:
    sent = box.tell(box.add("甲", email="a@sample.localhost"))
    mailbox.behave(Behaviour.TRY_LATER)
    pauses = []
    for _ in BACKOFF:
        box.deliver()
        assert (box.row(sent).state, box.row(sent).ways) == ("queued", {"mail": "failed-for-now"})
        pauses.append(box.pause_of(sent))
        assert box.deliver() == 0  # not before its pause is over
        box.let_pass(sent)
    assert all(abs(pause - wanted) <= timedelta(seconds=5) for pause, wanted in zip(pauses, BACKOFF, strict=True))
    mailbox.clear()
    box.deliver()
    row = box.row(sent)
    assert (row.state, row.tries, row.error, row.repeated) == ("sent", 6, None, False)
    assert len(mailbox.mails) == 1


def test_patience_ends_and_the_office_is_told(box: Outbox, mailbox: SmtpSink) -> None:
    sent = box.tell(box.add("甲", email="a@sample.localhost"))
    mailbox.behave(Behaviour.TRY_LATER, "a@sample.localhost")
    for _ in range(len(BACKOFF) + 1):
        box.deliver()
        box.let_pass(sent)
    assert (box.row(sent).state, box.row(sent).tries) == ("given-up", 6)
    assert [mail.header("X-Songjiao-Kind") for mail in mailbox.mails] == ["message-given-up"]


@pytest.mark.parametrize(
    ("behaviour", "arrived"), [(Behaviour.DROP_BEFORE_KEEPING, 1), (Behaviour.DROP_AFTER_KEEPING, 2)]
)
def test_a_line_that_breaks_leaves_doubt_and_the_repeat_says_so(
    box: Outbox, mailbox: SmtpSink, behaviour: Behaviour, arrived: int
) -> None:
    sent = box.tell(box.add("甲", email="a@sample.localhost"))
    mailbox.behave(behaviour, times=1)
    box.deliver()
    assert (box.row(sent).state, box.row(sent).repeated) == ("queued", True)
    box.let_pass(sent)
    box.deliver()
    assert box.row(sent).state == "sent"
    got = mailbox.to("a@sample.localhost")
    assert [mail.header("X-Songjiao-Repeat") for mail in got] == [None, "yes"][-arrived:]
    assert got[-1].subject.startswith("【重复发送】")


def test_a_slow_server_gets_every_message_once(box: Outbox, mailbox: SmtpSink) -> None:
    ref = box.add("甲", email="a@sample.localhost")
    mailbox.delay_seconds = 0.1
    sent = [box.tell(ref, f"m{n}") for n in range(9)]
    assert box.deliver() == 9
    assert {box.row(one).state for one in sent} == {"sent"}
    assert sorted(str(mail.header("X-Songjiao-Message")) for mail in mailbox.mails) == sorted(map(str, sent))


def test_a_mail_carries_the_documents_that_it_is_about(sqlite_office: Settings, mailbox: SmtpSink) -> None:
    from io import BytesIO

    from ledger.filings import store

    box = Outbox.begin(sqlite_office, mailbox.url, mail_attachments_mb=1)
    ref = box.add("甲", email="a@sample.localhost")
    plan = store(box.office.documents_dir, BytesIO(b"%PDF-1.4\n%%EOF\n"), "实施方案.pdf", ["pdf"], 5)
    large = store(
        box.office.documents_dir, BytesIO(b"%PDF-1.4\n" + b" " * 1_100_000 + b"%%EOF\n"), "附表.pdf", ["pdf"], 5
    )
    box.tell(ref, attached=["实施方案.pdf", "附表.pdf"], attached_sha256=[plan.sha256, large.sha256])
    box.deliver()
    [mail] = mailbox.mails
    parts = list(mail.parsed().iter_attachments())
    assert [(part.get_filename(), part.get_content_type()) for part in parts] == [("实施方案.pdf", "application/pdf")]
    assert parts[0].get_payload(decode=True) == b"%PDF-1.4\n%%EOF\n"
    assert "因文件过大未随信附上：附表.pdf" in mail.text


def test_a_mail_links_to_its_programme_where_readers_reach_the_office(
    sqlite_office: Settings, mailbox: SmtpSink
) -> None:
    box = Outbox.begin(sqlite_office, mailbox.url, public_url="https://songjiao.example.test/")
    box.tell(box.add("甲", email="a@sample.localhost"), programme="CQ-2026-0001")
    box.deliver()
    link = "https://songjiao.example.test/v2/artifacts/key/programme-cq-2026-0001"
    assert f"在线查看：{link}\n" in mailbox.mails[0].text


# --- group robots ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", sorted(GOOD))
def test_a_refusal_behind_http_200_is_for_good(box: Outbox, service: WebStub, schema: str) -> None:
    service.says(BAD[schema])
    sent = box.tell(box.add("甲", channel=f"{schema}://KEY-1"))
    box.deliver()
    assert (box.row(sent).state, box.row(sent).tries, len(service.asked)) == ("given-up", 1, 1)
    assert [state for state, _ in box.told("message-given-up")] == ["sent"]
    assert "KEY-1" not in str(box.row(sent).error)


@pytest.mark.parametrize("schema", sorted(GOOD))
@pytest.mark.parametrize("how", ["too often", "429", "500", "no answer", "not json"])
def test_a_busy_service_is_tried_again_and_then_it_is_delivered(
    box: Outbox, service: WebStub, schema: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil: dict[str, Callable[[], Any]] = {
        "too often": lambda: service.says(TOO_OFTEN[schema]),
        "429": lambda: service.says({}, 429),
        "500": lambda: service.says({}, 500),
        "no answer": lambda: monkeypatch.setattr(robots, "READ_SECONDS", 0.2),
        "not json": lambda: setattr(service, "answer", b"<html>upstream</html>"),
    }
    spoil[how]()
    service.hangs = threading.Event() if how == "no answer" else None
    sent = box.tell(box.add("甲", channel=f"{schema}://KEY-1"))
    box.deliver()
    row = box.row(sent)
    assert (row.state, row.tries, row.ways) == ("queued", 1, {"channel": "failed-for-now"})
    assert row.repeated is (how == "no answer")
    assert abs(box.pause_of(sent) - BACKOFF[0]) <= timedelta(seconds=5)
    if service.hangs is not None:
        service.hangs.set()
    service.says(GOOD[schema])
    box.let_pass(sent)
    box.deliver()
    assert (box.row(sent).state, box.row(sent).ways) == ("delivered", {"channel": "delivered"})
    assert len(service.asked) == 2


def test_a_way_that_took_a_message_is_left_alone_when_the_other_is_tried_again(
    box: Outbox, service: WebStub, mailbox: SmtpSink
) -> None:
    service.says(TOO_OFTEN["wecombot"])
    sent = box.tell(box.add("甲", email="a@sample.localhost", channel="wecombot://KEY"))
    box.deliver()
    assert box.row(sent).ways == {"mail": "sent", "channel": "failed-for-now"}
    for _ in BACKOFF:
        box.let_pass(sent)
        box.deliver()
    row = box.row(sent)
    assert (row.state, row.tries) == ("sent", 6)  # the mail told them: patience with the robot ends without an alarm
    assert (len(mailbox.mails), len(service.asked)) == (1, 6)
    assert box.told("message-given-up") == []


def test_the_fallback_channel_takes_over_and_the_office_learns_once_which_address_is_dead(
    box: Outbox, service: WebStub, mailbox: SmtpSink
) -> None:
    service.says(GOOD["feishu"])
    mailbox.behave(Behaviour.REFUSE, "gone@sample.localhost")
    ref = box.add("甲", email="gone@sample.localhost", fallback="feishu://KEY-1")
    first, second = box.tell(ref, "m1"), box.tell(ref, "m2")
    box.deliver()
    ways = {"mail": "failed-for-good", "fallback": "delivered"}
    assert [(box.row(one).state, box.row(one).ways) for one in (first, second)] == [("delivered", ways)] * 2
    assert [(state, facts["to_whom"], facts["way"]) for state, facts in box.told("message-way-failed")] == [
        ("sent", ref, "mail")
    ]
    with box.act() as act:
        change_person(act, ref, email="now@sample.localhost")
    third = box.tell(ref, "m3")
    box.deliver()
    assert (box.row(third).state, box.row(third).ways) == ("sent", {"mail": "sent"})


def test_an_address_that_cannot_be_opened_fails_for_good_and_the_mail_goes_out(box: Outbox, mailbox: SmtpSink) -> None:
    ref = box.add("甲", email="a@sample.localhost")
    with box.act() as act:
        change_person(act, ref, channel=seal("wecombot://KEY", b"the key of another office"))
    sent = box.tell(ref)
    box.deliver()
    assert (box.row(sent).state, box.row(sent).ways) == ("sent", {"mail": "sent", "channel": "failed-for-good"})
    assert len(mailbox.to("a@sample.localhost")) == 1


# --- once more ------------------------------------------------------------------------------------------------------


def test_a_message_that_was_given_up_is_sent_again_to_the_corrected_address(box: Outbox, mailbox: SmtpSink) -> None:
    ref = box.add("甲", email="gone@sample.localhost")
    mailbox.behave(Behaviour.REFUSE, "gone@sample.localhost")
    sent = box.tell(ref)
    box.deliver()
    with box.act() as act:
        change_person(act, ref, email="now@sample.localhost")
    with box.act() as act:
        resend(act, sent)
    box.deliver()
    assert (box.row(sent).state, box.row(sent).tries, box.row(sent).ways) == ("sent", 1, {"mail": "sent"})
    [mail] = mailbox.to("now@sample.localhost")
    assert mail.header("X-Songjiao-Repeat") is None  # it never arrived before


def test_a_message_that_went_out_is_marked_when_it_is_sent_again(box: Outbox, mailbox: SmtpSink) -> None:
    sent = box.tell(box.add("甲", email="a@sample.localhost"))
    box.deliver()
    with box.act() as act:
        resend(act, sent)
    box.deliver()
    assert [mail.header("X-Songjiao-Repeat") for mail in mailbox.mails] == [None, "yes"]


def test_the_list_speaks_in_the_words_of_delivery(box: Outbox, service: WebStub, mailbox: SmtpSink) -> None:
    service.says(GOOD["wecombot"])
    mailbox.behave(Behaviour.REFUSE, "gone@sample.localhost")
    mailbox.behave(Behaviour.TRY_LATER, "slow@sample.localhost")
    for name, given in {
        "sent": {"email": "a@sample.localhost"},
        "delivered": {"channel": "wecombot://KEY"},
        "failed-for-now": {"email": "slow@sample.localhost"},
        "failed-for-good": {"email": "gone@sample.localhost"},
    }.items():
        box.tell(box.add(name, **given))
    box.deliver()
    box.tell(box.add("queued", email="b@sample.localhost"))
    with reading(box.office) as act:
        found = {one.to: one.delivery for one in messages(act) if one.kind == "obligation-chase"}
        only = [one.to for one in messages(act, state="failed-for-now")]
    assert found == {
        box.refs[name]: name for name in ("sent", "delivered", "failed-for-now", "failed-for-good", "queued")
    }
    assert only == [box.refs["failed-for-now"]]


def test_no_key_stands_in_the_ledger_its_audit_or_a_log(
    box: Outbox, service: WebStub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="songjiao")
    service.says(BAD["wecombot"])
    box.tell(box.add("甲", channel="wecombot://GEHEIM-42", fallback="dingtalk://GEHEIM-43"))
    box.deliver()
    with reading(box.office) as act:
        audit = "\n".join(str(event.facts) for event in act.session.exec(select(AuditEvent)).all())
        kept = "\n".join(one.model_dump_json() for one in messages(act))
    raw = (box.office.root / "songjiao.db").read_bytes() + (box.office.root / "songjiao.db-wal").read_bytes()
    said = "\n".join(record.getMessage() for record in caplog.records)
    for secret in ("GEHEIM-42", "GEHEIM-43"):
        assert secret not in audit + kept + said
        assert secret.encode() not in raw
        assert secret.encode() not in server_key(box.office)
