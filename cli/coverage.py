"""`songjiao policy coverage`: every clause with what keeps it, how strongly that is proven, and the cases that show it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from cli.edge import Json, library
from cli.failures import sentence, tell_of_broken
from cli.language import both, counted, say, spoken
from cli.output import as_data, line, table

if TYPE_CHECKING:
    from ledger.proof.account import Account
    from ledger.proof.probe import Red
    from policies.mechanisms import NotKept


def add_to(family: typer.Typer) -> None:
    """Put the command into `policy`."""
    family.command(
        "coverage",
        help=both(
            "逐条核对:每条由什么落实、实测力度、示例",
            "Prove each clause: what keeps it, how strongly, and by which cases",
        ),
    )(coverage)


def coverage(
    pack: Annotated[
        str | None,
        typer.Argument(metavar="[PACK]", help=both("政策包;不写则核对全部条款", "Pack; all clauses without it")),
    ] = None,
    changed: Annotated[
        bool,
        typer.Option(
            "--changed",
            help=both(
                "逐条抽去规则、换掉办理人,看在哪一关变红",
                "Take out each clause's rule and swap its actor, and see at which door it turns red",
            ),
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Print the account; exits with 1 where a clause is missing, or stays green under a change."""
    from ledger.proof.account import account

    if changed:
        _changed(pack, as_json)
        return
    packs = library()
    found = account(packs, None if pack is None else [pack])
    if as_json:
        as_data(found)
    else:
        usable, broken = packs.survey() if pack is None else ([packs.load(pack)], {})
        tell_of_broken(broken)
        _show(found, {one.clause: one for text in usable for one in text.not_kept})
    if found.missing:
        raise typer.Exit(1)


def _changed(pack: str | None, as_json: bool) -> None:
    from ledger.proof.mutations import turned

    packs = library()
    usable, broken = packs.survey() if pack is None else ([packs.load(pack)], {})
    rows = turned(packs, [one.pack for one in usable])
    if as_json:
        as_data([row.model_dump() for row in rows])
    else:
        heads = [say("条款", "clause"), say("抽去规则", "rule left out"), say("换掉办理人", "another actor")]
        table(heads, [[row.id, _where(row.left_out), _where(row.another_actor)] for row in rows])
        proven = sum(row.proven for row in rows)
        line(
            say(
                f"共 {len(rows)} 条:两种改动都在关口变红的 {proven} 条",
                f"{counted(len(rows), 'clause')}: {proven} turn red at a door under both changes",
            )
        )
    tell_of_broken(broken)
    if any(row.left_out is None or row.another_actor is None for row in rows):
        raise typer.Exit(1)


_DOORS = {
    "verdict": ("规则裁定", "a rule's verdict"),
    "ledger": ("台账办理", "the ledger's operation"),
    "sweep": ("到期扫描", "the sweep"),
    "entry": ("登记", "a register's entry"),
    "indicator": ("指标", "an indicator"),
    "text": ("仅见于文本", "the text alone"),
}


def _where(red: "Red | None") -> str:
    if red is None:
        return say("仍为绿", "still green")
    zh, en = _DOORS[red.at]
    return say(zh, en)


def _strength(key: str) -> str:
    return say(_STRENGTHS[key], key)


def _note(english: str, left: "NotKept | None") -> str:
    """The note in the reader's language: the mechanisms, or each fault; of what is left, the pack's own words."""
    if left is not None:
        return say(f"{left.why.zh}改为:{left.instead.zh}", english)
    if spoken() == "en":
        return english
    if all(word in _MECHANISMS for word in english.split(", ")):
        return "、".join(_MECHANISMS[word] for word in english.split(", "))
    return ";".join(sentence(one) for one in english.split("; "))


_STRENGTHS = {
    "block": "拒绝",
    "warn": "提醒说明",
    "remind-escalate": "提醒督办",
    "compute": "计算",
    "record": "登记",
    "report": "报告",
}
_MECHANISMS = {
    "approval chain": "审批链",
    "phase": "环节",
    "stage": "阶段",
    "stage product": "阶段成果",
    "stage record": "阶段登记",
    "selection": "学员遴选",
    "eligibility": "参训资格",
    "check": "检查",
    "ban": "限制参训",
    "bar": "准入限制",
    "obligation": "时限",
    "standing duty": "经常性职责",
    "evaluation": "量化考评",
    "credit hours": "学时",
    "travel": "差旅",
    "computation": "计算",
    "register": "登记簿",
    "imported fact": "外部数据",
    "indicator": "指标",
}


def _show(found: "Account", left: "Mapping[str, NotKept]") -> None:
    heads = [
        say("条款", "clause"),
        say("要求", "asked"),
        say("落实", "kept"),
        say("由何落实", "kept by"),
        say("示例", "cases"),
        say("说明", "note"),
    ]
    rows = [
        [
            row.id,
            _strength(row.strength_asked),
            _strength(row.strength_kept) if row.strength_kept else "—",
            ", ".join(row.rules),
            len(row.cases),
            _note(row.note, left.get(row.id)),
        ]
        for row in found.clauses
    ]
    table(heads, rows)
    line(
        say(
            f"共 {found.total} 条:落实 {found.kept},弱于要求 {found.weaker},缺 {found.missing}",
            f"{found.total} clauses: {found.kept} kept, {found.weaker} weaker, {found.missing} missing",
        )
    )
