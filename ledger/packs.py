"""The pack a programme is pinned to. A published amendment changes nothing for a programme that runs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from ledger.errors import NotFound
from models.act import Act
from models.programme import PolicySnapshot, Programme
from models.states import ApplicantKind, ProgrammeLevel
from policies.loader import pack_from_snapshot, pack_hash
from policies.lookup import chain_for, setting_words
from policies.schema import Chain, Pack

_KEEP = 64
_known: dict[str, Pack] = {}
"""Packs by their hash: a run's process finds there what its parent knew."""

_hashes: dict[UUID, str] = {}


def pack_of(act: Act, programme: Programme) -> Pack:
    """The resolved pack as it stood when the programme started."""
    return pack_at(act, programme.snapshot_id)


def pack_at(act: Act, snapshot_id: UUID) -> Pack:
    """The pack of a snapshot, read once: a sweep asks for the same one again and again."""
    digest = _hashes.get(snapshot_id)
    if digest is None:
        digest = act.session.exec(select(PolicySnapshot.hash).where(PolicySnapshot.id == snapshot_id)).one()
        _hashes[snapshot_id] = digest
    pack = _known.get(digest)
    if pack is None:
        pack = pack_from_snapshot(act.session.get_one(PolicySnapshot, snapshot_id).content)
        hold(snapshot_id, digest, pack)
    return pack


def hold(snapshot_id: UUID, digest: str, pack: Pack) -> None:
    """Know the pack of a snapshot that was just made from it, without reading it back."""
    if digest not in _known and len(_known) >= _KEEP:
        _known.clear()
        _hashes.clear()
    _known[digest] = pack
    _hashes[snapshot_id] = digest


def know_packs(act: Act) -> None:
    """Know the packs of all programmes in flight; one that cannot be read is left to its own programmes' runs."""
    in_flight = select(Programme.snapshot_id).where(col(Programme.run_settled).is_(False)).distinct()
    for snapshot_id in act.session.exec(in_flight.limit(_KEEP)).all():
        try:
            pack_at(act, snapshot_id)
        except ValueError:
            continue


def ground_facts(pack: Pack, basis: Mapping[str, Any]) -> dict[str, Any]:
    """What a message rests on: the clause, or the office's setting in words for each language."""
    zh, en = setting_words(pack, basis.get("setting"), basis.get("setting_en"))
    return {"clause": basis.get("clause"), "setting": zh or None, "setting_en": en or None}


def pin(act: Act, pack: Pack) -> PolicySnapshot:
    """Keep the resolved pack by its hash; programmes that start under the same one share the row."""
    digest = pack_hash(pack)
    row = act.session.exec(select(PolicySnapshot).where(PolicySnapshot.hash == digest)).first()
    if row is None:
        row = PolicySnapshot(hash=digest, name=pack.pack, content=pack.snapshot(), created_at=act.now)
        act.session.add(row)
        act.session.flush()
    return row


def chain_of(pack: Pack, programme: Programme, subject: str) -> Chain:
    """The approval chain of a subject for this programme's applicant and level. Raises `NotFound` where the pack
    has none.
    """
    chain = chain_for(pack, subject, ApplicantKind(programme.applicant_kind), ProgrammeLevel(programme.level))
    if chain is None:
        raise NotFound(
            f"{pack.pack} has no approval chain for {subject} of a {programme.applicant_kind} at level {programme.level}"
        )
    return chain
