"""Entries of registers as they stand: found again by register, programme or subject, and as the rules see them.

Reads only; `ledger.registers` writes. An annulled entry is in force no more, one that waits for a mark is not whole.
"""

from collections.abc import Iterable

from sqlmodel import col, select

from ledger.errors import NotFound
from models.act import Act
from models.people import Organisation
from models.programme import Programme
from models.register import EntryMark, RegisterEntry
from policies.mechanisms import SYSTEM
from policies.schema import Pack
from rules.indicators import EntryFact

KEPT, ANNULLED = "kept", "annulled"


def entry_of(act: Act, ref: str) -> RegisterEntry:
    """The entry of that ref (`R-000001`). Raises `NotFound`."""
    row = act.session.exec(select(RegisterEntry).where(RegisterEntry.ref == ref.strip().upper())).first()
    if row is None:
        raise NotFound(f"there is no entry {ref}; see songjiao register list")
    return row


def marks_of(act: Act, row: RegisterEntry) -> list[str]:
    """The marks that an entry has got."""
    return list(act.session.exec(select(EntryMark.mark).where(EntryMark.entry_id == row.id)).all())


def entries_of(
    act: Act, pack: Pack, key: str | None = None, *, programme: Programme | None = None, subject: str | None = None
) -> list[RegisterEntry]:
    """The entries in force of a register (of all), newest last; of one programme or about one subject."""
    query = select(RegisterEntry).where(RegisterEntry.pack == pack.pack, RegisterEntry.state == KEPT)
    if key is not None:
        query = query.where(RegisterEntry.register_key == key)
    if programme is not None:
        query = query.where(RegisterEntry.programme_id == programme.id)
    if subject is not None:
        query = query.where(RegisterEntry.subject == subject)
    return list(act.session.exec(query.order_by(col(RegisterEntry.id))).all())


def entry_facts(act: Act, pack: Pack, keys: Iterable[str], *, whole: bool = True) -> list[EntryFact]:
    """Entries in force as the rules see them; `whole` leaves out those that still wait for a mark."""
    wanted = [register for register in pack.registers if register.key in set(keys)]
    found: list[EntryFact] = []
    for register in wanted:
        for row in entries_of(act, pack, register.key):
            if whole and register.marks and len(marks_of(act, row)) < len(register.marks):
                continue
            where = act.session.get(Organisation, row.organisation_id) if row.organisation_id else None
            found.append(fact_of(row, where.name if where else SYSTEM))
    return found


def fact_of(row: RegisterEntry, recorded_by: str = "") -> EntryFact:
    """An entry as the rules see it."""
    return EntryFact(row.register_key, row.happened_on, row.subject, recorded_by, row.content)
