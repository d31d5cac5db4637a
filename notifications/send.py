"""Sends one parcel of the outbox: by mail where the recipient has an address, over their channel where they have one.

Plain data in, a result out: touches no ledger, raises nothing, logs nothing. A parcel that goes two ways is sent both
ways and is ok only when both took it, so a later try may repeat on the one that did. A message that could not go out
for want of the office's SMTP settings is `configured=False`: it stays queued and counts no try. One-time codes go to
the person alone, never to a group.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from notifications.channels import channel_fault, is_group, send_channel
from notifications.mail import MailServer, SmtpUrlRefused, send_mail
from notifications.outcome import Delivery
from notifications.words import Letter, Words, words

MESSAGE_HEADER = "X-Songjiao-Message"
KIND_HEADER = "X-Songjiao-Kind"
REPEAT_HEADER = "X-Songjiao-Repeat"
NOT_CONFIGURED = "mail is not set up: no SONGJIAO_SMTP_URL; the message stays queued"


@dataclass(frozen=True)
class SendResult:
    """How a sending ended.

    `final`: another try cannot help. `configured`: false when the office's own settings keep it from being sent.
    `note`: what the office should know although the message went (a wording of its own that could not be used).
    """

    ok: bool
    final: bool
    error: str | None
    configured: bool = True
    note: str | None = None


def send(
    parcel: object, *, smtp_url: str | None, sender: str = "songjiao@localhost", overrides: Path | None = None
) -> SendResult:
    """Put a parcel into words and send it; see the module for what the result means."""
    letter = Letter.of(parcel)
    try:
        return _send(letter, smtp_url, sender, overrides)
    except (
        Exception
    ) as error:  # a fault of ours must not stop the other messages; the outbox tries again and then tells the office
        return SendResult(ok=False, final=False, error=f"{letter.kind}: could not be sent ({type(error).__name__})")


def _send(letter: Letter, smtp_url: str | None, sender: str, overrides: Path | None) -> SendResult:
    if not letter.email and not letter.channel:
        return SendResult(False, True, "the recipient has neither a mail address nor a channel; record one")
    server, trouble = _server(smtp_url) if letter.email else (None, None)
    if server is None and letter.email and not _channel_will_do(letter):
        return SendResult(False, False, trouble, configured=False)
    said = words(letter, overrides)
    ways: list[tuple[str, Delivery]] = []
    if server is not None and letter.email:
        delivery = send_mail(server, sender, letter.email, said.subject, said.body, _headers(letter))
        ways.append((f"mail to {letter.email}", delivery))
    if letter.channel:
        ways.append(("channel", _over_channel(letter, letter.channel, said)))
    return replace(_together(ways), note="; ".join(said.notes) or None)


def _server(smtp_url: str | None) -> tuple[MailServer | None, str | None]:
    if not smtp_url:
        return None, NOT_CONFIGURED
    try:
        return MailServer.from_url(smtp_url), None
    except SmtpUrlRefused as refusal:
        return None, str(refusal)


def _channel_will_do(letter: Letter) -> bool:
    """Whether the channel alone tells this person all; a code cannot go to a group, so that waits for mail."""
    if not letter.channel or channel_fault(letter.channel) is not None:
        return False
    return not (letter.code and is_group(letter.channel))


def _over_channel(letter: Letter, channel: str, said: Words) -> Delivery:
    to_a_group = letter.person_ref is None or is_group(channel)
    return send_channel(channel, said.subject, said.short if to_a_group else said.body)


def _headers(letter: Letter) -> dict[str, str]:
    headers = {MESSAGE_HEADER: letter.id, KIND_HEADER: "".join(c for c in letter.kind if c.isalnum() or c == "-")}
    return headers | ({REPEAT_HEADER: "yes"} if letter.repeated else {})


def _together(ways: list[tuple[str, Delivery]]) -> SendResult:
    failed = [(way, delivery) for way, delivery in ways if not delivery.ok]
    if not failed:
        return SendResult(True, False, None)
    went = [f"{way} went out" for way, delivery in ways if delivery.ok]
    error = "; ".join([f"{way}: {delivery.error}" for way, delivery in failed] + went)
    return SendResult(False, all(delivery.final for _, delivery in failed), error)
