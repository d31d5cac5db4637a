"""The mechanisms of a pack as people read them, and the readings that it took of what the text leaves open.

Decides the words only: registers with what is written down, indicators with their goals, duties, computations, bars,
facts from outside, and clauses that software cannot keep. A reading names its clause and says why. Never prints.
"""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from policies.dated import Name, Rule
from policies.force import in_force
from policies.lookup import word_name
from policies.mechanisms import SYSTEM, Bar, Computation, Count, Duty, Indicator, Register
from policies.schema import Chain, HoursDuty, Sourced, Travel
from policies.teller import Line, Teller, basis_label
from policies.walk import parts

_ABOUT: Mapping[str, tuple[str, str]] = {
    "programme": ("项目", "a programme"),
    "organisation": ("单位", "an organisation"),
    "person": ("人员", "a person"),
    "region": ("本地区", "the region"),
}
_EVIDENCE: Mapping[str, tuple[str, str]] = {
    "required": ("须附佐证", "with evidence"),
    "optional": ("可附佐证", "evidence may be attached"),
}
_DOORS: Mapping[str, tuple[str, str]] = {
    "application": ("项目申报", "application"),
    "implementation-plan": ("实施方案", "implementation plan"),
    "nomination": ("学员推荐", "nomination"),
}
_FORMULAS: Mapping[str, tuple[str, str]] = {
    "scope": ("是否全部列入", "whether all of them are in the list"),
    "all-present": ("是否齐全", "whether every part is there"),
    "rate": ("比例", "a share"),
    "sum": ("合计", "a total"),
    "mean": ("平均", "a mean"),
    "weighted-sum": ("加权合计", "a weighted sum"),
    "rank": ("排序", "an order"),
    "lowest": ("末位", "the last by a share"),
    "share-of": ("按比例分配", "a share of the places"),
    "product": ("单价乘数量", "a price by its number"),
    "at-least": ("不低于下限", "not less than a minimum"),
    "table": ("对照表", "by a table"),
    "day-after": ("截止日期", "a last day"),
    "draw": ("随机抽取", "a draw by lot"),
    "deduct": ("扣减", "a deduction"),
    "apportion": ("按比例摊派", "in proportion"),
    "shares": ("各占比例", "shares of the whole"),
}
_HELD: Mapping[str, tuple[str, str]] = {
    "programmes": ("项目数", "programmes"),
    "places": ("名额数", "places"),
    "nominations": ("推荐人数", "nominations"),
    "confirmed-trainees": ("录取人数", "confirmed trainees"),
    "finished-trainees": ("结业人数", "finished trainees"),
    "returned": ("退回人数", "returned trainees"),
}
_GOAL: Mapping[str, tuple[str, str]] = {"at-least": ("≥", "≥"), "at-most": ("≤", "≤"), "more-than": (">", ">")}
_KEPT_AS: Mapping[str, tuple[str, str]] = {
    "block": ("拦截", "block"),
    "warn": ("提示", "warn"),
    "remind-escalate": ("提醒督办", "remind and escalate"),
    "compute": ("计算", "compute"),
    "record": ("登记", "record"),
    "report": ("报告", "report"),
    "none": ("不落实", "nothing"),
}
_PARTS: Mapping[str, tuple[str, str]] = {
    "selection": ("学员遴选", "trainee selection"),
    "evaluation": ("量化考评", "evaluation"),
    "approval": ("审批链", "approval chain"),
    "bans": ("限制参训", "ban"),
    "ladders": ("督办阶梯", "escalation ladder"),
}


