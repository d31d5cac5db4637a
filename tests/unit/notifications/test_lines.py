"""Lines to the mail server: one for many mails, dialled anew when the server has hung up, left after a trouble."""

from collections.abc import Iterator
from smtplib import SMTP

import pytest

from notifications import lines as room
from notifications.lines import Lines
from notifications.mail import MailServer, send_mail
from office.smtp_sink import Behaviour, SmtpSink


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[SMTP]:
    """Every line that was dialled, in order."""
    found: list[SMTP] = []
    dial = room._dial

    def noted(server: MailServer) -> SMTP:
        found.append(dial(server))
        return found[-1]

    monkeypatch.setattr(room, "_dial", noted)
    return found


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Lines that are kept for a minute."""
    kept = Lines(kept_seconds=60.0)
    yield kept
    kept.close()


def sent(lines: Lines, mailbox: SmtpSink, to: str = "a@sample.localhost") -> bool:
    """Send one mail over these lines."""
    return send_mail(MailServer.from_url(mailbox.url), "office@localhost", to, "示例", "示例", {}, lines).ok


def test_many_mails_go_over_one_line(lines: Lines, mailbox: SmtpSink, dialled: list[SMTP]) -> None:
    assert [sent(lines, mailbox) for _ in range(5)] == [True] * 5
    assert (len(dialled), len(mailbox.mails)) == (1, 5)


def test_a_line_is_left_after_a_hundred_mails(
    lines: Lines, mailbox: SmtpSink, dialled: list[SMTP], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_MAILS_A_LINE", 2)
    assert [sent(lines, mailbox) for _ in range(5)] == [True] * 5
    assert len(dialled) == 3


def test_a_line_of_a_server_that_hung_up_is_dialled_anew(lines: Lines, dialled: list[SMTP]) -> None:
    with SmtpSink() as first:
        assert sent(lines, first)
    with SmtpSink(port=first.port) as again:
        assert sent(lines, again)
        assert (len(dialled), len(again.mails)) == (2, 1)
        lines.close()


@pytest.mark.parametrize("behaviour", [Behaviour.DROP_AFTER_KEEPING, Behaviour.DROP_BEFORE_KEEPING])
def test_a_line_that_broke_under_a_mail_is_not_used_again_and_the_mail_not_sent_twice(
    lines: Lines, mailbox: SmtpSink, dialled: list[SMTP], behaviour: Behaviour
) -> None:
    assert sent(lines, mailbox)
    mailbox.behave(behaviour, times=1)
    assert not sent(lines, mailbox)
    assert (mailbox.attempts, len(dialled)) == (2, 1)  # whether to try again is the outbox's matter
    assert sent(lines, mailbox)
    assert len(dialled) == 2


def test_a_refused_recipient_does_not_harm_the_next_one(lines: Lines, mailbox: SmtpSink) -> None:
    mailbox.behave(Behaviour.REFUSE, recipient="gone@sample.localhost")
    assert not sent(lines, mailbox, "gone@sample.localhost")
    assert sent(lines, mailbox, "here@sample.localhost")
    assert [mail.recipient for mail in mailbox.mails] == ["here@sample.localhost"]


def test_lines_that_nobody_uses_are_left(mailbox: SmtpSink, dialled: list[SMTP]) -> None:
    brief = Lines(kept_seconds=0.0)
    assert [sent(brief, mailbox) for _ in range(2)] == [True, True]
    assert [line.sock for line in dialled] == [None, None]


def test_a_line_in_use_lately_outlives_the_look_for_idle_ones(
    lines: Lines, mailbox: SmtpSink, dialled: list[SMTP]
) -> None:
    sent(lines, mailbox)
    lines.leave_idle()
    assert dialled[0].sock is not None
    lines.close()
    assert dialled[0].sock is None
