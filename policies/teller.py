"""The parts of a pack in words of the reader's language: who, how many, until when, on what ground.

Decides how law, adopted law and office settings are told apart: a setting is named as such, an adopted part carries the
pack that it comes from. Never prints, never reads a file; `policies.show` puts the lines together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.values import Basis
from policies.dated import DatedValue, Rule, Scalar
from policies.force import in_force
from policies.lookup import document_of, role_name, word_name
from policies.schema import Chain, Pack, Product, Quorum, Sourced
from policies.units import Unit, units

ZH = "zh-CN"


@dataclass(frozen=True)
class Line:
    """One line: what it is about, what holds, what it rests on, and the reading or reason behind it."""

    label: str
    text: str
    basis: str = ""
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A titled group of lines."""

    title: str
    lines: tuple[Line, ...]


ACTIONS: Mapping[str, tuple[str, str]] = {
    "approve": ("审核同意", "approves"),
    "review": ("审核", "reviews"),
    "sign-and-seal": ("签字盖章", "signs and seals"),
    "award": ("遴选立项", "awards"),
    "file": ("备案", "files (receipt only, cannot reject)"),
}
SUBJECTS: Mapping[str, tuple[str, str]] = {
    "application": ("项目申报", "application"),
    "award": ("遴选立项", "award"),
    "implementation-plan": ("实施方案", "implementation plan"),
}
_APPLICANTS: Mapping[str, tuple[str, str]] = {
    "school": ("中小学幼儿园", "school"),
    "university": ("高等院校", "university"),
    "other-institution": ("其他机构", "other institution"),
}
_PER: Mapping[str, tuple[str, str]] = {
    "programme": ("每个项目", "per programme"),
    "session": ("每期", "per session"),
    "school": ("每校", "per school"),
    "stage": ("每阶段", "per stage"),
    "trainee": ("每名学员", "per trainee"),
    "step": ("每级审核", "per tier"),
}
_RUNGS: Mapping[str, tuple[str, str]] = {
    "remind": ("提醒", "remind"),
    "chase": ("催办", "chase"),
    "escalate": ("督办", "escalate"),
}
_TOLD: Mapping[str, tuple[str, str]] = {
    "owner": ("责任人", "owner"),
    "head": ("负责人", "head"),
    "organisation": ("单位", "organisation"),
    "next-level": ("上一级", "next level"),
    "programme-office": ("项目办", "programme office"),
}
_ANCHORS: Mapping[str, tuple[str, str]] = {
    "programme.starts_on": ("项目开始", "the programme starts"),
    "programme.ends_on": ("项目计划结束", "the programme's planned end"),
    "programme.ended_on": ("项目结束", "the programme ends"),
    "session.starts_on": ("本期开班", "the session starts"),
    "session.ends_on": ("本期计划结束", "the session's planned end"),
    "session.ended_on": ("本期结束", "the session ends"),
    "step.opened_on": ("送达本级", "the step opens"),
    "award.closed_on": ("立项", "the award"),
    "submission.returned_on": ("退回", "the return"),
    "period.starts_on": ("每期开始", "the period begins"),
    "period.ends_on": ("每期满", "the period ends"),
    "stage.starts_on": ("本阶段开始", "the stage begins"),
    "stage.ends_on": ("本阶段结束", "the stage ends"),
    "entry.recorded_on": ("登记", "the entry"),
}
_DAYS = ("programme.ends_on", "session.ends_on", "award.closed_on", "submission.returned_on", "entry.recorded_on")
"""Anchors whose English is a noun."""
_STRENGTH: Mapping[str, tuple[str, str]] = {
    "block": ("不符合不得通过", "blocks"),
    "warn": ("须说明理由", "asks for a reason"),
    "noted": ("提示并记录", "is noted"),
}
_ASKED: Mapping[str, tuple[str, str]] = {
    "flag": ("须为“是”", "must be a yes"),
    "given": ("须填写", "must be filled in"),
    "same": ("两者须一致", "the same on both sides"),
    "among": ("须在所列范围之内", "one of those listed"),
}


def basis_label(basis: Basis, locale: str = ZH) -> str:
    """A clause by its id, a setting as an office setting, each with the pack it was adopted from."""
    zh = locale == ZH
    label = basis.clause or ("本办公室设置" if zh else "office setting")
    if basis.adopted_from:
        label += f"(沿用{basis.adopted_from})" if zh else f" (adopted from {basis.adopted_from})"
    return label


