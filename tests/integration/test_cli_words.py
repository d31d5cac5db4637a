"""The command line speaks both languages, starts light, and ends a process with the promised status."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.chinese import SENTENCES, in_chinese
from cli.language import counted, take_language
from cli.main import _tree, run
from office.runtime.settings import REPOSITORY, Settings
from tests.integration.cli_world import done, paper, songjiao

CHINESE = re.compile(r"[一-鿿]")
# Where sentences for people are made in English only; rules and decisions carry both languages themselves.
SAID = {"BadInput", "NotFound", "KeyReused", "ValueError", "Misplaced"}
FIELDS = re.compile(r"\w+(?:, \w+)+")  # `host, kind, level`: names of fields, the same in both languages
COMPOSED = {"{} {}; give the person's number such as P-0001"}  # its beginning is one of two, looked up below


def sentences(path: Path) -> set[str]:
    """The sentences of a file that people get to read in an error, with `{}` where something is filled in."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _name(node.exc) in SAID:
            found |= _texts(node.exc)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            found |= _texts(node) if ast.unparse(node.func.value) == "problems" else set()
    return found


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _texts(node: ast.AST) -> set[str]:
    if isinstance(node, ast.JoinedStr):
        return {"".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)}
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    return {text for child in ast.iter_child_nodes(node) for text in _texts(child)}


def test_every_sentence_of_the_ledger_has_its_chinese() -> None:
    files = [*sorted((REPOSITORY / "ledger").rglob("*.py")), REPOSITORY / "models" / "values.py"]
    said = {text for path in files for text in sentences(path) if len(text.replace("{}", "").split()) > 1}
    silent = {text for text in said if not CHINESE.search(in_chinese(text.replace("{}", "X")))}
    assert {text for text in silent if not FIELDS.fullmatch(text)} == COMPOSED
    assert in_chinese("nobody is called X; give the person's number such as P-0001").startswith("查无此人:X")
    assert in_chinese("several people are called X; give the person's number such as P-0001").startswith("有多人叫")


def test_what_a_sentence_is_filled_with_stays_in_its_place() -> None:
    wrong = [
        english
        for english, chinese in SENTENCES.items()
        if {int(hole) for hole in re.findall(r"(?<!\{)\{(\d)\}", chinese)} - set(range(english.count("{}")))
    ]
    assert wrong == []


def test_an_unknown_sentence_stays_as_it_is() -> None:
    assert in_chinese("nobody has written this sentence yet") == "nobody has written this sentence yet"


def test_help_is_in_one_language_throughout() -> None:
    found = []

    def look(command: object, path: str, language: str) -> None:
        texts = [getattr(command, "help", ""), *(getattr(p, "help", "") for p in command.params)]  # type: ignore[attr-defined]
        for text in texts:
            spoken = "zh-CN" if CHINESE.search(text or "") else "en"
            if text and (spoken != language or "\u2016" in text):
                found.append(f"{path}: {text}")
        for name, below in getattr(command, "commands", {}).items():
            look(below, f"{path} {name}", language)

    for language in ("zh-CN", "en"):
        look(_tree(language), language, language)
    assert [one for one in found if "Show this message" not in one] == []


def test_every_command_stands_in_the_documentation() -> None:
    documented = (REPOSITORY / "docs" / "commands.md").read_text(encoding="utf-8")
    families = _tree("en").commands
    commands = [f"{name} {verb}" for name, family in families.items() for verb in getattr(family, "commands", {})]
    commands += [name for name, family in families.items() if not hasattr(family, "commands")]
    assert [one for one in commands if not re.search(rf"`{one}[ `]", documented)] == []


@pytest.mark.parametrize(
    ("arguments", "language"),
    [(["--lang", "en", "policy"], "en"), (["policy", "--lang=zh"], "zh-CN"), (["policy", "--lang", "ZH-cn"], "zh-CN")],
)
def test_the_language_may_be_named_anywhere(arguments: list[str], language: str) -> None:
    assert take_language(arguments) == (language, ["policy"])


def test_a_clause_is_explained_with_its_words_and_its_uses() -> None:
    answer = songjiao("policy", "explain", "CQ2021-6.11", "--json")
    assert answer.data["quote"] == "项目结束后一周内报送培训总结、课程资源等培训过程档案资料"
    assert "closing.archive.due" in answer.data["used_by"]["chongqing-2021"]
    said = songjiao("policy", "explain", "CQ2021-6.11", lang="en").out
    assert f"  Quote: {answer.data['quote']}\n" in said
    assert "\nchongqing-2021 rests on it\n  value: " in said
    chinese = songjiao("policy", "explain", "CQ2021-6.11", lang="zh").out
    order = [chinese.index(words) for words in ("  原文: ", "chongqing-2021 据此规定\n", "  英文注释: Within one week")]
    assert order == sorted(order)


