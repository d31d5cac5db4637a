"""What is wrong with a pack is said in the reader's language: every sentence that the checks of packs can make."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from cli.chinese import SENTENCES, in_chinese
from cli.chinese_packs import FAULTS
from cli.failures import fault
from cli.language import speaking
from office.runtime.settings import REPOSITORY
from policies.loader import check_file
from policies.problems import Problem
from tests.integration.cli_world import paper, songjiao

CHINESE = re.compile(r"[一-鿿]")
MAKERS = {"Finding": (1, 2), "refuse": (1, 2), "Problem": (3, 4), "_unreadable": (2, 3)}
# Made of pieces elsewhere in the function, or handed on from a fault that was found: tried below with real packs.
COMPOSED = {"{}", "{}: {}", "for {}, {}", "cases/{}/{}:{}: {}"}


def _texts(node: ast.AST) -> set[str]:
    """The texts that an expression can be, with `{}` where something is filled in; both branches of a choice."""
    if isinstance(node, ast.JoinedStr):
        found = {""}
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            said = _texts(inner) if isinstance(inner, ast.IfExp | ast.Constant) else {"{}"}
            found = {before + after for before in found for after in said}
        return found
    if isinstance(node, ast.IfExp):
        return _texts(node.body) | _texts(node.orelse)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.BoolOp):
        return {text for one in node.values for text in _texts(one)}
    return set()


def _said(path: Path) -> set[str]:
    """Every sentence of a file that is handed to somebody as a fault or as advice."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            for place in MAKERS.get(name, ()):
                found |= _texts(node.args[place]) if len(node.args) > place else set()
        elif isinstance(node, ast.Return) and node.value is not None and path.stem in ("units", "problems"):
            found |= _texts(node.value)
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and path.stem == "worked":
            found |= {text for one in node.value.elts for text in _texts(one)}
    return {text for text in found if re.search(r"[a-z]{2}", text)}


@pytest.mark.parametrize("path", sorted((REPOSITORY / "policies").glob("*.py")), ids=lambda path: path.stem)
def test_every_fault_of_a_pack_has_its_chinese(path: Path) -> None:
    silent = {text for text in _said(path) if not CHINESE.search(in_chinese(text.replace("{}", "X")))}
    assert silent - COMPOSED == set()


def test_every_fault_keeps_what_it_is_filled_with() -> None:
    for english, chinese in FAULTS.items():
        holes = {int(hole) for hole in re.findall(r"(?<!\{)\{(\d)\}", chinese)}
        assert holes == set(range(english.count("{}"))), english
    assert [english for english in FAULTS if english in SENTENCES] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("region_code: CQ", "region_code: cq"),
        ("cites: CQ2021-6.11", "cites: CQ2021-6.111"),
        ("value: 7, cites: CQ2021-6.11", "value: seven, cites: CQ2021-6.11"),
        ("unit: calendar_day", "unit: calender_day"),
        ("holds_from: 2020-01-06", "holds_from: 2019-01-06"),
        ("approval:", "aproval:"),
        ("holds_from: 2020-01-06", "holds_from: soon"),
        ("closes_when: [list-confirmed]", "closes_when: ['phase:archief']"),
        ("- {role: county-education-authority, action: approve,", "- {role: county-authority, action: approve,"),
        ("pack: shulan-2017", "pack: shulan-2071"),
    ],
)
def test_a_spoilt_pack_is_told_of_in_one_language(tmp_path: Path, old: str, new: str) -> None:
    text = (REPOSITORY / "policies" / "chongqing-2021.yaml").read_text(encoding="utf-8")
    assert old in text
    path = paper(tmp_path, "chongqing-2021.yaml", text.replace(old, new, 1))
    chinese, english = (songjiao("policy", "check", path, lang=lang) for lang in ("zh-CN", "en"))
    assert (chinese.status, english.status) == (1, 1)
    assert [line for line in english.err.splitlines() if CHINESE.search(line)] == []
    told = [line.partition(" ")[2] for line in chinese.err.splitlines()]
    assert [line for line in told if not CHINESE.search(line)] == []
    assert [line for line in told if re.search(r"\b(the|is|has|does|are|of|a)\b [a-z]", line)] == []
    assert len(chinese.err.splitlines()) == len(english.err.splitlines()) > 0


def test_a_fault_within_another_pack_and_within_the_cases_is_in_chinese_throughout() -> None:
    inner = "pack 'b-2020' cannot be used (2 problems of its own, the first: rules.x: unknown unit 'day')"
    cases = "cases/b-2020/one.yaml:3: the key 'given' is missing"
    with speaking("zh-CN"):
        told = fault(Problem("a-2020.yaml", 4, "adopts[0].pack", inner, "run `songjiao policy check b-2020.yaml`"))
        case = fault(Problem("a-2020.yaml", 0, "complete", cases, "add it"))
    assert told == (
        "a-2020.yaml:4: adopts[0].pack: 政策包 'b-2020' 不能使用(自身有 2 处错误,第一处:rules.x: 没有单位 'day');"
        "请运行 songjiao policy check b-2020.yaml"
    )
    assert case == "a-2020.yaml: complete: cases/b-2020/one.yaml:3:缺少 'given' 这一项;请补上"


def test_the_packs_that_songjiao_brings_have_no_fault() -> None:
    for path in sorted((REPOSITORY / "policies").glob("*-*.yaml")):
        assert check_file(path) == []