class Teller:
    """Says the parts of one pack in one language."""

    def __init__(self, pack: Pack, locale: str) -> None:
        self.pack, self.locale, self.zh = pack, locale, locale == ZH
        self.and_, self.comma = ("、", "，") if self.zh else (", ", ", ")

    def word(self, zh: str, en: str) -> str:
        """The words of the language asked for."""
        return zh if self.zh else en

    def of(self, words: Mapping[str, tuple[str, str]], key: str) -> str:
        """The name of a key in the language; the key itself where no name is known."""
        pair = words.get(key)
        return key if pair is None else pair[0 if self.zh else 1]

    def role(self, role: str) -> str:
        """The name of a role in the pack."""
        return self.word("本级审核人", "the tier itself") if role == "tier" else role_name(self.pack, role, self.locale)

    def note(self, part: Sourced | Rule) -> str:
        """The reading of the clause, or the office's reason."""
        said = part.reading or part.why
        return said.in_(self.locale) if said else ""

    def _line(self, label: str, text: str, part: Sourced) -> Line:
        basis = self.and_.join((basis_label(part.basis, self.locale), *part.also_cites))
        return Line(label, text, basis, self.note(part))

    def value(self, rule_id: str) -> str:
        """A rule's values with their unit, each later one with the day from which it holds."""
        rule = self.pack.rules.get(rule_id) or self.pack.settings.get(rule_id)
        return rule_id if rule is None else self._values(rule, rule.values)

    def due(self, rule_id: str) -> str:
        """A number of days with the day that it is counted from."""
        rule = self.pack.rules.get(rule_id) or self.pack.settings.get(rule_id)
        if rule is None or rule.counted_from is None:
            return self.value(rule_id)
        anchor = self.of(_ANCHORS, rule.counted_from)
        if all(value.value == 0 for value in rule.values):
            return self.word(
                f"{anchor}当日", f"on the day of {anchor}" if rule.counted_from in _DAYS else f"when {anchor}"
            )
        if self.zh:
            return f"{anchor}{'前' if rule.direction == 'before' else '后'}{self.value(rule_id)}"
        return f"{self.value(rule_id)} {rule.direction} {anchor}"

    def one_value(self, rule: Rule, value: DatedValue) -> str:
        """One dated value of a rule with its unit."""
        return self._scalar(value.value, units().get(rule.unit), rule.unit)

    def _values(self, rule: Rule, values: Iterable[DatedValue]) -> str:
        unit = units().get(rule.unit)
        said = [self._scalar(value.value, unit, rule.unit) for value in values]
        days = [value.from_.isoformat() for value in values]
        if len(said) == 1:
            return said[0]
        return "; ".join(
            f"{self.word('自', 'from ')}{day}{self.word('起 ', ': ')}{one}" for day, one in zip(days, said, strict=True)
        )

    def _scalar(self, value: Scalar, unit: Unit | None, key: str) -> str:
        if value is None:
            return self.word("已废止", "repealed")
        if key == "ratio":
            return f"{float(str(value)):.0%}"
        if unit is not None and unit.type == "day":
            return f"{value}(含当日)" if self.zh else f"by {value}"
        if not self.zh and key in ("calendar_year", "start_day"):
            return f"{'from ' if key == 'start_day' else ''}{value}"
        if unit is None or key == "choice":
            return f"{value}{key if unit is None else ''}"
        return f"{value}{unit.zh}" if self.zh else f"{value} {unit.one if value == 1 else unit.en}"

    def head(self) -> Iterable[Line]:
        """Which pack this is, of which region, and since when it holds."""
        pack = self.pack
        yield Line(self.word("政策包", "Pack"), pack.pack, pack.source)
        yield Line(self.word("地区", "Region"), pack.region.in_(self.locale))
        because = pack.holds_from_because.in_(self.locale) if pack.holds_from_because else ""
        yield Line(self.word("施行", "Holds from"), pack.holds_from.isoformat(), "", because)
        if not pack.binding:
            text = self.word("不具约束力：其条款只提醒，不拦截", "Binds nobody: its clauses warn and refuse nothing")
            note = self.word(
                "由地区政策包沿用后全面生效", "a part takes full effect where the pack of a region adopts it"
            )
            yield Line(self.word("效力", "Force"), text, "", note)
        yield Line(
            self.word("项目类别", "Kinds"), self.and_.join(name.in_(self.locale) for name in pack.kinds.values())
        )
        yield Line(
            self.word("培训层级", "Levels"), self.and_.join(name.in_(self.locale) for name in pack.level_names.values())
        )

    def chain(self, chain: Chain) -> Line:
        """One approval chain with its tiers and their times."""
        applicants = self.and_.join(self.of(_APPLICANTS, kind) for kind in chain.applicant_kinds)
        levels = self.and_.join(self.pack.level_names[level].in_(self.locale) for level in chain.levels)
        tiers = " → ".join(
            f"{self.role(tier.role)} {self.of(ACTIONS, tier.action)}"
            f" ({self.value(tier.decision_days)}{self._quorum(tier.quorum)})"
            for tier in chain.tiers
        )
        return self._line(f"{self.of(SUBJECTS, chain.subject)} · {applicants} · {levels}", tiers, chain)

    def _quorum(self, quorum: Quorum) -> str:
        """How many must agree; nothing where the first one decides."""
        if quorum.kind == "one":
            return ""
        if quorum.kind == "all":
            return self.word(",全体一致", "; all must agree")
        if quorum.kind == "m-of-n":
            least = self.value(quorum.least or "")
            return self.word(f",至少同意:{least}", f"; least who agree: {least}")
        groups = self.and_.join(self.role(role) for role in quorum.groups)
        return self.word(f",各须一人同意:{groups}", f"; one must agree of each: {groups}")

    def phases(self) -> Iterable[Line]:
        """The phases and what each waits for."""
        names = {phase.key: phase.name.in_(self.locale) for phase in self.pack.phases}
        for phase in self.pack.phases:
            after = self.and_.join(names.get(key, key) for key in phase.opens_after)
            text = self.of(_PER, phase.per)
            text += self.comma + (
                self.word(f"在{after}之后", f"after {after}") if after else self.word("最先", "first")
            )
            yield self._line(names[phase.key], text, phase)

    def stages(self) -> Iterable[Line]:
        """The training stages with their owners and products."""
        for stage in sorted(self.pack.stages, key=lambda one: one.number):
            owners = self.and_.join(self.role(role) for role in stage.owners)
            yield self._line(f"{stage.number} {stage.name.in_(self.locale)}", owners, stage)
            for product in stage.products:
                yield self._line(f"  {self.document(product)}", self._asked(product), product)

    def document(self, product: Product) -> str:
        """A document by its Chinese name, with how many of it are owed."""
        return document_of(self.pack, product.document).name.in_(self.locale)

    def _asked(self, product: Product) -> str:
        held = "" if product.blocks else self.comma + self.word("不影响办结", "does not hold the stage open")
        count = f"{self.of(_PER, product.per)} {product.minimum}{self.word('份', '')}"
        return f"{self.role(product.owed_by)}{self.comma}{count}{held}"

    def selection(self) -> Iterable[Line]:
        """The steps of the selection, its notice and who is eligible."""
        selection = self.pack.selection
        if selection is None:
            return
        for number, step in enumerate(selection.steps, start=1):
            text = self.role(step.role)
            if step.key == "notice" and selection.notice_days:
                text += self.comma + self.value(selection.notice_days)
            yield self._line(f"{number} {step.name.in_(self.locale)}", text, step)
        for test in selection.eligibility:
            yield self._line(test.key, self.of(_STRENGTH, in_force(self.pack, test.strength)), test)
        for ban in self.pack.bans:
            yield self._line(ban.key, self.value(ban.years), ban)

    def obligations(self) -> Iterable[Line]:
        """What is owed by whom until when."""
        for owed in self.pack.obligations:
            text = f"{self.role(owed.owed_by)}{self.comma}{self.of(_PER, owed.per)}"
            if owed.due != "tier":
                text += self.comma + self.due(owed.due)
            yield self._line(owed.name.in_(self.locale), text, owed)

    def ladders(self) -> Iterable[Line]:
        """When somebody is reminded, chased, and told on."""
        for ladder in self.pack.ladders:
            rungs = " → ".join(
                f"{rung.days:+d} {self.of(_RUNGS, rung.rung)}({self.and_.join(self.of(_TOLD, to) for to in rung.to)})"
                for rung in ladder.rungs
            )
            yield self._line(ladder.key, rungs, ladder)

    def checks(self) -> Iterable[Line]:
        """What an application or plan is checked for, and how strictly."""
        for check in self.pack.checks:
            limits = [f"≥ {self.value(check.minimum)}"] if check.minimum else []
            limits += [f"≤ {self.value(check.maximum)}"] if check.maximum else []
            words = self.and_.join(word_name(self.pack, word, self.locale) for word in check.words)
            asked = self.and_.join(limits) or words or self.of(_ASKED, check.kind)
            asks = in_force(self.pack, check.strength)
            strength = "noted" if check.reason == "not-asked" and asks == "warn" else asks
            yield self._line(check.name.in_(self.locale), f"{asked}{self.comma}{self.of(_STRENGTH, strength)}", check)

    def evaluation(self) -> Iterable[Line]:
        """The sources of the score with weight and owner."""
        for source in self.pack.evaluation.sources if self.pack.evaluation else ():
            text = f"{self.value(source.weight)}{self.comma}{self.role(source.owner)}"
            yield self._line(source.name.in_(self.locale), text, source)

    def values(self, rules: Mapping[str, Rule], *, is_law: bool) -> Iterable[Line]:
        """The dated values, as law or as settings of the office."""
        for rule_id, rule in rules.items():
            clauses = self.and_.join(dict.fromkeys(value.cites for value in rule.values if value.cites))
            basis = Basis(
                clause=clauses if is_law else None, setting=None if is_law else rule_id, adopted_from=rule.adopted_from
            )
            text = f"{rule.says.in_(self.locale)}: {self._values(rule, rule.values)}"
            yield Line(rule_id, text, basis_label(basis, self.locale), self.note(rule))

    def adoptions(self) -> Iterable[Line]:
        """What is taken over from which pack, and why."""
        for adoption in self.pack.adopts:
            kinds = self.and_.join(
                self.pack.kinds[kind].in_(self.locale) for kind in adoption.kinds if kind in self.pack.kinds
            )
            kinds = kinds or self.word("整个政策包", "the whole pack")
            yield Line(adoption.pack, f"{kinds}: {', '.join(adoption.parts)}", "", adoption.because.in_(self.locale))
