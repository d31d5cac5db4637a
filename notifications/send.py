"""Sends one parcel of the outbox: by mail where the recipient has an address, over their channel where they have one.

Plain data in, a result out: touches no ledger, raises nothing, logs nothing. A parcel that goes two ways is sent both
ways; what took it once is not sent to again. Where every way failed for good, the fallback channel is used. A message
that could not go out for want of the office's SMTP settings is `configured=False`: it stays queued and counts no try.
One-time codes go to the person alone, never to a group, so a group alone does not have a code's message told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.states import WayState
from notifications.channels import channel_fault, is_group, send_channel
from notifications.lines import Lines
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
    `note`: what the office should know although the message went (a wording of its own that could not be used, a way
    that failed for good). `ways`: how it fared by mail, channel and fallback. `told`: the reader has it by one of them.
    `doubtful`: a way that failed may have taken it all the same, so the next try is a repeat.
    """

    ok: bool
    final: bool
    error: str | None
    configured: bool = True
    note: str | None = None
    ways: Mapping[str, str] = field(default_factory=dict, compare=False)
    told: bool = field(default=False, compare=False)
    doubtful: bool = field(default=False, compare=False)


def send(
    parcel: object,
    *,
    smtp_url: str | None,
    sender: str = "songjiao@localhost",
    overrides: Path | None = None,
    lines: Lines | None = None,
) -> SendResult:
    """Put a parcel into words and send it; see the module for what the result means.

    Who sends many keeps `lines` to the mail server; without them each mail dials anew.
    """
    letter = Letter.of(parcel)
    try:
        return _send(letter, smtp_url, sender, overrides, lines)
    except (
        Exception
    ) as error:  # a fault of ours must not stop the other messages; the outbox tries again and then tells the office
        return SendResult(ok=False, final=False, error=f"{letter.kind}: could not be sent ({type(error).__name__})")


def _send(letter: Letter, smtp_url: str | None, sender: str, overrides: Path | None, lines: Lines | None) -> SendResult:
    if not (letter.email or letter.channel or letter.fallback):
        return SendResult(False, True, "the recipient has neither a mail address nor a channel; record one")
    before = {way: WayState(how) for way, how in letter.ways.items() if how != WayState.FAILED_FOR_NOW}
    by_mail = bool(letter.email) and "mail" not in before
    server, trouble = _server(smtp_url) if by_mail else (None, None)
    if server is None and by_mail and not _channel_will_do(letter):
        return SendResult(False, False, trouble, configured=False)
    said = words(letter, overrides)
    tried: dict[str, Delivery] = {}
    if server is not None and letter.email:
        tried["mail"] = send_mail(
            server, sender, letter.email, said.subject, said.body, _headers(letter), lines, letter.enclosures
        )
    if letter.channel and "channel" not in before:
        tried["channel"] = _over_channel(letter, letter.channel, said)
    states = before | {way: delivery.state for way, delivery in tried.items()}
    if letter.fallback and "fallback" not in before and not _hope(letter, states):
        tried["fallback"] = _over_channel(letter, letter.fallback, said)
        states["fallback"] = tried["fallback"].state
    return _together(letter, tried, states, said)


def _hope(letter: Letter, states: Mapping[str, WayState]) -> bool:
    """Whether some way told the reader, or still may."""
    return _told(letter, states) or WayState.FAILED_FOR_NOW in states.values()


def _told(letter: Letter, states: Mapping[str, WayState]) -> bool:
    """Whether the reader has it; a code's message is told only where its reader alone sees it."""
    took = [way for way, how in states.items() if how in (WayState.SENT, WayState.DELIVERED)]
    private = letter.code and letter.person_ref
    return any(not private or way == "mail" or not _to_a_group(letter, way) for way in took)


def _to_a_group(letter: Letter, way: str) -> bool:
    address = letter.channel if way == "channel" else letter.fallback
    return letter.person_ref is None or is_group(address or "")


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


def _together(letter: Letter, tried: Mapping[str, Delivery], states: Mapping[str, WayState], said: Words) -> SendResult:
    names = {"mail": f"mail to {letter.email}"}
    failed = [f"{names.get(way, way)}: {delivery.error}" for way, delivery in tried.items() if not delivery.ok]
    went = [f"{names.get(way, way)} went out" for way, delivery in tried.items() if delivery.ok]
    told, pending = _told(letter, states), WayState.FAILED_FOR_NOW in states.values()
    notes = "; ".join([*said.notes, *(failed if told and not pending else ())]) or None
    kept = {way: str(how) for way, how in states.items()}
    if told and not pending:
        return SendResult(True, False, None, note=notes, ways=kept, told=True)
    error = "; ".join(failed + went) or "no way is left to reach the recipient"
    doubtful = any(delivery.doubtful for delivery in tried.values())
    return SendResult(False, not pending, error, note=notes, ways=kept, told=told, doubtful=doubtful)