class MechanismTeller(Teller):
    """Says the mechanisms of one pack in one language."""

    def roles(self, roles: Iterable[str]) -> str:
        """Roles by their names in the pack; what the software does by itself is the system's."""
        return self.and_.join(self.word("系统", "the system") if one == SYSTEM else self.role(one) for one in roles)

    def words(self, words: Iterable[str]) -> str:
        """Words of choices and checks by their names."""
        return self.and_.join(word_name(self.pack, one, self.locale) for one in words)

    def named(self, matter: str) -> str:
        """A register, an hours account, a document or a phase by its name, where a pack refers to it by its key."""
        kind, _, key = matter.rpartition(":")
        held: Iterable[Register | HoursDuty] = self.pack.registers if kind == "register" else self.pack.hours
        return next((one.name.in_(self.locale) for one in held if one.key == key and kind), self.of(_DOORS, matter))

    def registers(self) -> Iterable[Line]:
        """What must be recorded: who writes down what about what, how often, and which marks follow."""
        for one in self.pack.registers:
            fields = self.and_.join(
                field.name.in_(self.locale) + ("" if field.required else self.word("(可不填)", " (may be left out)"))
                for field in one.fields
            )
            told = [
                self.word(f"由{self.roles(one.recorded_by)}登记", f"recorded by {self.roles(one.recorded_by)}"),
                self.word(f"对象:{self.of(_ABOUT, one.about)}", f"about {self.of(_ABOUT, one.about)}"),
                self.word(f"内容:{fields}", f"holds {fields}"),
            ]
            told += [one.how_often.in_(self.locale)] if one.how_often else []
            told += [self.of(_EVIDENCE, one.evidence)] if one.evidence in _EVIDENCE else []
            told += [
                self.word(f"{self.role(mark.role)}{mark.name.zh}", f"{mark.name.en} by {self.role(mark.role)}")
                for mark in one.marks
            ]
            yield self._line(one.name.in_(self.locale), self._sentence(told), one)

    def _sentence(self, told: Iterable[str]) -> str:
        return self.word("；", "; ").join(one for one in told if one)

    def facts(self) -> Iterable[Line]:
        """Numbers that come from outside, and who brings them in."""
        for one in self.pack.facts:
            text = self.word(f"由{self.roles(one.imported_by)}提供", f"brought in by {self.roles(one.imported_by)}")
            yield self._line(one.name.in_(self.locale), text, one)

    def indicators(self) -> Iterable[Line]:
        """What is reported by whom: the count, its base, and the goal."""
        for one in self.pack.indicators:
            yield self._line(one.name.in_(self.locale), self._sentence(self._indicator(one)), one)

    def _indicator(self, one: Indicator) -> Iterable[str]:
        base = f" / {self.count(one.denominator)}" if one.denominator else ""
        yield f"{self.count(one.numerator)}{base}"
        if one.goal:
            by = self.word(f"({self.value(one.by_year)}前)", f" by {self.value(one.by_year)}") if one.by_year else ""
            yield self.word("目标", "goal ") + f"{self.of(_GOAL, one.goal_is)} {self.value(one.goal)}{by}"
        yield self.word(f"由{self.roles(one.reported_by)}报送", f"reported by {self.roles(one.reported_by)}")
        if one.reported_to:
            yield self.word(f"报{self.roles(one.reported_to)}", f"to {self.roles(one.reported_to)}")
        if one.strength == "warn":
            yield self.word("未达目标须说明理由", "a missed goal asks for a reason")

    def count(self, count: Count) -> str:
        """What is counted: entries of a register, a fact from outside, or what the ledger holds."""
        if count.register_ is not None:
            what = self.named(f"register:{count.register_}")
        elif count.fact is not None:
            facts = (one.name.in_(self.locale) for one in self.pack.facts if one.key == count.fact)
            what = next(facts, count.fact)
        else:
            what = self.of(_HELD, count.ledger or "")
        where = self.and_.join(word_name(self.pack, wanted, self.locale) for wanted in count.where.values())
        return what + (self.word(f"({where})", f" ({where})") if where else "")

    def duties(self) -> Iterable[Line]:
        """What is owed outside a programme: by whom, how often or after what, until when, and what meets it."""
        for one in self.pack.duties:
            yield self._line(one.name.in_(self.locale), self._sentence(self._duty(one)), one)

    def _duty(self, one: Duty) -> Iterable[str]:
        yield self.word("由", "owed by ") + self.role(one.owed_by)
        if one.every is not None:
            yield self.word(f"每{self.value(one.every)}", f"every {self.value(one.every)}")
        elif one.opens_with == "programme.ended":
            yield self.word("每个项目结束后", "after each programme")
        else:
            register = self.named(one.opens_with or "")
            yield self.word(f"每次登记“{register}”后", f"after each entry of {register}")
        yield self.due(one.due)
        yield self.word(f"以“{self.named(one.met_by)}”办结", f"met by {self.named(one.met_by)}")
        if one.times is not None:
            yield self.value(one.times)

    def computations(self) -> Iterable[Line]:
        """What is worked out, by whom, from what number."""
        for one in self.pack.computations:
            yield self._line(one.name.in_(self.locale), self._sentence(self._computation(one)), one)

    def _computation(self, one: Computation) -> Iterable[str]:
        yield self.of(_FORMULAS, one.formula)
        if one.rule:
            yield self.value(one.rule)
        yield self.words(one.words)
        yield self.and_.join(
            f"{self.words([key])}→{self._cell(cell)}" if cell else self.words([key]) for key, cell in one.table.items()
        )
        yield self.word(f"由{self.roles(one.worked_out_by)}办理", f"worked out by {self.roles(one.worked_out_by)}")

    def _cell(self, cell: str) -> str:
        return self.value(cell) if cell in self.pack.rules or cell in self.pack.settings else self.words([cell])

    def bars(self) -> Iterable[Line]:
        """What an entry shuts out: from which doors, for how long, decided by whom."""
        for one in self.pack.bars:
            yield self._line(one.name.in_(self.locale), self._sentence(self._bar(one)), one)

    def _bar(self, one: Bar) -> Iterable[str]:
        register = self.named(f"register:{one.register_}")
        words = self.words(one.where.values())
        entry = f"{register}({words})" if words and self.zh else f"{register} ({words})" if words else register
        doors = self.and_.join(self.named(door) for door in one.bars)
        if in_force(self.pack, "block") == "warn":
            yield self.word(
                f"登记“{entry}”后办理{doors}须说明理由", f"after an entry of {entry}, {doors} asks for a reason"
            )
        else:
            yield self.word(f"登记“{entry}”后不得办理{doors}", f"an entry of {entry} shuts out of {doors}")
        if one.years:
            yield self.word(f"期限{self.value(one.years)}", f"for {self.value(one.years)}")
        else:
            yield self.word("无期限", "without an end")
        if one.lifted_by:
            words = self.words(one.lifted_where.values())
            lifted = f"{self.named(f'register:{one.lifted_by}')}{f' ({words})' if words else ''}"
            yield self.word(f"以“{lifted}”解除", f"lifted by {lifted}")
        yield self.word(f"由{self.roles(one.decided_by)}认定", f"decided by {self.roles(one.decided_by)}")

    def hours(self) -> Iterable[Line]:
        """Credit hours that a teacher collects, in how many years."""
        for one in self.pack.hours:
            text = f"{self.value(one.minimum)}{self.comma}{self.value(one.years)}"
            yield self._line(one.name.in_(self.locale), text, one)

    def not_kept(self) -> Iterable[Line]:
        """Clauses that software cannot keep as strongly as they ask: why, and what is done instead."""
        for one in self.pack.not_kept:
            kept = self.word(f"改为{self.of(_KEPT_AS, one.kept_as)}", f"kept as {self.of(_KEPT_AS, one.kept_as)}")
            text = self._sentence([one.why.in_(self.locale), one.instead.in_(self.locale), kept])
            yield Line(one.clause, text)

    def readings(self) -> Iterable[Line]:
        """Every reading that the pack takes of what its text leaves open: of which clause, in which part, and why."""
        taken: dict[tuple[str, str], list[str]] = {}
        for path, part in parts(self.pack):
            if not isinstance(part, Sourced | Rule) or part.reading is None or (path and path[0] == "adopts"):
                continue
            for clause in _clauses(part) or (self.word("本办公室设置", "office setting"),):
                label = basis_label(part.basis, self.locale) if isinstance(part, Sourced) and not part.cites else clause
                heads = taken.setdefault((label, part.reading.in_(self.locale)), [])
                heads.append(self._part(part, path))
        for (clause, why), heads in sorted(taken.items(), key=lambda item: _in_order(item[0][0])):
            yield Line(clause, why, "", self.and_.join(dict.fromkeys(heads)))

    def _part(self, part: BaseModel, path: tuple[str | int, ...]) -> str:
        for field in ("name", "says"):
            name = getattr(part, field, None)
            if isinstance(name, Name):
                return name.in_(self.locale)
        if isinstance(part, Travel):
            return self.word("差旅费", "travel")
        if isinstance(part, Chain):
            return self.chain(part).label
        key = str(getattr(part, "key", "") or "")
        return self.of(_PARTS, str(path[0])) + (f" {key}" if key else "")


def _clauses(part: Sourced | Rule) -> tuple[str, ...]:
    if isinstance(part, Sourced):
        return part.clauses
    return tuple(dict.fromkeys(value.cites for value in part.values if value.cites))


def _in_order(clause: str) -> tuple[object, ...]:
    """Clauses in the order of the text: 2.10 after 2.9."""
    source, _, number = clause.partition("-")
    return (source, *((int(one) if one.isdigit() else 0, one) for one in number.split(".")))
