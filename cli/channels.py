"""The addresses of channels as people give them: asked for unseen, held against what the office sends to, sealed.

An address that no message would ever go to is refused here, where whoever gives it can still put it right.
"""

from cli.edge import office, unseen
from cli.language import say


def address_of(given: str | None, option: str) -> str | None:
    """The address that was given; `-` asks for it, or reads it from the standard input, so that it stands in no shell
    history and no list of processes. None stays None and an empty text empty.

    Raises `BadInput` for one that the office would not send to; the fault shows no key.
    """
    if given == "-":
        given = unseen(say("通道地址:", "address of the channel: "))
    if given:
        from ledger.errors import BadInput
        from office.wording import address_fault

        fault = address_fault(given)
        if fault is not None:
            raise BadInput([(option, fault)])
    return given


def sealed(address: str | None) -> str | None:
    """An address as the ledger keeps it: unreadable without this office's key."""
    if not address:
        return address
    from office.runtime.secrets import seal
    from office.runtime.settings import server_key

    return seal(address, server_key(office()))
