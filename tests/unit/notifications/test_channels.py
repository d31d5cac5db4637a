"""Channels against a web server here: a robot's refusal behind HTTP 200 is a refusal; no code reaches a group."""

import base64
import hashlib
import hmac
import logging
from typing import Any

import pytest

from notifications import robots
from notifications.channels import ALLOWED, channel_fault
from notifications.outcome import DELIVERED, SENT, Delivery
from notifications.robots import ENDPOINTS, send_robot
from notifications.send import SendResult, send
from notifications.words import words
from office.smtp_sink import Behaviour, SmtpSink
from tests.support.http_stub import WebStub
from tests.unit.notifications.facts import FACTS, PROGRAMME

TOLD: dict[str, Any] = {"id": "1", "kind": "started", "facts": PROGRAMME | FACTS["started"]}
ASKED: dict[str, Any] = {
    "id": "2", "kind": "decision-asked", "facts": PROGRAMME | FACTS["decision-asked"], "person_ref": "P-0003",
    "person_name": "示例·罗教研员", "code": "04711147",
}  # fmt: skip
GOOD: dict[str, dict[str, Any]] = {
    "wecombot": {"errcode": 0, "errmsg": "ok"},
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "feishu": {"code": 0, "msg": "success", "data": {}},
    "lark": {"StatusCode": 0, "StatusMessage": "success"},
    "schan": {"code": 0, "message": "", "data": {"errno": 0}},
}
BAD: dict[str, dict[str, Any]] = {
    "wecombot": {"errcode": 93000, "errmsg": "invalid webhook url"},
    "dingtalk": {"errcode": 310000, "errmsg": "keywords not in content"},
    "feishu": {"code": 19024, "msg": "Key Words Not Found"},
    "lark": {"code": 19021, "msg": "sign match fail"},
    "schan": {"code": 40001, "message": "bad pushtoken"},
}
BUSY: dict[str, dict[str, Any]] = {
    "wecombot": {"errcode": 45009, "errmsg": "api freq out of limit"},
    "dingtalk": {"errcode": -1, "errmsg": "system busy"},
    "feishu": {"code": 11232, "msg": "frequency limited"},
    "lark": {"code": 11232, "msg": "frequency limited"},
    "schan": {"code": 50000, "message": "try later"},
}


@pytest.fixture
def service(web_stub: WebStub, monkeypatch: pytest.MonkeyPatch) -> WebStub:
    """The five services, all at the stub."""
    for name in ENDPOINTS:
        monkeypatch.setitem(robots.ENDPOINTS, name, web_stub.url)
    return web_stub


@pytest.mark.parametrize("schema", sorted(ENDPOINTS))
def test_a_robot_is_believed_by_its_code(schema: str, service: WebStub) -> None:
    service.says(GOOD[schema])
    took = SENT if schema == "schan" else DELIVERED  # ServerChan only queues
    assert send_robot(f"{schema}://KEY-1", "题", "文") == took
    service.says(BAD[schema])
    refused = send_robot(f"{schema}://KEY-1", "题", "文")
    assert (refused.ok, refused.final) == (False, True)
    service.says(BUSY[schema])
    busy = send_robot(f"{schema}://KEY-1", "题", "文")
    assert (busy.ok, busy.final) == (False, False)
    assert len(service.asked) == 3
    assert "KEY-1" not in f"{refused.error}{busy.error}"


def test_a_refusal_names_the_service_its_code_and_what_to_do(service: WebStub) -> None:
    service.says(BAD["wecombot"])
    assert send_robot("wecombot://KEY", "题", "文").error == (
        "WeCom robot refused the message (93000 invalid webhook url); check the robot's key and its security settings"
    )


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b"{}", b'{"errcode": "0"}', b'{"errcode": true}', b'{"code": null}']
)
def test_an_answer_without_a_code_is_no_success(answer: bytes, service: WebStub) -> None:
    service.answer = answer
    result = send_robot("wecombot://KEY", "题", "文")
    assert (result.ok, result.final) == (False, False)


