"""Checks what this office says and where it sends it: its own templates, and the addresses of channels.

Contacts nobody and shows no key: each fault is a sentence that names the file, the person's number or the organisation.
Decides nothing. Serves no clause of a regulation.
"""

from pathlib import Path

from sqlmodel import col, or_, select

from models.act import Act
from models.people import Organisation, Person
from notifications.channels import channel_fault
from notifications.labels import label
from notifications.words import check_overrides
from office.runtime.secrets import SealBroken, unseal
from office.runtime.settings import Settings, server_key


def kind_name(kind: str, locale: str) -> str:
    """What a kind of message is called in the reader's language; the key where it has no name."""
    return label("kind", kind, locale)


def template_faults(folder: Path) -> list[str]:
    """What is wrong with the templates in a folder; an empty list when all can be used. A folder that is not there is
    a fault.
    """
    if not folder.is_dir():
        return [f"{folder}: there is no such folder; correct SONGJIAO_TEMPLATES_DIR, or give the folder"]
    return check_overrides(folder)


def address_fault(address: str) -> str | None:
    """What is wrong with an address that somebody wants to be reached at; None when it can be used."""
    return channel_fault(address)


def channel_faults(act: Act, office: Settings) -> list[str]:
    """What is wrong with the channels of people and organisations, in the order of their numbers and names."""
    found: list[str] = []
    people = select(Person).where(
        Person.active, or_(col(Person.channel).is_not(None), col(Person.fallback).is_not(None))
    )
    for who in act.session.exec(people.order_by(Person.ref)).all():
        found += _faults(who.ref, who, office)
    bodies = select(Organisation).where(
        or_(col(Organisation.channel).is_not(None), col(Organisation.fallback).is_not(None))
    )
    for body in act.session.exec(bodies.order_by(Organisation.name)).all():
        found += _faults(body.name, body, office)
    return found


def _faults(name: str, row: Person | Organisation, office: Settings) -> list[str]:
    found: list[str] = []
    for way in ("channel", "fallback"):
        kept = getattr(row, way)
        if kept is None:
            continue
        try:
            fault = channel_fault(unseal(kept, server_key(office)))
        except SealBroken as broken:
            fault = str(broken)
        if fault is not None:
            found.append(f"{name} ({way}): {fault}")
    return found
