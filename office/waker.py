"""Brings wakes from the ledger to the runs in Prefect, and looks after runs whose process died.

Decides nothing of its own: `tasks.repair.tend` says what a run needs. With Prefect down the wakes wait in the ledger.
What keeps failing is tried ever more slowly, so that a broken flow neither spins nor floods the office with messages.
Serves no clause of a regulation.
"""

import logging
import os
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.exceptions import PrefectHTTPStatusError
from sqlmodel import col, select

from ledger import runs
from ledger.queries.carriers import Carrier, HeldLease, carrier, carriers_of, held_leases, unsettled_carriers
from models.act import SYSTEM, Act
from models.office import Wake
from office.prefect_env import BEGAN
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from tasks.repair import drop_dead_leases, tend
from tasks.runs import NoDeployment, RunState, states_of, unusual

log = logging.getLogger("songjiao.waker")

_LIMIT = 200
_WORKER_SPEAKS_SECONDS = 10.0
"""How long a worker has to report that a process of its own died, before it is taken for dead itself."""

_ROUND_SECONDS = 60.0
"""How often every run that is still expected is looked at, also without a wake or a lease: at the start, then this often.

An answer in a form makes no wake, and a run that a person cancelled or deleted has none either.
"""

_PORTION = 100
"""How many of them at a time; wakes wait meanwhile."""

_SHARE = 20
"""A portion that took so long is followed by that many times its length without one: a round among thousands of programmes
takes half an hour, and a twentieth of the server. Runs that ended badly or are executed are seen with every portion."""

_AT_FIRST, _BEFORE = timedelta(hours=1), timedelta(seconds=30)
"""How long before the start, and before each later portion, a run ended badly that is looked at; the round finds the others."""

_STARTING_SECONDS = 2.0
"""How long a run that was woken, or seen to wait for its process, is not looked at again for the same wake. On a deadline day
hundreds are on their way, and to ask for the states of all of them took a tenth of the server's time."""

_ON_THEIR_WAY = (StateType.SCHEDULED, StateType.PENDING)

_QUICK_TRIES = 3
_LONGEST_PAUSE = 300.0
_CALM_SECONDS = 600.0


@dataclass
class Patience:
    """How often something had to be repaired of late, and when it may be repaired again."""

    count: int = 0
    not_before: float = 0.0
    last: float = field(default_factory=time.monotonic)

    def allows(self) -> bool:
        """Whether its pause is over."""
        return time.monotonic() >= self.not_before

    def note(self) -> None:
        """It was repaired now: the fourth time in ten minutes and every later one makes a pause, each twice as long."""
        now = time.monotonic()
        self.count = 1 if now - self.last > _CALM_SECONDS else self.count + 1
        self.last = now
        if self.count > _QUICK_TRIES:
            self.not_before = now + min(2.0 ** (self.count - _QUICK_TRIES), _LONGEST_PAUSE)


@dataclass
class Round:
    """Where the round over all carriers stands, and when its next portion is due."""

    due_at: float = 0.0
    since: datetime = field(default_factory=lambda: datetime.now(UTC) - _AT_FIRST)
    """After when a run ended that has not been seen yet."""

    _last: Carrier | None = None
    _began: float = field(default_factory=time.monotonic)

    def due(self) -> bool:
        """Whether it is time for a portion."""
        return time.monotonic() >= self.due_at

    def portion(self, act: Act) -> list[Carrier]:
        """The carriers that follow those of the portion before; after the last ones the first."""
        return unsettled_carriers(act, self._last, _PORTION)

    def went(self, portion: list[Carrier], seconds: float, *, more: bool) -> None:
        """A portion was tended, in so many seconds; `more` that need help wait: then the next is soon."""
        now = time.monotonic()
        self.since = datetime.now(UTC) - timedelta(seconds=seconds) - _BEFORE
        self.due_at = now + (1 if more else _SHARE) * seconds
        if len(portion) == _PORTION:
            self._last = portion[-1]
        else:
            began = max(now + _SHARE * seconds, self._began + _ROUND_SECONDS)
            self.due_at = self.due_at if more else began
            self._last, self._began = None, began


Target = tuple[uuid.UUID, uuid.UUID | None]


