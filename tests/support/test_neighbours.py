"""The neighbours that other tests rely on do what they say, and their misbehaviour is real."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy
from playwright.sync_api import Page

from office.smtp_sink import Behaviour, SmtpSink, read_mail
from tests.support.browser import BrowserThread
from tests.support.postgres import PostgresServer


def letter(to: str, subject: str = "示例：请审核") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "office@example.org", to, subject
    message.set_content("第二级审核已开启。\n请于三日内处理。")
    return message


def send(sink: SmtpSink, *messages: EmailMessage) -> None:
    with smtplib.SMTP(sink.host, sink.port, timeout=5) as client:
        for message in messages:
            client.send_message(message)


def test_mailbox_keeps_chinese_mail_for_other_processes(tmp_path: Path) -> None:
    with SmtpSink(tmp_path) as sink:
        send(sink, letter("a@example.org"), letter("b@example.org", "其二"))
        received = sink.mails
    assert [(mail.recipient, mail.subject) for mail in received] == [
        ("a@example.org", "示例：请审核"),
        ("b@example.org", "其二"),
    ]
    assert received[0].text == "第二级审核已开启。\n请于三日内处理。\n"
    assert received[0].header("from") == "office@example.org"
    assert read_mail(tmp_path) == received


def test_mailbox_started_again_goes_on_with_its_folder(tmp_path: Path) -> None:
    for subject in ("一", "二"):
        with SmtpSink(tmp_path) as sink:
            send(sink, letter("a@example.org", subject))
    assert [mail.subject for mail in read_mail(tmp_path)] == ["一", "二"]


def test_each_recipient_of_one_message_gets_a_mail(mailbox: SmtpSink) -> None:
    send(mailbox, letter("a@example.org, b@example.org"))
    assert [mail.recipient for mail in mailbox.mails] == ["a@example.org", "b@example.org"]
    assert len(mailbox.to("b@example.org")) == 1


@pytest.mark.parametrize(("behaviour", "code"), [(Behaviour.REFUSE, 550), (Behaviour.TRY_LATER, 451)])
def test_mailbox_refuses_with_the_code_asked_for(mailbox: SmtpSink, behaviour: Behaviour, code: int) -> None:
    mailbox.behaviour = behaviour
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(mailbox, letter("a@example.org"))
    assert refused.value.smtp_code == code
    assert mailbox.mails == []
    assert mailbox.attempts == 1


@pytest.mark.parametrize(("behaviour", "kept"), [(Behaviour.DROP_BEFORE_KEEPING, 0), (Behaviour.DROP_AFTER_KEEPING, 1)])
def test_mailbox_drops_the_connection_before_or_after_keeping(
    mailbox: SmtpSink, behaviour: Behaviour, kept: int
) -> None:
    mailbox.behave(behaviour, times=1)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(mailbox, letter("a@example.org"))
    assert len(mailbox.mails) == kept


def test_misbehaviour_for_one_recipient_and_a_number_of_times(mailbox: SmtpSink) -> None:
    mailbox.behave(Behaviour.TRY_LATER, recipient="b@example.org", times=1)
    send(mailbox, letter("a@example.org"))
    with pytest.raises(smtplib.SMTPDataError):
        send(mailbox, letter("b@example.org"))
    send(mailbox, letter("b@example.org"))
    assert [mail.recipient for mail in mailbox.mails] == ["a@example.org", "b@example.org"]


def test_mailbox_delay_outlasts_an_impatient_sender(mailbox: SmtpSink) -> None:
    mailbox.delay_seconds = 5
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        with smtplib.SMTP(mailbox.host, mailbox.port, timeout=0.3) as client:
            client.send_message(letter("a@example.org"))


def test_waiting_in_vain_tells_what_came_instead(mailbox: SmtpSink) -> None:
    send(mailbox, letter("a@example.org", "别的"))
    assert len(mailbox.wait_for(lambda mails: len(mails) == 1)) == 1
    with pytest.raises(TimeoutError, match=r"a@example.org: 别的"):
        mailbox.wait_for(lambda mails: len(mails) == 2, timeout_seconds=0.05)


@pytest.mark.postgres
def test_each_postgres_database_is_a_copy_of_the_template(postgres: PostgresServer) -> None:
    prepared: list[str] = []

    def prepare(url: str) -> None:
        prepared.append(url)
        engine = sqlalchemy.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE note (words text)"))
        engine.dispose()

    for word in ("甲", "乙"):
        with postgres.database(postgres.template("neighbours", prepare)) as url:
            engine = sqlalchemy.create_engine(url)
            with engine.begin() as connection:
                connection.execute(sqlalchemy.text("INSERT INTO note VALUES (:word)"), {"word": word})
            with engine.connect() as connection:
                assert connection.execute(sqlalchemy.text("SELECT words FROM note")).scalars().all() == [word]
            engine.dispose()
    assert len(prepared) == 1


@pytest.mark.browser
def test_browser_shows_chinese_and_leaves_no_event_loop_behind(browser: BrowserThread) -> None:
    def look(page: Page) -> str | None:
        page.set_content("<h1>送教下乡</h1>")
        return page.locator("h1").text_content()

    assert browser.visit(look) == "送教下乡"

    async def answer() -> int:
        return 42

    assert asyncio.run(answer()) == 42
