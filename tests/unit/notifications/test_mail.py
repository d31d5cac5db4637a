"""Mail against a real SMTP server on this machine: what arrives, and what is made of each refusal."""

import logging
import socket
from pathlib import Path

import pytest

from notifications import plugins
from notifications.mail import MailServer, SmtpUrlRefused
from notifications.send import NOT_CONFIGURED, SendResult, send
from notifications.words import words
from office.smtp_sink import Behaviour, SmtpSink
from tests.unit.notifications.facts import FACTS, PROGRAMME

ASKED = {
    "id": "0199aaaa-0000-7000-8000-000000000001",
    "kind": "decision-asked",
    "locale": "zh-CN",
    "facts": PROGRAMME | FACTS["decision-asked"],
    "person_ref": "P-0003",
    "person_name": "示例·罗教研员",
    "email": "luo@sample.localhost",
    "code": "04711147",
}


def test_a_mail_arrives_as_it_was_worded(mailbox: SmtpSink) -> None:
    assert send(ASKED, smtp_url=mailbox.url, sender="示例项目办 <office@localhost>") == SendResult(True, False, None)
    [mail] = mailbox.mails
    said = words(ASKED)
    assert (mail.recipient, mail.sender, mail.subject) == ("luo@sample.localhost", "office@localhost", said.subject)
    assert mail.text.strip() == said.body.strip()
    assert mail.header("From") == "示例项目办 <office@localhost>"
    assert mail.header("X-Songjiao-Message") == "0199aaaa-0000-7000-8000-000000000001"
    assert mail.header("X-Songjiao-Kind") == "decision-asked"
    assert mail.header("X-Songjiao-Repeat") is None
    assert mail.parsed().get_content_type() == "text/plain"


def test_a_repeated_mail_is_marked_in_its_headers(mailbox: SmtpSink) -> None:
    send(ASKED | {"repeated": True}, smtp_url=mailbox.url)
    assert mailbox.mails[0].header("X-Songjiao-Repeat") == "yes"


