"""What every part of a pack's structure has in common: the clause it rests on, or the office's own reason for it.

Knows the shape only. Never decides whether a citation is right: that is `policies.citations`.
"""

from pydantic import Field

from models.values import Basis
from policies.dated import Part, Reason


class Sourced(Part):
    """A part of the structure that rests on a clause, or on an office setting with its reason.

    `also_cites` names further clauses that this same part keeps. `like` may name a clause of another region that an
    office setting was modelled on; `reading` says which of the open readings of the clause was taken. `stands_for` says,
    role by role, for which actor of the clause a role of this pack acts; it needs a `reading`.
    """

    cites: str | None = None
    also_cites: tuple[str, ...] = ()
    why: Reason | None = None
    like: str | None = None
    reading: Reason | None = None
    stands_for: dict[str, str] = Field(default_factory=dict)
    adopted_from: str | None = None

    @property
    def basis(self) -> Basis:
        """What this part rests on."""
        return Basis(
            clause=self.cites,
            setting=None if self.cites or self.why is None else self.why.zh,
            setting_en=None if self.cites or self.why is None else self.why.en,
            adopted_from=self.adopted_from,
        )

    @property
    def clauses(self) -> tuple[str, ...]:
        """Every clause that this part keeps."""
        return (self.cites, *self.also_cites) if self.cites else self.also_cites
