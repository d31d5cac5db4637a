"""Questions put to people through a run's Resume form: reading the answers, taking each in once, asking again.

Decides nothing about an answer: the ledger's `decide_step` does, under the key `run:ask`, in one transaction with the
note that the answer was taken in. A question is never put twice under one key, since Prefect keeps a run's inputs for
ever under theirs. Serves CQ2021-2.1 to 2.6 (who decides which tier).
"""

import uuid
from typing import Any, NoReturn

import httpx
from prefect import get_run_logger, suspend_flow_run
from prefect.exceptions import ObjectNotFound
from prefect.input import delete_flow_run_input, keyset_from_base_key, read_flow_run_input
from pydantic import BaseModel

from ledger import runs
from ledger.queries.forms import form_text
from ledger.queries.phases import StepView
from ledger.review import Decided, decide_step
from models.act import SYSTEM, Actor
from models.states import DecisionOutcome, Door
from office.runtime.settings import settings
from office.runtime.stop_points import stop_point
from office.runtime.transactions import reading, transaction
from policies.clauses import quote_of
from tasks.forms import form_for, read_answer
from tasks.lease import leave
from tasks.thin import patient

_LOOKED_BACK = 2
"""How many unanswered questions are looked up again. Only the last one put can have been answered: each execution looks
before it puts another, and Prefect takes answers for the present one alone. The one before is looked at for good measure.
"""


class Answered(BaseModel):
    """A question that was answered in the form and not taken in yet."""

    ask: runs.Ask
    values: dict[str, Any]


def input_key(ask_key: str, part: str = "response") -> str:
    """Under which key Prefect keeps a part (`response`, `schema`, `description`) of a suspended run's form."""
    return str(keyset_from_base_key(f"suspended-{ask_key}")[part])  # type: ignore[index]


@patient
def read_answers(run_id: uuid.UUID) -> list[Answered]:
    """The answers of a run's open questions, oldest first."""
    with reading() as act:
        asks = runs.open_asks(act, run_id, _LOOKED_BACK)
    found = []
    for ask in asks:
        values = read_flow_run_input(input_key(ask.key), flow_run_id=run_id)
        if isinstance(values, dict):
            found.append(Answered(ask=ask, values=values))
    return found


@patient
def take_in_answer(run_id: uuid.UUID, answered: Answered) -> Decided:
    """Take one answer in: the decision (or the recorded attempt) and the note that it was taken in, in one
    transaction.
    """
    answer, question = read_answer(answered.values), answered.ask
    with transaction(Actor(door=Door.RESUME_FORM), key=f"{run_id}:{question.key}") as act:
        if answer.outcome is None:
            decided = Decided(
                accepted=False, zh="审核决定无法识别,请重新选择", en="the decision is not one of those offered"
            )
        else:
            decided = decide_step(act, question.step_id, answer.approver, answer.code, answer.outcome, answer.comment)
        runs.take_in(act, run_id, question.number, decided.zh if not decided.accepted else "")
    stop_point("flow.decision.committed")
    _forget(run_id, input_key(answered.ask.key))
    return decided


def _forget(run_id: uuid.UUID, key: str) -> None:
    """Take the answer out of Prefect: its one-time code may still be good, and whoever has the UI's password could read it."""
    try:
        delete_flow_run_input(key, flow_run_id=run_id)
    except (httpx.HTTPError, ObjectNotFound) as trouble:
        get_run_logger().debug("the answer was not deleted: %s", trouble)


def ask(run_id: uuid.UUID, step: StepView) -> NoReturn:
    """Suspend the run under a fresh question with the form of this step. Ends this execution."""
    with transaction(SYSTEM) as act:
        question = runs.next_ask(act, run_id, step.id)
        text = form_text(act, step.id, runs.last_answer(act, run_id, step.id) or None, _quote)
    outcomes = tuple(DecisionOutcome(outcome) for outcome in step.outcomes)
    form = form_for(step.action, outcomes).with_initial_data(description=text)
    stop_point("flow.ask.committed")
    _suspend(question.key, form)


def wait(observed: int) -> NoReturn:
    """Suspend the run until somebody wakes it. Ends this execution."""
    _suspend(f"wait-{observed}-{uuid.uuid4().hex[:8]}", None)


def _quote(clause_id: str) -> str:
    return quote_of(settings().policies_dir, clause_id) or ""


def _suspend(key: str, form: Any) -> NoReturn:
    stop_point("flow.before.suspension")
    try:
        suspend_flow_run(wait_for_input=form, key=key, timeout=None)
    except RuntimeError as error:
        # It was woken, cancelled or finished by others in this very moment: what they made of it stands.
        leave(f"本运行已被他处改变状态,本进程退出:{error}")
    leave("本运行已被唤醒,本进程退出。")