def test_two_mails_do_not_wait_for_each_other(mailbox: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apprise makes one object wait 5.5 s between two sendings; each of ours has its own."""
    naps: list[float] = []
    monkeypatch.setattr("apprise.url.time.sleep", naps.append)
    for _ in range(3):
        assert send(ASKED, smtp_url=mailbox.url).ok
    assert (len(mailbox.mails), naps) == (3, [])


def test_a_kind_or_id_adds_no_header(mailbox: SmtpSink) -> None:
    send(ASKED | {"id": "1\r\nBcc: x@example.cn", "kind": "a\r\nBcc: x@example.cn"}, smtp_url=mailbox.url)
    [mail] = mailbox.mails
    assert mail.header("Bcc") is None
    assert mail.header("X-Songjiao-Message") == "1 Bcc: x@example.cn"
    assert mail.header("X-Songjiao-Kind") == "aBccxexamplecn"


def test_an_address_the_server_refuses_is_for_good(mailbox: SmtpSink) -> None:
    mailbox.behave(Behaviour.REFUSE)
    result = send(ASKED, smtp_url=mailbox.url)
    assert (result.ok, result.final) == (False, True)
    assert result.error == (
        f"mail to luo@sample.localhost: mail server 127.0.0.1:{mailbox.port} refused the recipient "
        "(550 5.1.1 no such person here); correct the mail address"
    )


def test_a_server_that_asks_for_patience_is_for_now(mailbox: SmtpSink) -> None:
    mailbox.behave(Behaviour.TRY_LATER, times=1)
    result = send(ASKED, smtp_url=mailbox.url)
    assert (result.ok, result.final, result.configured) == (False, False, True)
    assert result.error == (
        f"mail to luo@sample.localhost: mail server 127.0.0.1:{mailbox.port} did not take the mail "
        "(451 4.3.0 try again later)"
    )
    assert send(ASKED, smtp_url=mailbox.url).ok


@pytest.mark.parametrize("behaviour", [Behaviour.DROP_BEFORE_KEEPING, Behaviour.DROP_AFTER_KEEPING])
def test_a_broken_connection_is_for_now(mailbox: SmtpSink, behaviour: Behaviour) -> None:
    mailbox.behave(behaviour, times=1)
    result = send(ASKED, smtp_url=mailbox.url)
    assert (result.ok, result.final) == (False, False)


def test_a_server_that_is_not_there_is_for_now() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    result = send(ASKED, smtp_url=f"smtp://127.0.0.1:{port}")
    assert (result.ok, result.final, result.configured) == (False, False, True)


def test_a_server_that_says_nothing_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "CONNECT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = send(ASKED, smtp_url=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
    assert (result.ok, result.final) == (False, False)
    assert result.error is not None
    assert result.error.endswith("timed out")


@pytest.mark.parametrize(
    "address", ["nobody", "a@b@c", "x y@example.cn", "a@example.cn,b@example.cn", "a@example.cn\nb"]
)
def test_what_is_no_mail_address_is_for_good(mailbox: SmtpSink, address: str) -> None:
    result = send(ASKED | {"email": address}, smtp_url=mailbox.url)
    assert (result.ok, result.final, mailbox.attempts) == (False, True, 0)


def test_a_sender_that_cannot_be_used_is_the_offices_setting(mailbox: SmtpSink) -> None:
    result = send(ASKED, smtp_url=mailbox.url, sender="nobody")
    assert (result.ok, result.final) == (False, False)
    assert result.error is not None
    assert result.error.endswith("correct SONGJIAO_SMTP_FROM")


def test_without_smtp_settings_a_message_stays_queued() -> None:
    assert send(ASKED, smtp_url=None) == SendResult(False, False, NOT_CONFIGURED, configured=False)


def test_unusable_smtp_settings_keep_a_message_queued() -> None:
    assert send(ASKED, smtp_url="http://127.0.0.1:1") == SendResult(
        False, False, "SONGJIAO_SMTP_URL must begin with smtp://, smtp+starttls:// or smtps://", configured=False
    )


def test_nobody_to_send_to_is_for_good() -> None:
    assert send(ASKED | {"email": None}, smtp_url=None) == SendResult(
        False, True, "the recipient has neither a mail address nor a channel; record one"
    )


def test_a_parcel_may_be_any_object_with_the_fields(mailbox: SmtpSink) -> None:
    class Parcel:
        kind, email, facts = "started", "a@sample.localhost", FACTS["started"]

    assert send(Parcel(), smtp_url=mailbox.url).ok
    assert mailbox.mails[0].subject == "第一期开班：3月23日"


def test_an_unusable_wording_is_noted_and_the_mail_goes_out(mailbox: SmtpSink, tmp_path: Path) -> None:
    (tmp_path / "decision-asked.zh-CN.txt").write_text("[subject]\n{{ nothing() }}\n")
    result = send(ASKED, smtp_url=mailbox.url, overrides=tmp_path)
    assert (result.ok, len(mailbox.mails)) == (True, 1)
    assert result.note is not None
    assert result.note.startswith("decision-asked.zh-CN.txt [subject]: ")


def test_neither_code_nor_password_reaches_a_log(mailbox: SmtpSink, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"smtp://office:geheim-42@127.0.0.1:{mailbox.port}"
    result = send(ASKED, smtp_url=url)  # the sink knows no passwords and refuses the login
    assert (result.ok, result.final) == (False, False)
    ours = "\n".join(
        r.getMessage() for r in caplog.records if r.name != "mail.log" and not r.name.startswith("aiosmtpd")
    )
    for secret in ("geheim-42", "04711147"):
        assert secret not in ours + str(result.error)


# --- the form of the SMTP address -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:2525", MailServer("127.0.0.1", 2525, "insecure")),
        ("smtp://mail.example", MailServer("mail.example", 25, "insecure")),
        ("smtp+starttls://u:p@mail.example", MailServer("mail.example", 587, "starttls", "u", "p")),
        ("smtps://a%40b.cn:x%25%2F%3A@mail.example/", MailServer("mail.example", 465, "ssl", "a@b.cn", "x%/:")),
    ],
)
def test_an_smtp_address_is_read(url: str, server: MailServer) -> None:
    assert MailServer.from_url(url) == server


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mail.example", "SONGJIAO_SMTP_URL must begin with smtp://, smtp+starttls:// or smtps://"),
        ("smtp://", "SONGJIAO_SMTP_URL names no host, as in smtps://user:password@mail.example"),
        ("smtp://mail.example:99999", "SONGJIAO_SMTP_URL has a port that is no number between 1 and 65535"),
        ("smtps://u:a/b@mail.example", "SONGJIAO_SMTP_URL has a port that is no number between 1 and 65535"),
        ("smtps://m.example?x=1", "SONGJIAO_SMTP_URL ends after the port; encode / ? # in a password as %2F %3F %23"),
        ("smtps://:p@mail.example", "SONGJIAO_SMTP_URL has a password and no user"),
        (
            "smtp://u:p@mail.example",
            "SONGJIAO_SMTP_URL would send the password unencrypted; use smtp+starttls:// or smtps://",
        ),
    ],
)
def test_an_smtp_address_that_cannot_be_used_says_why(url: str, why: str) -> None:
    with pytest.raises(SmtpUrlRefused) as refusal:
        MailServer.from_url(url)
    assert str(refusal.value) == why