class Waker:
    """Tends the runs that have an open wake or a dead process."""

    def __init__(self, office: Settings) -> None:
        self._office = office
        self._patience: dict[Target, Patience] = {}
        self._dead_since: dict[str, float] = {}
        self._on_their_way: dict[uuid.UUID, tuple[int, float]] = {}
        self._put_off: set[uuid.UUID] = set()
        """Runs in need of help that have not been tended: looked at with the next portion, however long ago they ended."""
        self.round = Round()
        began = os.environ.get(BEGAN)
        self._began = datetime.fromisoformat(began) if began else None

    def anything_to_do(self) -> bool:
        """Whether a wake is open or a process died under a lease; two small queries, and nothing is written."""
        if self.round.due():
            return True
        with reading(self._office) as act:
            if act.session.exec(select(Wake.id).where(col(Wake.done_at).is_(None)).limit(1)).first() is not None:
                return True
            return any(not lease.alive for lease in held_leases(act))

    def tend_all(self, client: SyncPrefectClient) -> int:
        """Tend every run with an open wake or a dead process once, and the next portion of all where that is due; gives
        their number.
        """
        with reading(self._office) as act:
            wakes, observed = runs.open_wakes(act, _LIMIT)
        if observed:
            with transaction(SYSTEM, office=self._office) as act:
                runs.close_wakes(act, observed)
        targets, numbers = _targets(wakes), _numbers(wakes)
        began = time.monotonic()
        going_round = self.round.due()
        suspects = unusual(client, self.round.since) | self._put_off if going_round else set()
        with reading(self._office) as act:
            leases = {lease.run_id: lease for lease in held_leases(act) if lease.run_id is not None}
            # Whoever is being executed looks by itself before it waits again, or is told once its lease is back.
            busy = {run_id for run_id, lease in leases.items() if lease.alive} | self._starting(wakes)
            dead = {run_id for run_id, lease in leases.items() if not lease.alive}
            carriers = [carrier(act, *target) for target, run_id in targets.items() if run_id not in busy]
            portion = self.round.portion(act) if going_round else []
            # Thousands may be cancelled at once: a portion of them now, those first that were not repaired for the longest.
            in_need = sorted(carriers_of(act, suspects - dead), key=self._last_repaired)
            tended = [*carriers_of(act, dead), *in_need[:_PORTION], *portion]
            others = {(one.programme_id, one.phase_id): one for one in tended}
        carriers += [one for target, one in others.items() if target not in targets]
        if going_round:
            self._put_off = {one.run_id for one in in_need if one.run_id is not None}
        if carriers or dead:
            states = states_of(client, [one.run_id for one in carriers if one.run_id is not None])
            for one in carriers:
                self._tend(client, one, states, leases, numbers.get((one.programme_id, one.phase_id)))
            drop_dead_leases([leases[run_id] for run_id in dead], states, datetime.now(UTC))
        if going_round:
            self.round.went(portion, time.monotonic() - began, more=len(in_need) > _PORTION)
        return len(targets) + len(others)

    def _tend(
        self,
        client: SyncPrefectClient,
        what: Carrier,
        states: dict[uuid.UUID, RunState],
        leases: dict[uuid.UUID, HeldLease],
        number: int | None,
    ) -> None:
        target = (what.programme_id, what.phase_id)
        patience = self._patience.setdefault(target, Patience())
        state = states.get(what.run_id) if what.run_id else None
        lease = leases.get(what.run_id) if what.run_id else None
        if self._worker_may_still_speak(state, lease):
            return
        if what.run_id is not None:
            self._put_off.discard(what.run_id)
        troubled = state is None or (state.ended and not (state.kind == StateType.COMPLETED and what.over))
        if troubled and not patience.allows():
            self._put_off |= {what.run_id} if what.run_id else set()
            return
        try:
            word = tend(client, what, state, lease, wanted=number is not None, now=datetime.now(UTC), began=self._began)
            on_its_way = word == "woken" or (word is None and state is not None and state.kind in _ON_THEIR_WAY)
            if on_its_way and what.run_id is not None and number is not None:
                self._on_their_way[what.run_id] = (number, time.monotonic())
        except (NoDeployment, PrefectHTTPStatusError) as trouble:
            # This one run's trouble: the others are tended all the same.
            word = f"could not be tended: {trouble}"
            self._put_off |= {what.run_id} if what.run_id else set()
        if word is None:
            return
        if word not in ("woken", "settled"):
            patience.note()
        log.info("%s %s of %s: %s", what.flow, what.run_id or "-", what.programme_ref, word)

    def _last_repaired(self, what: Carrier) -> float:
        patience = self._patience.get((what.programme_id, what.phase_id))
        return patience.last if patience is not None and patience.count else 0.0

    def _starting(self, wakes: list[runs.OpenWake]) -> set[uuid.UUID]:
        """The runs that were woken for just this, or seen to wait for their process, a moment ago."""
        since = time.monotonic() - _STARTING_SECONDS
        self._on_their_way = {run_id: seen for run_id, seen in self._on_their_way.items() if seen[1] > since}
        numbers = _numbers(wakes)
        return {
            run_id
            for target, run_id in _targets(wakes).items()
            if run_id in self._on_their_way and self._on_their_way[run_id][0] >= numbers[target]
        }

    def _worker_may_still_speak(self, state: RunState | None, lease: HeldLease | None) -> bool:
        """A running run whose process died is reported by its worker in a moment; only a dead worker stays silent."""
        if lease is None or lease.alive or state is None or state.kind != StateType.RUNNING:
            return False
        since = self._dead_since.setdefault(lease.holder, time.monotonic())
        return time.monotonic() - since < _WORKER_SPEAKS_SECONDS


def _target(wake: runs.OpenWake) -> Target:
    """Whom a wake means: a phase without a run is started by its lifecycle, so that is woken in its place."""
    started = wake.phase_id is None or wake.run_id is not None
    return wake.programme_id, wake.phase_id if started else None


def _targets(wakes: list[runs.OpenWake]) -> dict[Target, uuid.UUID | None]:
    """Whom open wakes mean, and its run where that is known."""
    found: dict[Target, uuid.UUID | None] = {}
    for wake in wakes:
        target = _target(wake)
        found[target] = wake.run_id if target[1] == wake.phase_id else found.get(target)
    return found


def _numbers(wakes: list[runs.OpenWake]) -> dict[Target, int]:
    """Up to which event each of them has to look."""
    numbers: dict[Target, int] = {}
    for wake in wakes:
        numbers[_target(wake)] = max(wake.number, numbers.get(_target(wake), 0))
    return numbers
