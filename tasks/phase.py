"""The words in which a phase flow is written: open, look, take in, wait, close.

Each reads the ledger or does one idempotent operation of it; what they leave in the Prefect UI (a task run per tier,
product or event, lines in the log, name, tags) is a view. Waiting ends the execution: the next wake starts the flow
at its first line. Decides nothing and serves no clause itself; the ledger's operations do.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from prefect import State, get_run_logger
from prefect.exceptions import Pause
from prefect.states import Completed

from ledger import runs
from ledger.lifecycle import advance
from ledger.queries.carriers import carrier
from ledger.queries.labels import RunLabel, label_with
from ledger.queries.phases import PhaseView, phase_view
from models.act import SYSTEM
from models.states import PhaseOutcome, PhaseState
from office.runtime.stop_points import stop_point
from office.runtime.transactions import transaction
from tasks.ask import ask, read_answers, take_in_answer, wait
from tasks.runs import bear, put_down
from tasks.thin import patient, thin

_OUTCOMES = {
    PhaseOutcome.DONE: "本环节办结",
    PhaseOutcome.PASSED: "审核通过",
    PhaseOutcome.FILED: "予以备案",
    PhaseOutcome.REJECTED: "不予通过",
}
_NAME_LENGTH = 120
STOPPED = "项目不予通过,本环节不再办理"
"""How a phase ends that was still open when its programme was rejected."""


class Seen(PhaseView):
    """A phase as the ledger has it now, up to which event that was observed, and whether nothing more is expected of
    it.
    """

    observed: int
    over: bool
    label: RunLabel


@dataclass
class PhaseRun:
    """One execution of the run that carries a phase."""

    run_id: uuid.UUID
    phase_id: uuid.UUID
    programme_id: uuid.UUID
    seen: Seen


@patient
def look_at_phase(programme_id: uuid.UUID, phase_id: uuid.UUID) -> Seen:
    """Do what is due by rule, note that everything up to now has been seen, and read the phase, all in one
    transaction.
    """
    with transaction(SYSTEM) as act:
        advance(act, programme_id)
        observed = runs.observe(act, programme_id, phase_id)
        view = phase_view(act, phase_id)
        over = carrier(act, programme_id, phase_id).over
        label = label_with(act, view)
    stop_point("flow.observed")
    return Seen(**view.model_dump(), observed=observed, over=over, label=label)


@thin("办理记录")
def show(line: str) -> None:
    """One line of what happened: the task whose runs bear it as their names. Never executed (see `_show_news`)."""


def open_phase(run_id: uuid.UUID, programme_id: str, phase_id: str) -> PhaseRun:
    """Begin an execution: take in what people answered in the form, then see where the phase stands."""
    take_in_answers(run_id)
    ids = uuid.UUID(programme_id), uuid.UUID(phase_id)
    return PhaseRun(run_id, ids[1], ids[0], look_at_phase(*ids))


def take_in_answers(run_id: uuid.UUID) -> None:
    """Take in every answer that was given in the run's form, each once, and say in the log what came of it."""
    log = get_run_logger()
    for answered in read_answers(run_id):
        decided = take_in_answer(run_id, answered)
        if decided.accepted:
            log.info("%s(依据:%s)", decided.zh, "、".join(map(_basis, decided.basis)))
        else:
            log.warning("意见未被接受,未作任何更改:%s", decided.zh)


def _basis(label: str) -> str:
    """What a decision rests on, for the log: a clause, or a setting of the office in Chinese."""
    return label.replace("office setting ", "本办公室设置:", 1)


def outcome_of(phase: PhaseRun) -> str | None:
    """How the phase has ended in the ledger, in words, or None while it goes on."""
    if phase.seen.state != PhaseState.OPEN:
        return _OUTCOMES[PhaseOutcome(phase.seen.outcome or PhaseOutcome.DONE)]
    return STOPPED if phase.seen.over else None


def await_decision(phase: PhaseRun) -> NoReturn:
    """Suspend with the form of the tier that decides now; without an open tier (a correction is awaited) without a
    form.
    """
    _leave_word(phase)
    with _news_afterwards(phase):
        if phase.seen.step is not None:
            ask(phase.run_id, phase.seen.step)
        wait(phase.seen.observed)


def await_acts(phase: PhaseRun) -> NoReturn:
    """Suspend until an act of people on this phase, a date or the reconciliation wakes the run."""
    _leave_word(phase)
    with _news_afterwards(phase):
        wait(phase.seen.observed)


def close_phase(phase: PhaseRun, outcome: str) -> "State[None]":
    """End the run: also one that ended without approval is complete, its message says how it ended."""
    _show_news(phase)
    _leave_word(phase)
    get_run_logger().info("%s:%s", phase.seen.programme_ref, outcome)
    stop_point("flow.closing")
    return Completed(message=outcome)


@contextmanager
def _news_afterwards(phase: PhaseRun) -> Iterator[None]:
    """Show what happened once the run is suspended: the next person's form does not wait for it. Where the process dies
    before, the next execution shows it.
    """
    try:
        yield
    except Pause:
        _show_news(phase)
        raise


def _show_news(phase: PhaseRun) -> None:
    """A task run for each thing that happened in this phase and that this run does not show yet.

    It is put there complete. To execute it would say nothing more, and would cost the wake a web socket for its events
    and five questions about flow, deployment, queue and pool that stand beside them.
    """
    lines = {line.text[:_NAME_LENGTH]: line.text for line in phase.seen.lines if line.done}
    for name in put_down(phase.run_id, show, lines):
        get_run_logger().info(lines[name])


def _leave_word(phase: PhaseRun) -> None:
    """Before the execution ends: say who is awaited, and give the run its present name and tags."""
    if phase.seen.state == PhaseState.OPEN and not phase.seen.over:
        get_run_logger().info(phase.seen.waiting_for)
    bear(phase.run_id, phase.seen.label)
