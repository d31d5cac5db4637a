"""What a person does at a moment of the sample year, and how a deed is carried out through its door.

A deed with a form waits for its run; those of the same moment are answered together, as different people would.
Decides nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from ledger.review import OUTCOME_ZH
from models.states import DecisionOutcome, TierAction
from office.demo.acting import Acting, DemoFailed, Form, Passed
from office.demo.looking import OpenStep
from office.demo.words import DOORS, OUTCOMES, STATES, Say

ZONE = ZoneInfo("Asia/Shanghai")
WRONG_CODE = "00000000"
PHASES = {"application": "application-review", "award": "award", "implementation-plan": "plan-review"}


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of a day where the samples play."""
    return datetime.combine(day, time(hour, minute), ZONE)


@dataclass(frozen=True)
class Deed:
    """Somebody does something at a moment, by commands."""

    at: datetime
    programme: str
    zh: str
    en: str
    do: Callable[[Acting], None] = field(repr=False)

    def says(self, locale: str) -> str:
        """The deed in the reader's language."""
        return self.en if locale == "en" else self.zh


@dataclass(frozen=True)
class Decision:
    """A tier decides on a submission: in the run's form, by command, or by a clerk on behalf of a head.

    `where` is the organisation of whoever decides.
    """

    at: datetime
    programme: str
    subject: str
    who: str
    action: TierAction
    outcome: DecisionOutcome
    door: str = "resume-form"
    comment: str = ""
    head: str | None = None
    wrong_code_first: bool = False
    where: str = ""

    def says(self, locale: str) -> str:
        """The decision in the reader's language."""
        say = Say(locale)
        matter, door = say.word(STATES, self.subject), say.word(DOORS, self.door)
        word = say(OUTCOME_ZH[(self.action.value, self.outcome)], OUTCOMES[self.outcome.value][1])
        return say(f"{matter}:{self.where} {word}({door})", f"{matter}: {word} by {self.where} ({door})")


def carry_out(acting: Acting, deeds: Iterable[Deed | Decision]) -> None:
    """Carry out the deeds of one moment, in order; decisions in forms that follow one another are answered together."""
    together: list[Decision] = []
    for deed in deeds:
        if isinstance(deed, Decision) and deed.door == "resume-form":
            together.append(deed)
            continue
        _decide_in_forms(acting, together)
        together = []
        if isinstance(deed, Decision):
            _decide_by_command(acting, deed)
        else:
            deed.do(acting)
    _decide_in_forms(acting, together)


def _step(acting: Acting, decision: Decision) -> OpenStep:
    ref = acting.programmes[decision.programme]
    step: OpenStep = acting.wait(
        f"{ref}: a tier of the {decision.subject} that waits for a decision",
        lambda: acting.looking.open_step(ref, decision.subject),
    )
    return step


def _decide_by_command(acting: Acting, decision: Decision) -> None:
    ref = acting.programmes[decision.programme]
    step = _step(acting, decision)
    code, message = acting.code(step, decision.who)
    arguments: list[object] = [
        *("approval", "decide", ref, "--subject", decision.subject),
        *("--decision", decision.outcome.value, "--code", code),
    ]
    if decision.comment:
        arguments += ["--comment", decision.comment]
    if decision.head is not None:
        scan = acting.scan(f"{ref}-{decision.subject}-{step.tier}.pdf")
        arguments += ["--on-behalf-of", decision.head, "--scan", scan]
    acting.command(*arguments, who=decision.who)
    acting.journal.decisions[str(step.id)] = Passed(decision.door, None, message)


def _decide_in_forms(acting: Acting, decisions: list[Decision]) -> None:
    sent: list[tuple[OpenStep, Form, str]] = []
    for decision in decisions:
        ref, step = acting.programmes[decision.programme], _step(acting, decision)
        code, message = acting.code(step, decision.who)
        form = acting.form(ref, PHASES[decision.subject], step.tier)
        if decision.wrong_code_first:
            form = _try_a_wrong_code(acting, decision, step, form, code)
        word = OUTCOME_ZH[(decision.action.value, decision.outcome)]
        acting.resume(form, decision.who, code, word, decision.comment)
        sent.append((step, form, message))
    for step, form, message in sent:
        acting.wait(f"the decision in the form of run {form.run_id}", lambda step=step: acting.looking.decided(step.id))  # type: ignore[misc]
        acting.journal.decisions[str(step.id)] = Passed("resume-form", str(form.run_id), message)


def _try_a_wrong_code(acting: Acting, decision: Decision, step: OpenStep, form: Form, right: str) -> Form:
    """A wrong code changes nothing: the run waits again, and its next form says why."""
    wrong = WRONG_CODE if right != WRONG_CODE else "11111111"
    ref = acting.programmes[decision.programme]
    acting.resume(form, decision.who, wrong, OUTCOME_ZH[(decision.action.value, decision.outcome)])
    why = str(
        acting.wait(
            f"the wrong code in the form of run {form.run_id}",
            lambda: acting.looking.answer_taken_in(form.run_id, form.key),
        )
    )
    if acting.looking.decided(step.id):
        raise DemoFailed(f"run {form.run_id}: a wrong code was taken for a decision")
    again = acting.form(ref, PHASES[decision.subject], step.tier)
    if why not in again.text:
        raise DemoFailed(
            f"run {form.run_id}: the next form does not say why the code was not taken: {again.text[:300]}"
        )
    acting.journal.wrong_codes.append(
        {
            "programme": ref,
            "subject": decision.subject,
            "tier": str(step.tier),
            "step_id": str(step.id),
            "run_id": str(form.run_id),
            "said": why,
        }
    )
    return again
