"""The Resume form of the Prefect UI: what a manager fills in, and how the words are read back.

Decides the fields (the number of the person (审核人编号), one-time code, decision, comment) and the Chinese words of
each decision; the ledger decides what an answer is worth. Forms are flat, since the UI renders nested ones badly, and
nothing is validated after the Resume: Prefect would fail the run. A tier that only files (备案) is offered nothing
but its receipt (CQ2021-2.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from prefect.input import Keyset, RunInput
from pydantic import Field, create_model

from ledger.review import OUTCOME_ZH
from models.states import DecisionOutcome
from office.runtime.stop_points import stop_point

_COMMENT_LIMIT = 2000


@dataclass(frozen=True)
class Answer:
    """What a person filled in. `outcome` is None where the words name no decision."""

    approver: str
    code: str
    outcome: DecisionOutcome | None
    comment: str


class ReviewForm(RunInput):
    """What every form of ours is. Prefect suspends the run first and saves the form after: a crash in between is
    named here.
    """

    @classmethod
    def save(cls, keyset: Keyset, flow_run_id: UUID | None = None) -> None:
        """Save schema and words of the form under the run's keys."""
        stop_point("flow.suspended.form-unsaved")
        super().save(keyset, flow_run_id)


@lru_cache(maxsize=32)
def form_for(action: str, outcomes: tuple[DecisionOutcome, ...]) -> type[RunInput]:
    """The form of a tier that does `action` and may decide `outcomes`; made once for each set."""
    words = StrEnum("ReviewDecision", {outcome.name: OUTCOME_ZH[(action, outcome)] for outcome in outcomes})  # type: ignore[misc]
    only_one = next(iter(words)) if len(words) == 1 else ...
    return create_model(
        "ReviewAnswer",
        __base__=ReviewForm,
        approver=(str, Field(title="审核人编号", description="通知中您的编号,如 P-0001", max_length=40)),
        code=(str, Field(title="一次性验证码", description="通知中的八位数字", max_length=40)),
        decision=(words, Field(only_one, title="审核决定")),
        comment=(
            str,
            Field("", title="审核意见", description=_on_comments(outcomes, words), max_length=_COMMENT_LIMIT),
        ),
    )


def _on_comments(outcomes: tuple[DecisionOutcome, ...], words: type[StrEnum]) -> str:
    """Which of what can be chosen needs a comment."""
    needing = [words[one.name].value for one in outcomes if one in (DecisionOutcome.RETURN, DecisionOutcome.REJECT)]
    return f"{'、'.join(needing)}必须写明意见" if needing else "可以不填"


def read_answer(values: Mapping[str, Any]) -> Answer:
    """What stands in a filled-in form, whoever filled it in; what no database keeps (NUL, lone surrogates) is dropped."""

    def text(name: str, limit: int) -> str:
        given = str(values.get(name, "")).encode("utf-8", "ignore").decode("utf-8")
        return "".join(sign for sign in given if sign in "\n\t" or sign.isprintable())[:limit]

    return Answer(
        approver=text("approver", 40),
        code=text("code", 40),
        outcome=_OUTCOMES.get(text("decision", 40)),
        comment=text("comment", _COMMENT_LIMIT),
    )


_OUTCOMES: dict[str, DecisionOutcome] = {word: outcome for (_, outcome), word in OUTCOME_ZH.items()}
