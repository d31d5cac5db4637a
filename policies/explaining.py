"""A clause as people read it: its words, how packs read it, and what they rest on it, each language complete.

The quote is Chinese in both languages, since it is the text that binds. The register's own notes are English; a Chinese
reader is told that they are, and reads first what the packs say in Chinese. Decides nothing, prints nothing.
"""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from policies.clauses import Clause, source_of
from policies.dated import Name, Rule
from policies.lookup import UnknownId
from policies.problems import nearest
from policies.schema import Chain, Pack, Product, Sourced, Tier
from policies.teller import ACTIONS, SUBJECTS, ZH, Line, Section, Teller
from policies.walk import parts

_BLOCKS: Mapping[str, tuple[str, str]] = {
    "rules": ("数值", "value"),
    "approval": ("审批链", "approval chain"),
    "phases": ("环节", "phase"),
    "stages": ("阶段", "stage"),
    "documents": ("材料", "document"),
    "selection": ("学员遴选", "selection"),
    "obligations": ("时限", "obligation"),
    "ladders": ("督办阶梯", "ladder"),
    "checks": ("检查", "check"),
    "evaluation": ("量化考评", "evaluation"),
    "bans": ("限制参训", "ban"),
    "hours": ("学时", "hours"),
    "registers": ("登记", "register"),
    "facts": ("事实", "fact"),
    "indicators": ("指标", "indicator"),
    "duties": ("职责", "duty"),
    "computations": ("计算", "computation"),
    "bars": ("门槛", "bar"),
    "travel": ("差旅", "travel"),
}
_KEYS: Mapping[str, tuple[str, str]] = {
    "selection": ("遴选步骤与资格", "its steps and tests"),
    "evaluation": ("各来源的权重与办结", "weights of the sources and the close"),
    "travel": ("差旅费报销", "travel costs"),
    "ban": ("参训限制期", "a ban that still holds"),
    "returned": ("退回学员", "a trainee's return"),
    "rural-school": ("乡村学校教师", "teacher of a rural school"),
    "repeat": ("重复参训", "repeated participation"),
    "voluntary": ("自愿报名", "enrolled voluntarily"),
    "target-group": ("培训对象", "target group"),
}
"""Parts of a pack that have a key and no name of their own."""


def explain_clause(
    register: Mapping[str, Clause], clause_id: str, packs: Iterable[Pack] = (), locale: str = ZH
) -> list[Section]:
    """A clause with its quote, the register's notes on it, and what each of the packs rests on it.

    A Chinese reader has the packs' words before the register's English notes. Raises UnknownId with the nearest id.
    """
    clause = register.get(clause_id)
    if clause is None:
        raise UnknownId(f"there is no clause {clause_id!r}; {_advice(register, clause_id)}")
    zh = locale == ZH
    words = (
        Line("原文" if zh else "Quote", clause.quote),
        Line("出处" if zh else "Source", f"《{clause.title}》{clause.article}"),
    )
    resting = [section for pack in packs if (section := rests_on(pack, clause_id, locale)).lines]
    if zh:
        return [Section(clause.id, words), *resting, Section("条款库注释(英文)", tuple(_notes(clause, locale)))]
    return [Section(clause.id, (*words, *_notes(clause, locale))), *resting]


def _advice(register: Mapping[str, Clause], clause_id: str) -> str:
    """The nearest clause; of a whole text, or of something that is no id at all, how its clauses are written."""
    firsts: dict[str, str] = {}
    for key in register:
        firsts.setdefault(source_of(key), key)
    if clause_id.upper() in firsts:
        return f"it is a whole text; name one of its clauses, such as {firsts[clause_id.upper()]}"
    if "-" not in clause_id:
        return f"a clause is written as {next(iter(register), '—')}; the texts are {', '.join(firsts)}"
    return nearest(clause_id, register)


def _notes(clause: Clause, locale: str) -> Iterable[Line]:
    """What the register says of a clause in English: its rule, its parameters in plain words, what the text leaves open."""
    zh = locale == ZH
    yield Line("英文注释" if zh else "Rule", clause.rule)
    stated = {name: value for name, value in clause.parameters.items() if value is not None}
    if stated:
        told = "; ".join(f"{_words(name)}: {_plain(value)}" for name, value in stated.items())
        yield Line("英文注释:参数" if zh else "Parameters", told)
    if clause.ambiguity:
        yield Line("英文注释:原文未定之处" if zh else "Open points", clause.ambiguity)


def rests_on(pack: Pack, clause_id: str, locale: str = ZH) -> Section:
    """What a pack rests on a clause, part by part, with the reading that each takes; without lines where nothing does."""
    teller = Teller(pack, locale)
    lines = []
    for path, part in parts(pack):
        if isinstance(part, Rule):
            cited = path[0] == "rules" and any(value.cites == clause_id for value in part.values)
        else:
            cited = isinstance(part, Sourced) and clause_id in part.clauses
        if cited and isinstance(part, Rule | Sourced):
            text = _named(teller, part, path)
            lines.append(Line(teller.of(_BLOCKS, str(path[0])), text, "", teller.note(part)))
    title = teller.word(f"{pack.pack} 据此规定", f"{pack.pack} rests on it")
    return Section(title, tuple(dict.fromkeys(lines)))


def _named(teller: Teller, part: BaseModel, path: tuple[str | int, ...]) -> str:
    """What a part is called: its name in the pack, or the role, document or matter that it is about."""
    if isinstance(part, Rule):
        return f"{part.says.in_(teller.locale)}: {teller.value(str(path[1]))}"
    if isinstance(part, Chain):
        return teller.chain(part).label
    if isinstance(part, Tier):
        chain = teller.pack.approval[int(path[1])]
        return f"{teller.of(SUBJECTS, chain.subject)}: {teller.role(part.role)} {teller.of(ACTIONS, part.action)}"
    if isinstance(part, Product):
        return teller.document(part)
    for field in ("name", "says"):
        name = getattr(part, field, None)
        if isinstance(name, Name):
            return name.in_(teller.locale)
    if role := getattr(part, "role", None):
        return teller.role(role)
    return teller.of(_KEYS, str(getattr(part, "key", "") or path[-1]))


def _plain(value: object) -> str:
    """A parameter in plain words: no brackets, no quotes, no names with underscores."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "not stated"
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(str(key))} {_plain(item)}" for key, item in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        items = list(value)
        between = " / " if any(isinstance(item, Mapping) for item in items) else ", "
        return between.join(_plain(item) for item in items)
    return _words(str(value))


def _words(key: str) -> str:
    return key.replace("_", " ")