def test_a_pack_is_shown_with_law_and_office_settings_apart() -> None:
    shown = songjiao("policy", "show", "chongqing-2021", "--kind", "send-teaching", lang="en").out
    law, settings = shown.index("Values of the regulation"), shown.index("Office settings (no clause gives these)")
    assert law < shown.index("closing.archive.due:") < settings < shown.index("decision.county.days:")
    assert "(adopted from shulan-2017)" in shown
    assert songjiao("policy", "show", "chongqing-2021", "--json").data["region_code"] == "CQ"


def test_a_pack_is_checked_and_its_faults_are_named_with_file_and_line(tmp_path: Path) -> None:
    good = REPOSITORY / "policies" / "shulan-2017.yaml"
    assert songjiao("policy", "check", good).status == 0
    bad = tmp_path / "shulan-2017.yaml"
    bad.write_text(good.read_text(encoding="utf-8").replace("region_code:", "region_kode:", 1), encoding="utf-8")
    answer = songjiao("policy", "check", good, bad, lang="en")
    assert answer.status == 1
    assert re.search(r"^shulan-2017\.yaml:\d+: region_kode: .*did you mean region_code\?", answer.err, re.MULTILINE)
    many = len(answer.err.splitlines())
    assert answer.out == f"shulan-2017.yaml: no problem\nshulan-2017.yaml: {many} problems\n"
    assert songjiao("policy", "check", tmp_path / "none.yaml").status == 1


def test_one_of_a_thing_is_said_in_the_singular(tmp_path: Path) -> None:
    pack = tmp_path / "shulan-2017.yaml"
    answer = songjiao("policy", "check", paper(tmp_path, pack.name, "a: &x\n"), lang="en")
    assert (answer.status, answer.out) == (1, "shulan-2017.yaml: 1 problem\n")
    assert [counted(number, "try", "tries") for number in (0, 1, 2)] == ["0 tries", "1 try", "2 tries"]
    shown = songjiao("policy", "show", "chongqing-2021", "--kind", "send-teaching", lang="en").out
    assert re.findall(r"\b1 (?:calendar days|working days|items|years|credit hours)", shown) == []
    assert "1 calendar day" in shown


class Terminal(io.StringIO):
    """A stdout that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_list_is_drawn_on_a_terminal_and_cut_by_tabs_elsewhere(sqlite_office: Settings) -> None:
    name = "示例[bold]学校\x1b[31m\t红\u202e"
    done("organisation", "add", name, "--kind", "school")
    assert done("organisation", "list").rows == [["示例[bold]学校 [31m 红", "学校", "", "学校", ""]]
    with contextlib.redirect_stdout(Terminal()) as screen:
        assert run(["organisation", "list", "--lang", "zh-CN"]) == 0
    drawn = screen.getvalue()
    assert "示例[bold]学校 [31m 红" in drawn
    assert "\t" not in drawn
    assert "\x1b[31m" not in drawn


# --- the process ------------------------------------------------------------------------------------------------------


def process(*argv: str, stdout: int = subprocess.PIPE, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *argv],
        cwd=REPOSITORY,
        env={"PATH": "/usr/bin:/bin", **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_the_program_speaks_the_language_of_its_locale_and_ends_with_its_status(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    english = process("programme", "list", LANG="en_US.UTF-8", SONGJIAO_DATA_DIR=data)
    assert (english.returncode, english.stdout) == (3, "")
    assert english.stderr.startswith("there is no ledger yet")
    chinese = process("programme", "list", LANG="zh_CN.UTF-8", SONGJIAO_DATA_DIR=data)
    assert chinese.stderr.startswith("还没有台账")
    assert not (tmp_path / "data").exists()


def test_help_needs_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys; from cli.main import run; status = run(['--help']); "
        "heavy = {'sqlmodel', 'sqlalchemy', 'pydantic_settings', 'yaml', 'prefect', 'apprise', 'rich', 'ledger'}; "
        "print(status, sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == "0 []\n"


def test_a_reader_that_goes_away_is_no_trouble() -> None:
    shown = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "policy", "show", "chongqing-2021", "--json"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert shown.stdout is not None
    assert shown.stderr is not None
    with shown.stderr as errors:
        shown.stdout.close()
        said = errors.read()
    assert (shown.wait(60), said) == (0, b"")
