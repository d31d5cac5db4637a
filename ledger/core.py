"""How every operation is recorded: once per key, with its audit event, its wakes and its messages in one transaction.

An operation is a function over an `Act`. The `operation` decorator looks its key up first: the same key with the same
arguments gives the stored answer and does nothing; with other arguments it is refused. An act that was refused changed
nothing, so its key stays free: for the corrected act, or for the same one when it may be done.
"""

import functools
import hashlib
import inspect
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from pydantic import BaseModel
from sqlmodel import select

from ledger.errors import KeyReused
from ledger.together import Together
from models.act import Act
from models.office import ActKey, AuditEvent, AuditHead, Counter, Wake
from models.programme import Phase, Programme

GENESIS = "0" * 64
_AS_THEY_ARE = frozenset({str, int, bool, float, type(None)})
_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
P = ParamSpec("P")
A = TypeVar("A", bound=BaseModel)


class Done(BaseModel):
    """The plain answer of an operation that has nothing more to say."""

    id: uuid.UUID | None = None
    ref: str | None = None


def operation(
    name: str, answer: type[A], *, unsaid: frozenset[str] = frozenset()
) -> Callable[[Callable[Concatenate[Act, P], A]], Callable[Concatenate[Act, P], A]]:
    """Make a function an operation of the ledger: idempotent under the act's key, its answer kept with the key.

    `unsaid` names arguments that prove who speaks and are no part of what is said, such as a one-time code: nothing of
    them is kept, since a few digits could be found again from any hash of them. An answer that says `accepted` false is
    a refusal and is not kept either.

    Raises `KeyReused` when the key was used for another act, with other arguments or by another person.
    """

    def decorate(function: Callable[Concatenate[Act, P], A]) -> Callable[Concatenate[Act, P], A]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def once(act: Act, /, *args: P.args, **kwargs: P.kwargs) -> A:
            said = signature.bind(act, *args, **kwargs)
            said.apply_defaults()
            arguments = {
                name: value for name, value in said.arguments.items() if value is not act and name not in unsaid
            }
            print_ = fingerprint([act.actor.person_id, arguments])
            known = act.session.exec(select(ActKey).where(ActKey.key == act.key)).first()
            if known is not None:
                if (known.operation, known.fingerprint) != (name, print_):
                    raise KeyReused(
                        f"the key {act.key!r} was used for {known.operation} before; take a new key for another act"
                    )
                return answer.model_validate(known.answer)
            result = function(act, *args, **kwargs)
            if not getattr(result, "accepted", True):
                return result
            act.session.add(
                ActKey(
                    key=act.key,
                    operation=name,
                    fingerprint=print_,
                    answer=result.model_dump(mode="json"),
                    created_at=act.now,
                )
            )
            return result

        return cast(Callable[Concatenate[Act, P], A], once)

    return decorate


def done_before(act: Act) -> bool:
    """Whether an act was done under this act's key already: then its answer is given again, and nothing done."""
    return act.session.exec(select(ActKey.id).where(ActKey.key == act.key)).first() is not None


def plain(value: Any) -> Any:
    """A value as JSON data, the same on every machine and database."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | uuid.UUID | Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return value


def canonical(value: Any) -> str:
    """JSON in one way only: sorted keys, no blanks."""
    return _JSON.encode(plain(value))


def fingerprint(value: Any) -> str:
    """A hash of any plain value."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def event_hash(event: AuditEvent) -> str:
    """The hash of an audit event over everything it says and the hash before it."""
    return _hash_of({name: getattr(event, name) for name in _HASHED})


_HASHED = ("number", "at", "kind", "programme_id", "person_id", "door", "facts", "previous_hash")


def _hash_of(said: Mapping[str, Any]) -> str:
    return fingerprint([said[name] for name in _HASHED])


def record(act: Act, kind: str, programme: Programme | None = None, /, **facts: Any) -> AuditEvent:
    """Add an audit event to the chain, in this transaction; an event on a programme advances its event number.

    Writers follow one another (see `office.runtime.database`), so the chain has no forks. It goes on from the head that
    is kept beside it: events that were cut off at its end leave a gap for ever.
    """
    event = AuditEvent(**_next_event(act, kind, programme, facts))
    act.session.add(event)
    return event


def chain(act: Act, kind: str, programme: Programme | None, facts: Mapping[str, Any], together: Together) -> None:
    """As `record`, but written with the rows that it is kept together with: for who records many events at once."""
    together.add(AuditEvent, **_next_event(act, kind, programme, facts))


def _next_event(act: Act, kind: str, programme: Programme | None, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the next event of the chain says; the head goes on to it."""
    head = act.session.get(AuditHead, 1)
    if head is None:
        head = AuditHead(number=0, hash=GENESIS)
        act.session.add(head)
        act.session.flush()  # from now on it is found
    said = {
        "number": head.number + 1,
        "at": act.now,
        "kind": kind,
        "programme_id": programme.id if programme else None,
        "person_id": act.actor.person_id,
        "door": act.actor.door.value,
        "facts": plain(facts),
        "previous_hash": head.hash,
    }
    said["hash"] = _hash_of(said)
    head.number, head.hash = said["number"], said["hash"]
    if programme is not None:
        programme.event_number += 1
        act.session.add(programme)
    return said


def wake(act: Act, programme: Programme, phase: Phase | None = None) -> None:
    """Ask that the run of a phase (or the programme's lifecycle run) look at the ledger.

    One open wake a run: a second one raises the number that the run must have observed.
    """
    phase_id = phase.id if phase else None
    # One act often wakes one run several times; what it found the first time stays true, since writers follow one another.
    found: dict[tuple[uuid.UUID, uuid.UUID | None], Wake] = act.session.info.setdefault("wakes", {})
    open_wake = found.get((programme.id, phase_id))
    if open_wake is None or open_wake.done_at is not None:
        open_wake = act.session.exec(
            select(Wake).where(Wake.programme_id == programme.id, Wake.phase_id == phase_id, Wake.done_at == None)  # noqa: E711 - SQL
        ).first()
    if open_wake is None:
        open_wake = Wake(programme_id=programme.id, phase_id=phase_id, event_number=0, created_at=act.now)
    found[programme.id, phase_id] = open_wake
    open_wake.event_number = programme.event_number
    act.session.add(open_wake)


def next_number(act: Act, name: str) -> int:
    """The next gapless number of a name, in this transaction."""
    counter = act.session.get(Counter, name) or Counter(name=name)
    counter.value += 1
    act.session.add(counter)
    act.session.flush()
    return counter.value