@pytest.mark.parametrize(
    ("status", "final"), [(302, True), (400, True), (404, True), (429, False), (500, False), (503, False)]
)
def test_http_statuses(status: int, final: bool, service: WebStub) -> None:
    service.says(GOOD["feishu"], status)
    service.headers = {"Location": f"{service.url}/elsewhere"} if status == 302 else {}
    result = send_robot("feishu://KEY", "题", "文")
    assert (result.ok, result.final, len(service.asked)) == (False, final, 1)


def test_each_service_gets_what_it_expects(service: WebStub) -> None:
    service.says({"errcode": 0, "code": 0})
    for address in ("wecombot://W-1", "dingtalk://D1/13800000000", "feishu://F-1", "lark://L-1", "schan://S1"):
        assert send_robot(address, "题" * 40, "文", now=1_700_000_000).ok
    assert [(asked.method, asked.path, asked.query) for asked in service.asked] == [
        ("POST", "/cgi-bin/webhook/send", {"key": ["W-1"]}),
        ("POST", "/robot/send", {"access_token": ["D1"]}),
        ("POST", "/open-apis/bot/v2/hook/F-1", {}),
        ("POST", "/open-apis/bot/v2/hook/L-1", {}),
        ("POST", "/S1.send", {}),
    ]
    assert [asked.json() for asked in service.asked] == [
        {"msgtype": "text", "text": {"content": "文"}},
        {"msgtype": "text", "text": {"content": "文"}, "at": {"atMobiles": ["13800000000"], "isAtAll": False}},
        {"msg_type": "text", "content": {"text": "文"}},
        {"msg_type": "text", "content": {"text": "文"}},
        {"title": "题" * 32, "desp": "文"},
    ]


def test_signing_robots_sign_once(service: WebStub) -> None:
    service.says({"errcode": 0, "code": 0})
    send_robot("dingtalk://SECabc@D1", "题", "文", now=1_700_000_000)
    send_robot("feishu://F-1?secret=abc", "题", "文", now=1_700_000_000)
    ding, feishu = service.asked
    signed = hmac.new(b"SECabc", b"1700000000000\nSECabc", hashlib.sha256).digest()
    assert ding.query == {
        "access_token": ["D1"], "timestamp": ["1700000000000"], "sign": [base64.b64encode(signed).decode()],
    }  # fmt: skip
    assert (feishu.json()["timestamp"], feishu.json()["sign"]) == (
        "1700000000",
        base64.b64encode(hmac.new(b"1700000000\nabc", b"", hashlib.sha256).digest()).decode(),
    )


def test_a_long_text_is_cut_where_wecom_ends(service: WebStub) -> None:
    service.says(GOOD["wecombot"])
    send_robot("wecombot://KEY", "题", "字" * 1000)
    assert service.asked[0].json()["text"]["content"] == "字" * 682


# --- what may be a channel ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["wecombot://KEY", "dingtalk://SEC@TOKEN/13800000000", "schan://K", "mailto://u:p@mail.example", "ntfy://ntfy.example/topic",
     "wechat://corp:secret@1000002/@user", "json://127.0.0.1:8080/hook", "pushplus://" + "a" * 32],
)  # fmt: skip
def test_these_can_be_channels(address: str) -> None:
    assert channel_fault(address) is None


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("file://x", "channels of the kind file:// are not used; see docs/messages.md"),
        ("syslog://", "channels of the kind syslog:// are not used; see docs/messages.md"),
        ("macosx://", "channels of the kind macosx:// are not used; see docs/messages.md"),
        ("hello", "channels of the kind (none):// are not used; see docs/messages.md"),
        (
            "wecom://x",
            "wecom:// is PushPlus in Apprise and not WeCom; use wecombot:// (group robot) or wechat:// (application)",
        ),
        ("wecombot://", "the channel's key is missing or misspelt; copy the address anew"),
        ("wecombot://a b", "the channel's key is missing or misspelt; copy the address anew"),
        (
            "slack://a/b/c?template=name",
            "the parameter template would read files of this machine and is not used; leave it out",
        ),
        (
            "mailto://u:p@mail.example?pgpprv=key",
            "the parameter pgpprv would read files of this machine and is not used; leave it out",
        ),
        (
            "json://h.example?attach=name",
            "the parameter attach would read files of this machine and is not used; leave it out",
        ),
    ],
)
def test_these_cannot(address: str, fault: str) -> None:
    assert channel_fault(address) == fault


