"""What a pack says on a day: the value in force, its unit and the clause it comes from.

Decides which dated value and which named exception holds. Never guesses: a day before the first value and two fitting
exceptions are errors that say so. Reads a resolved pack only (`policies.loader.Library.resolve`), no file and no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.states import ApplicantKind, ProgrammeLevel
from models.values import Basis
from policies.mechanisms import Computation, Duty, Indicator, Register
from policies.schema import Chain, DatedValue, DocumentKind, Ladder, ObligationKind, Pack, Phase, Rule, Scalar, Stage

NO_FACTS: Mapping[str, Any] = {}


class LookupFailure(LookupError):
    """A pack was asked for something that it does not say."""


class UnknownId(LookupFailure):
    """No rule, setting or part of the pack has this id."""


class NoValue(LookupFailure):
    """The rule has no value yet on that day."""


class AmbiguousException(LookupFailure):
    """Two named exceptions fit the same programme; the rule refuses to decide."""


@dataclass(frozen=True)
class Found:
    """A value in force on a day, with its unit (units.yaml) and what it rests on. `value` is None after a repeal."""

    rule_id: str
    value: Scalar
    unit: str
    basis: Basis
    rule: Rule


def find(pack: Pack, rule_id: str, on: date, facts: Mapping[str, Any] = NO_FACTS) -> Found:
    """The value of a rule or setting on a day for a programme with these facts.

    Raises UnknownId, NoValue (a day before the first value) and AmbiguousException, each with a sentence.
    """
    rule = pack.rules.get(rule_id)
    is_law = rule is not None
    if rule is None:
        rule = pack.settings.get(rule_id)
    if rule is None:
        raise UnknownId(
            f"pack {pack.pack}: there is no rule or setting {rule_id!r}; see `songjiao policy show {pack.pack}`"
        )
    fitting = [e for e in rule.exceptions if e.when.fact in facts and facts[e.when.fact] == e.when.equals]
    if len(fitting) > 1:
        names = ", ".join(e.name for e in fitting)
        raise AmbiguousException(
            f"pack {pack.pack}, {rule_id}: the exceptions {names} fit at once and the pack does not say which goes "
            "first; narrow one of them"
        )
    values = fitting[0].values if fitting else rule.values
    value = _in_force(values, on)
    if value is None:
        first = min((v.from_ for v in values), default=None)
        raise NoValue(f"pack {pack.pack}, {rule_id}: no value on {on}; the first one holds from {first}")
    basis = Basis(
        clause=value.cites if is_law else None,
        setting=None if is_law and value.cites else rule_id,
        adopted_from=rule.adopted_from,
    )
    return Found(rule_id=rule_id, value=value.value, unit=rule.unit, basis=basis, rule=rule)


def find_or_none(pack: Pack, rule_id: str, on: date, facts: Mapping[str, Any] = NO_FACTS) -> Found | None:
    """As `find`, but None where the pack has no such rule or no value yet."""
    try:
        return find(pack, rule_id, on, facts)
    except (UnknownId, NoValue):
        return None


def _in_force(values: tuple[DatedValue, ...], on: date) -> DatedValue | None:
    """The latest value that began on or before the day."""
    begun = [value for value in values if value.from_ <= on]
    return max(begun, key=lambda value: value.from_) if begun else None


def _unknown(pack: Pack, what: str, key: str) -> UnknownId:
    return UnknownId(f"pack {pack.pack}: there is no {what} {key!r}")


def phase_of(pack: Pack, key: str) -> Phase:
    """The phase with this key; raises UnknownId."""
    for phase in pack.phases:
        if phase.key == key:
            return phase
    raise _unknown(pack, "phase", key)


def stage_of(pack: Pack, key: str) -> Stage:
    """The training stage with this key; raises UnknownId."""
    for stage in pack.stages:
        if stage.key == key:
            return stage
    raise _unknown(pack, "stage", key)


def document_of(pack: Pack, key: str) -> DocumentKind:
    """The kind of document with this key; raises UnknownId."""
    for document in pack.documents:
        if document.key == key:
            return document
    raise _unknown(pack, "document kind", key)


def ladder_of(pack: Pack, key: str) -> Ladder:
    """The escalation ladder with this key; raises UnknownId."""
    for ladder in pack.ladders:
        if ladder.key == key:
            return ladder
    raise _unknown(pack, "ladder", key)


def setting_words(pack: Pack, setting: str | None, setting_en: str | None = None) -> tuple[str, str]:
    """What an office setting that something rests on says, in Chinese and in English; empty for none.

    A setting goes by its id: its words stand in the pack, and the id follows them. Another text is the office's own
    reason as it was recorded.
    """
    known = pack.settings.get(setting or "")
    if known is not None:
        return f"{known.says.zh}({setting})", f"{known.says.en} ({setting})"
    return setting or "", setting_en or setting or ""


def basis_label(pack: Pack, label: str, locale: str = "zh-CN") -> str:
    """A recorded `Basis.label` of a check at the selection in the reader's language: a clause as it stands, an office
    setting with the reason that the pack gives for it. What was recorded may be cut.
    """
    mark = "office setting "
    if not label.startswith(mark):
        return label
    said = label.removeprefix(mark)
    if locale != "en":
        return f"本办公室设置:{said}"
    tests = pack.selection.eligibility if pack.selection else ()
    reasons = (test.why for test in tests if test.why is not None)
    return mark + next((reason.en for reason in reasons if reason.zh.startswith(said)), said)


def role_name(pack: Pack, role: str, locale: str = "zh-CN") -> str:
    """The pack's label of a role in the reader's language, or the key where the pack has none."""
    known = pack.roles.get(role)
    return known.name.in_(locale) if known else role


def word_name(pack: Pack, word: str, locale: str = "zh-CN") -> str:
    """The pack's name of a word that stands in a choice or a check, or the word itself where the pack has none."""
    known = pack.words.get(word)
    return known.in_(locale) if known else word


