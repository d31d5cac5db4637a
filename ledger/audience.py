"""Whom a rung of a ladder speaks to: people and bodies of a whole batch, asked for once, and who stands in for the absent.

Knows organisations and those above them, who holds which role there, the programme office and the substitutes of the
day. Decides nothing about when something is said. Costs a fixed number of questions to the ledger, however many matters
a batch has. Serves every ladder of a pack.
"""

import uuid
from collections.abc import Iterable
from typing import TypeVar

from sqlmodel import SQLModel, col, select

from ledger.people import OFFICE, heads
from ledger.seats import substitutes
from models.act import Act
from models.people import Organisation, Person, RoleAssignment
from policies.schema import LadderRung, Pack

T = TypeVar("T", bound=SQLModel)
CONTACT = "contact"


def by_id(act: Act, table: type[T], ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, T]:
    """Rows of a table by their ids, read at once."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    key = table.id  # type: ignore[attr-defined]
    found = act.session.exec(select(table).where(col(key).in_(wanted))).all()
    return {row.id: row for row in found}  # type: ignore[attr-defined]


def reachable(who: Person) -> bool:
    """Whether there is any way to tell somebody something."""
    return bool(who.email or who.channel or who.fallback)


class Audience:
    """The bodies that owe the matters of a batch, those above them, their people, and the programme office."""

    def __init__(self, act: Act, owners: Iterable[uuid.UUID]) -> None:
        self._act = act
        self.organisations = by_id(act, Organisation, owners)
        self.organisations |= by_id(act, Organisation, (one.parent_id for one in self.organisations.values()))
        self._roles: dict[tuple[uuid.UUID, str], list[Person]] = {}
        self.office: list[Person] = []
        self._ask_for_people()

    def _ask_for_people(self) -> None:
        query = (
            select(Person, RoleAssignment.organisation_id, RoleAssignment.role)
            .join(RoleAssignment, col(RoleAssignment.person_id) == col(Person.id))
            .where(
                col(Person.active),
                col(RoleAssignment.organisation_id).in_(self.organisations) | (col(RoleAssignment.role) == OFFICE),
            )
            .order_by(col(Person.ref))
        )
        office: dict[uuid.UUID, Person] = {}
        for who, organisation_id, role in self._act.session.exec(query).all():
            self._roles.setdefault((organisation_id, role), []).append(who)
            if role == OFFICE:
                office[who.id] = who
        self.office = list(office.values())
        self._standing_in = substitutes(
            self._act, {who.id for found in self._roles.values() for who in found}, self._act.today
        )
        people = {who.organisation_id for found in self._roles.values() for who in found}
        people |= {who.organisation_id for who in self._standing_in.values()}
        by_id(self._act, Organisation, people - self.organisations.keys())  # their homes, for channels of their own

    def owners(self, owner: Organisation, role: str) -> list[Person]:
        """Who answers for a matter of a body: those in the role, else its contacts."""
        return self.holders(owner, role) or self.holders(owner, CONTACT, owner.kind)

    def of_rung(
        self, pack: Pack, owner: Organisation, rung: LadderRung, owners: list[Person], *, personal: bool = False
    ) -> list[Person]:
        """The people a rung speaks to: who owes it, their head by the pack's own roles, their organisation, the body above,
        the programme office; and who stands in for the absent. Of a `personal` matter the body's contacts hear with the head.
        """
        people: list[Person] = []
        for to in rung.to:
            if to == "owner":
                people += owners
            elif to == "head":
                people += self.holders(owner, *heads(pack), *((CONTACT, owner.kind) if personal else ()))
            elif to == "organisation":
                people += self.holders(owner, CONTACT, owner.kind)
            elif to == "next-level" and owner.parent_id:
                above = self.organisations[owner.parent_id]
                people += self.holders(above, above.kind) or self.holders(above, CONTACT)
            elif to == "programme-office":
                people += self.office
        people += [self._standing_in[who.id] for who in people if who.id in self._standing_in]
        return list({who.id: who for who in people}.values())

    def holders(self, where: Organisation, *roles: str) -> list[Person]:
        """The active people who hold one of the roles in a body, by their numbers."""
        found = {who.id: who for role in roles for who in self._roles.get((where.id, role), [])}
        return sorted(found.values(), key=lambda who: who.ref)