def test_every_allowed_schema_is_one_of_apprise() -> None:
    from apprise.manager_plugins import NotificationManager

    assert sorted(ALLOWED - set(NotificationManager().schemas())) == []


def test_a_fault_of_an_address_shows_no_key() -> None:
    fault = channel_fault("tgram://not-a-token-4711/")
    assert fault is not None
    assert "4711" not in fault


# --- parcels over channels ------------------------------------------------------------------------------------------


def test_an_organisations_group_gets_the_short_text(service: WebStub) -> None:
    service.says(GOOD["wecombot"])
    assert send(TOLD | {"channel": "wecombot://KEY"}, smtp_url=None) == SendResult(True, False, None)
    assert service.asked[0].json()["text"]["content"] == "【小学数学送教】第一期3月23日开班，请按开班通知到位。"


def test_a_code_goes_to_the_person_and_never_to_a_group(service: WebStub, mailbox: SmtpSink) -> None:
    service.says({"errcode": 0, "code": 0})
    mail = {"email": "luo@sample.localhost"}
    assert send(ASKED | mail | {"channel": "dingtalk://T"}, smtp_url=mailbox.url).ok
    assert send(ASKED | {"channel": "schan://S"}, smtp_url=None).ok
    assert send(ASKED | {"channel": "schan://S", "person_ref": None}, smtp_url=None).ok
    assert ["04711147" in asked.body.decode() for asked in service.asked] == [False, True, False]
    assert "04711147" in mailbox.mails[0].text


def test_a_code_waits_for_mail_where_only_a_group_would_read_it(service: WebStub) -> None:
    parcel = ASKED | {"email": "luo@sample.localhost", "channel": "dingtalk://T"}
    result = send(parcel, smtp_url=None)
    assert (result.ok, result.configured, service.asked) == (False, False, [])


def test_without_smtp_a_persons_own_channel_is_enough(service: WebStub) -> None:
    service.says(GOOD["schan"])
    assert send(TOLD | {"email": "a@sample.localhost", "channel": "schan://S", "person_ref": "P-1"}, smtp_url=None).ok


BOTH: dict[str, Any] = TOLD | {"email": "a@sample.localhost", "channel": "wecombot://KEY", "person_ref": "P-0003"}
REFUSED = "WeCom robot refused the message (93000 invalid webhook url); check the robot's key and its security settings"


def test_a_way_that_failed_for_good_keeps_nobody_from_the_message(service: WebStub, mailbox: SmtpSink) -> None:
    service.says(BAD["wecombot"])
    went = send(BOTH, smtp_url=mailbox.url)
    assert went == SendResult(True, False, None, note=f"channel: {REFUSED}")
    assert (went.ways, went.told) == ({"mail": "sent", "channel": "failed-for-good"}, True)


def test_what_took_a_message_is_not_sent_to_again(service: WebStub, mailbox: SmtpSink) -> None:
    service.says(GOOD["wecombot"])
    mailbox.behave(Behaviour.TRY_LATER, times=1)
    first = send(BOTH, smtp_url=mailbox.url)
    assert (first.ok, first.final, first.told) == (False, False, True)
    assert first.ways == {"channel": "delivered", "mail": "failed-for-now"}
    again = send(BOTH | {"ways": first.ways}, smtp_url=mailbox.url)
    assert (again.ok, again.ways) == (True, {"channel": "delivered", "mail": "sent"})
    assert (len(service.asked), len(mailbox.mails)) == (1, 1)


def test_the_fallback_is_used_when_every_way_failed_for_good(service: WebStub, mailbox: SmtpSink) -> None:
    service.says(GOOD["wecombot"])
    mailbox.behave(Behaviour.REFUSE)
    parcel = TOLD | {"email": "a@sample.localhost", "fallback": "wecombot://KEY", "person_ref": "P-0003"}
    went = send(parcel, smtp_url=mailbox.url)
    assert (went.ok, went.ways) == (True, {"mail": "failed-for-good", "fallback": "delivered"})
    assert went.note is not None
    assert "no such person here" in went.note
    mailbox.clear()
    mailbox.behave(Behaviour.TRY_LATER)
    waits = send(parcel, smtp_url=mailbox.url)
    assert (waits.ok, waits.ways, len(service.asked)) == (False, {"mail": "failed-for-now"}, 1)