def register_of(pack: Pack, key: str) -> Register:
    """The register with this key; raises UnknownId."""
    for register in pack.registers:
        if register.key == key:
            return register
    raise _unknown(pack, "register", key)


def indicator_of(pack: Pack, key: str) -> Indicator:
    """The indicator with this key; raises UnknownId."""
    for indicator in pack.indicators:
        if indicator.key == key:
            return indicator
    raise _unknown(pack, "indicator", key)


def obligation_of(pack: Pack, key: str) -> ObligationKind:
    """The kind of obligation with this key; raises UnknownId."""
    for kind in pack.obligations:
        if kind.key == key:
            return kind
    raise _unknown(pack, "obligation", key)


def duty_of(pack: Pack, key: str) -> Duty:
    """The standing duty with this key; raises UnknownId."""
    for duty in pack.duties:
        if duty.key == key:
            return duty
    raise _unknown(pack, "duty", key)


def computation_of(pack: Pack, key: str) -> Computation:
    """The computation with this key; raises UnknownId."""
    for computation in pack.computations:
        if computation.key == key:
            return computation
    raise _unknown(pack, "computation", key)


def kind_phases(pack: Pack, kind: str) -> tuple[Phase, ...]:
    """The phases that a programme of this kind goes through, in the pack's order.

    A predecessor that this kind does not have falls away: the archive follows the last stage or the delivery.
    """
    mine = tuple(phase for phase in pack.phases if not phase.kinds or kind in phase.kinds)
    keys = {phase.key for phase in mine}
    return tuple(
        phase
        if keys.issuperset(phase.opens_after)
        else phase.model_copy(update={"opens_after": tuple(key for key in phase.opens_after if key in keys)})
        for phase in mine
    )


def chain_for(pack: Pack, subject: str, applicant_kind: ApplicantKind, level: ProgrammeLevel) -> Chain | None:
    """The approval chain of a subject for this kind of applicant at this level, or None where the pack has none."""
    for chain in pack.approval:
        if chain.subject == subject and applicant_kind in chain.applicant_kinds and level in chain.levels:
            return chain
    return None
