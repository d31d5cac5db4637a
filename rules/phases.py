"""Which phases a programme goes through, and which of them may open now.

Decides from the pack's graph (`opens_after`) and from what is closed. A phase runs for the programme, for each session
(期/班) or for each school of each session; a coarser one waits for all the finer ones before it, a finer one for that
which covers it. Never opens a phase twice or before its predecessors. Serves the order of the lifecycle, SL2017-2.1.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from policies.lookup import kind_phases
from policies.schema import Pack, Phase

Sessions = Mapping[UUID, Sequence[UUID]]


@dataclass(frozen=True)
class PhaseKey:
    """A phase and what it runs for: nothing (the programme), a session, or a school in a session."""

    key: str
    session: UUID | None = None
    school: UUID | None = None


def planned(pack: Pack, kind: str, sessions: Sessions) -> tuple[PhaseKey, ...]:
    """All phases of a programme of this kind, in the pack's order; `sessions` maps each session to its schools."""
    return tuple(target for phase in kind_phases(pack, kind) for target in _targets(phase, sessions))


def to_open(
    pack: Pack, kind: str, sessions: Sessions, closed: Collection[PhaseKey], opened: Collection[PhaseKey]
) -> tuple[PhaseKey, ...]:
    """The planned phases that are neither opened nor closed and whose predecessors are closed, in the pack's order.

    A predecessor that runs for nothing here (it is not of this kind, or the session visits no school) stands for its
    own predecessors, so that leaving it out opens nothing early.
    """
    done, begun = frozenset(closed), frozenset(opened) | frozenset(closed)
    phases = {phase.key: phase for phase in kind_phases(pack, kind)}
    others = {phase.key: phase for phase in pack.phases if phase.key not in phases}

    def may_open(phase: Phase, target: PhaseKey) -> bool:
        for key in phase.opens_after:
            covered = [one for one in _targets(phases[key], sessions) if _touch(one, target)] if key in phases else []
            if not covered:
                absent = phases.get(key) or others.get(key)
                if absent is not None and not may_open(absent, target):
                    return False
            elif done.isdisjoint(covered) if phase.opens_on == "first" else not done.issuperset(covered):
                return False
        return True

    return tuple(
        target
        for target in planned(pack, kind, sessions)
        if target not in begun and may_open(phases[target.key], target)
    )


def _targets(phase: Phase, sessions: Sessions) -> Iterator[PhaseKey]:
    """What the phase runs for: the programme, each session, or each school of each session."""
    if phase.per == "programme":
        yield PhaseKey(phase.key)
        return
    for session, schools in sessions.items():
        if phase.per == "session":
            yield PhaseKey(phase.key, session)
        else:
            for school in schools:
                yield PhaseKey(phase.key, session, school)


def _touch(before: PhaseKey, target: PhaseKey) -> bool:
    """Whether the earlier phase covers the later one's target or lies within it."""
    return all(
        theirs is None or ours is None or theirs == ours
        for theirs, ours in ((before.session, target.session), (before.school, target.school))
    )