def test_a_group_does_not_count_as_told_where_a_code_is_needed(service: WebStub, mailbox: SmtpSink) -> None:
    service.says(GOOD["dingtalk"])
    mailbox.behave(Behaviour.REFUSE)
    lost = send(ASKED | {"email": "luo@sample.localhost", "channel": "dingtalk://T"}, smtp_url=mailbox.url)
    assert (lost.ok, lost.final, lost.told) == (False, True, False)
    assert lost.ways == {"mail": "failed-for-good", "channel": "delivered"}
    service.says(GOOD["schan"])
    saved = send(
        ASKED | {"email": "luo@sample.localhost", "channel": "dingtalk://T", "fallback": "schan://S"},
        smtp_url=mailbox.url,
    )
    assert (saved.ok, saved.ways["fallback"]) == (True, "sent")
    assert [ASKED["code"] in asked.body.decode() for asked in service.asked] == [False, False, True]


def test_no_way_left_fails_for_good(service: WebStub, mailbox: SmtpSink) -> None:
    service.says(BAD["wecombot"])
    mailbox.behave(Behaviour.REFUSE)
    lost = send(BOTH | {"fallback": "feishu://F"}, smtp_url=mailbox.url)
    assert (lost.ok, lost.final, lost.told) == (False, False, False)  # a code that Feishu does not know: tried again
    service.says(BAD["feishu"])
    lost = send(BOTH | {"fallback": "feishu://F", "ways": lost.ways}, smtp_url=mailbox.url)
    assert (lost.ok, lost.final) == (False, True)
    assert set(lost.ways.values()) == {"failed-for-good"}


def test_a_web_hook_is_sent_to_and_its_status_believed(web_stub: WebStub) -> None:
    channel = web_stub.url.replace("http", "json", 1) + "/hook"
    assert send(TOLD | {"channel": channel}, smtp_url=None).ok
    assert web_stub.asked[0].json()["message"] == words(TOLD).short
    web_stub.status = 404
    assert (gone := send(TOLD | {"channel": channel}, smtp_url=None)).final, gone
    web_stub.status = 503
    assert not (busy := send(TOLD | {"channel": channel}, smtp_url=None)).final, busy
    assert len(web_stub.asked) == 3


def test_a_redirection_is_not_followed(web_stub: WebStub) -> None:
    web_stub.status, web_stub.headers = 302, {"Location": f"{web_stub.url}/elsewhere"}
    result = send(TOLD | {"channel": web_stub.url.replace("http", "json", 1) + "/hook?redirect=yes"}, smtp_url=None)
    assert (result.ok, [asked.path for asked in web_stub.asked]) == (False, ["/hook"])


def test_mail_as_a_channel(mailbox: SmtpSink) -> None:
    channel = f"mailto://127.0.0.1:{mailbox.port}?from=a@sample.localhost&to=group@sample.localhost"
    assert send(TOLD | {"channel": channel}, smtp_url=None).ok
    assert mailbox.to("group@sample.localhost")[0].subject == words(TOLD).subject


def test_no_key_reaches_a_log(service: WebStub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="notifications")
    service.says(GOOD["wecombot"])
    send(TOLD | {"channel": "wecombot://GEHEIM-42"}, smtp_url=None)
    service.says({}, 500)
    send(TOLD | {"channel": service.url.replace("http", "json", 1) + "/GEHEIM-42"}, smtp_url=None)
    send(TOLD | {"channel": "tgram://GEHEIM-42"}, smtp_url=None)
    assert [
        r.getMessage() for r in caplog.records if "GEHEIM-42" in r.getMessage() and r.name != "urllib3.connectionpool"
    ] == []


def test_deliveries_are_plain_data() -> None:
    assert Delivery(ok=True) == SENT
