"""A pack as people read it: sections of lines, each with what it rests on. Data only; the command line prints it.

Decides how law, adopted law and office settings are told apart: settings stand in a section of their own and are
named as such, adopted parts carry the pack they come from. Never prints, never reads a file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.values import Basis
from policies.dated import DatedValue, Rule, Scalar
from policies.lookup import document_of, role_name, word_name
from policies.schema import Chain, Pack, Product, Sourced
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
    "period.ends_on": ("每期满", "the period ends"),
}
_STRENGTH: Mapping[str, tuple[str, str]] = {
    "block": ("不符合不得通过", "blocks"),
    "warn": ("须说明理由", "asks for a reason"),
}


def basis_label(basis: Basis, locale: str = ZH) -> str:
    """A clause by its id, a setting as an office setting, each with the pack it was adopted from."""
    zh = locale == ZH
    label = basis.clause or ("本办公室设置" if zh else "office setting")
    if basis.adopted_from:
        label += f"(沿用{basis.adopted_from})" if zh else f" (adopted from {basis.adopted_from})"
    return label


def describe(pack: Pack, locale: str = ZH) -> list[Section]:
    """Everything a pack says, section by section; empty sections are left out."""
    teller = Teller(pack, locale)
    sections = [
        Section(teller.word("概况", "In short"), tuple(teller.head())),
        Section(teller.word("审批链", "Approval chains"), tuple(teller.chain(chain) for chain in pack.approval)),
        Section(teller.word("环节", "Phases"), tuple(teller.phases())),
        Section(teller.word("阶段与成果", "Stages and products"), tuple(teller.stages())),
        Section(teller.word("学员遴选", "Trainee selection"), tuple(teller.selection())),
        Section(teller.word("时限", "Obligations"), tuple(teller.obligations())),
        Section(teller.word("督办阶梯", "Escalation ladders"), tuple(teller.ladders())),
        Section(teller.word("申报与方案检查", "Checks"), tuple(teller.checks())),
        Section(teller.word("量化考评", "Evaluation"), tuple(teller.evaluation())),
        Section(teller.word("法规数值", "Values of the regulation"), tuple(teller.values(pack.rules, is_law=True))),
        Section(
            teller.word("本办公室设置(非法规条款)", "Office settings (no clause gives these)"),
            tuple(teller.values(pack.settings, is_law=False)),
        ),
        Section(teller.word("沿用其他政策包", "Adopted from other packs"), tuple(teller.adoptions())),
    ]
    return [section for section in sections if section.lines]


def uses(pack: Pack, clause_id: str) -> tuple[str, ...]:
    """The rules, phases, obligations and other parts of a pack that rest on a clause, by their ids."""
    found = [rule_id for rule_id, rule in pack.rules.items() if any(value.cites == clause_id for value in rule.values)]
    named: tuple[tuple[str, Iterable[Sourced]], ...] = (
        ("phases", pack.phases),
        ("stages", pack.stages),
        ("documents", pack.documents),
        ("obligations", pack.obligations),
        ("checks", pack.checks),
        ("bans", pack.bans),
        ("hours", pack.hours),
    )
    found += [
        f"{block}.{getattr(part, 'key', '')}" for block, held in named for part in held if part.cites == clause_id
    ]
    for number, chain in enumerate(pack.approval, start=1):
        if clause_id in (chain.cites, *(tier.cites for tier in chain.tiers)):
            found.append(f"approval.{chain.subject}.{number}")
    return tuple(found)


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
        return Line(label, text, basis_label(part.basis, self.locale), self.note(part))

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
        if self.zh:
            return f"{anchor}{'前' if rule.direction == 'before' else '后'}{self.value(rule_id)}"
        return f"{self.value(rule_id)} {rule.direction} {anchor}"

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
            f"{self.role(tier.role)} {self.of(ACTIONS, tier.action)} ({self.value(tier.decision_days)})"
            for tier in chain.tiers
        )
        return self._line(f"{self.of(SUBJECTS, chain.subject)} · {applicants} · {levels}", tiers, chain)

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
            yield self._line(test.key, self.of(_STRENGTH, test.strength), test)
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
            asked = self.and_.join(limits) or words or check.kind
            yield self._line(
                check.name.in_(self.locale), f"{asked}{self.comma}{self.of(_STRENGTH, check.strength)}", check
            )

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
            yield Line(adoption.pack, f"{kinds}: {', '.join(adoption.parts)}", "", adoption.because.in_(self.locale))
