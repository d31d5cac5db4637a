"""A pack as people read it: sections of lines, each with what it rests on. Data only; the command line prints it.

Decides the order of the sections: settings stand in one of their own, and the readings taken of what the text leaves
open stand together at the end, each with its clause and its reason. Never prints, never reads a file.
"""

from policies.schema import Pack
from policies.show_mechanisms import MechanismTeller
from policies.teller import ZH, Section

_BLOCKS = (
    "phases",
    "stages",
    "documents",
    "obligations",
    "checks",
    "bans",
    "hours",
    "registers",
    "facts",
    "indicators",
    "duties",
    "computations",
    "bars",
)


def describe(pack: Pack, locale: str = ZH) -> list[Section]:
    """Everything a pack says, section by section; empty sections are left out."""
    teller = MechanismTeller(pack, locale)
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
        Section(teller.word("学时", "Credit hours"), tuple(teller.hours())),
        Section(teller.word("登记簿", "Registers"), tuple(teller.registers())),
        Section(teller.word("外部数据", "Facts from outside"), tuple(teller.facts())),
        Section(teller.word("指标与报告", "Indicators and reports"), tuple(teller.indicators())),
        Section(teller.word("常设事项", "Standing duties"), tuple(teller.duties())),
        Section(teller.word("计算", "Computations"), tuple(teller.computations())),
        Section(teller.word("准入限制", "Bars"), tuple(teller.bars())),
        Section(teller.word("法规数值", "Values of the regulation"), tuple(teller.values(pack.rules, is_law=True))),
        Section(
            teller.word("本办公室设置(非法规条款)", "Office settings (no clause gives these)"),
            tuple(teller.values(pack.settings, is_law=False)),
        ),
        Section(teller.word("沿用其他政策包", "Adopted from other packs"), tuple(teller.adoptions())),
        Section(teller.word("软件无法落实的条款", "Clauses that software cannot keep"), tuple(teller.not_kept())),
        Section(teller.word("对原文未定之处的理解", "Readings taken of open points"), tuple(teller.readings())),
    ]
    return [section for section in sections if section.lines]


def uses(pack: Pack, clause_id: str) -> tuple[str, ...]:
    """The rules, phases, obligations and other parts of a pack that rest on a clause, by their ids."""
    found = [rule_id for rule_id, rule in pack.rules.items() if any(value.cites == clause_id for value in rule.values)]
    for block in _BLOCKS:
        found += [f"{block}.{part.key}" for part in getattr(pack, block) if clause_id in part.clauses]
    for number, chain in enumerate(pack.approval, start=1):
        if any(clause_id in part.clauses for part in (chain, *chain.tiers)):
            found.append(f"approval.{chain.subject}.{number}")
    return tuple(found)
