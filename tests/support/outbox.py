"""A small office whose post goes to real servers on this machine: people to tell, one round of the post, and what came of it."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import col, select

from ledger.outbox import tell
from ledger.people import add_organisation, add_person, person
from models.act import SYSTEM, Act
from models.office import Message
from office.post import Post
from office.runtime.migrate import open_ledger
from office.runtime.secrets import seal
from office.runtime.settings import Settings, server_key
from office.runtime.transactions import reading, transaction

HOME = "示例云溪区教委"


@dataclass
class Outbox:
    """An office with a programme office of one person (`P-0001`) and whoever is added."""

    office: Settings
    refs: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, office: Settings, smtp_url: str | None, *, demo: bool = False, **settings: Any) -> Outbox:
        """Open the ledger and record the programme office. `demo`: its clock can be moved."""
        open_ledger(office, demo=demo)
        box = cls(office.model_copy(update={"smtp_url": smtp_url, **settings}))
        with box.act() as act:
            add_organisation(act, HOME, "county-education-authority")
        box.add("项目办", email="office@sample.localhost", roles=("programme-office",))
        return box

    @contextmanager
    def act(self) -> Iterator[Act]:
        """One act of the system in a transaction of its own."""
        with transaction(SYSTEM, office=self.office) as act:
            yield act

    def add(self, name: str, **given: Any) -> str:
        """Record a person; `channel` and `fallback` are sealed on the way. Gives their number."""
        from ledger.reach import change_person

        roles, email = given.pop("roles", ()), given.pop("email", None)
        sealed = {
            key: seal(value, server_key(self.office)) for key, value in given.items() if key in ("channel", "fallback")
        }
        with self.act() as act:
            ref = str(add_person(act, name, HOME, roles, email=email).ref)
        with self.act() as act:
            change_person(act, ref, **{**given, **sealed})
        self.refs[name] = ref
        return ref

    def tell(self, ref: str, matter: str = "m1", kind: str = "obligation-chase", **facts: Any) -> uuid.UUID:
        """Queue a message to a person, and give its id."""
        told = {"what": "档案资料", "owed_by": "示例小学", "due_on": "2026-03-16", "days": 1, "clause": "CQ2021-6.11"}
        with self.act() as act:
            who = person(act, ref)
            tell(act, kind, matter, [who], **(told | facts))
            return act.session.exec(select(Message.id).where(Message.key == f"{kind}:{matter}:{who.ref}")).one()

    def deliver(self) -> int:
        """One round of the post, as a dispatcher of its own: everything that is due, sent and settled."""
        post, sent = Post(self.office), 0
        try:
            while claimed := post.deliver():  # what a failure gives rise to is due at once
                sent += claimed
        finally:
            post.close()
        return sent

    def row(self, message_id: uuid.UUID) -> Message:
        """A message as it stands."""
        with reading(self.office) as act:
            row = act.session.get_one(Message, message_id)
            act.session.expunge(row)
            return row

    def told(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """The state and facts of every message of a kind, oldest first."""
        with reading(self.office) as act:
            rows = act.session.exec(select(Message).where(Message.kind == kind).order_by(col(Message.id))).all()
            return [(row.state, row.facts) for row in rows]

    def pause_of(self, message_id: uuid.UUID) -> timedelta:
        """How long a failed message waits from now, to the second."""
        left = self.row(message_id).next_try_at - datetime.now(UTC)
        return timedelta(seconds=round(left.total_seconds()))

    def let_pass(self, message_id: uuid.UUID) -> None:
        """Let a failed message's pause be over."""
        with self.act() as act:
            row = act.session.get_one(Message, message_id)
            row.next_try_at = datetime.now(UTC) - timedelta(seconds=1)
            act.session.add(row)


def fresh(act: Act) -> Act:
    """The same act under a key of its own."""
    return dataclasses.replace(act, key=str(uuid.uuid4()))
