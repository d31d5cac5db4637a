"""How the files of the house are kept: short, in words, and without a trace of the machine they were written on."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.house import ROOM_FOLDERS, files, python_files

pytestmark = pytest.mark.architecture

LONGEST = 400
FORBIDDEN_NAMES = {"utils", "util", "helper", "helpers", "manager", "managers", "common", "misc"}
SPEAKING_ROOMS = ("rules", "policies", "ledger")
BINARY = {".db", ".png", ".jpg", ".jpeg", ".webp", ".woff2", ".xlsx", ".pdf", ".docx", ".ico", ".gif", ".zip"}

# Home folders, working folders, package indexes and the addresses of private networks. `/home/` and `/Users/` are
# written in pieces so that this file does not find itself.
MACHINE = re.compile(
    "|".join(
        [
            r"(?<![\w.])/(?:home|Users|root|work)" + r"/\w",
            r"/opt/(?:pypi|wheels)",
            r"\b(?:pypi|files)\.python" + r"hosted\b|\bpypi\." + r"org\b|registry\.npm" + r"js\b",
            r"--(?:extra-)?index" + r"-url|--trusted" + r"-host",
            r"\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b(?=[:/])",
            r"file:///" + r"\w",
        ]
    )
)
# The texts of the regulations stand as they were published.
AS_PUBLISHED = "policies/regulations"


def texts(repository: Path) -> list[tuple[str, str]]:
    """Each text file of the house with its path; a file that is not UTF-8 is a finding of its own."""
    return [
        (str(path.relative_to(repository)), path.read_text(encoding="utf-8"))
        for path in files()
        if path.suffix.lower() not in BINARY
    ]


def test_no_python_file_is_longer_than_a_reader_can_hold(repository: Path) -> None:
    migrations = repository / "models" / "migrations" / "versions"  # one revision is one list, made by Alembic
    written = [path for path in python_files() if migrations not in path.parents]
    lengths = {str(path.relative_to(repository)): len(path.read_text().splitlines()) for path in written}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_no_file_is_a_drawer_for_everything(repository: Path) -> None:
    named = [str(path.relative_to(repository)) for path in python_files() if path.stem.strip("_") in FORBIDDEN_NAMES]
    assert named == []


def test_no_file_tells_of_the_machine_it_was_written_on(repository: Path) -> None:
    found = [
        f"{name}:{number}: {match.group()}"
        for name, text in texts(repository)
        if not name.startswith(AS_PUBLISHED)
        for number, line in enumerate(text.splitlines(), 1)
        for match in MACHINE.finditer(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "see /ho" + "me/ann/x.py",
        "pip install --index" + "-url x",
        "file:" + "///opt",
        "10.0." + "0.7:80",
        "/wo" + "rk/main",
    ],
)
def test_traces_of_a_machine_are_recognised(line: str) -> None:
    assert MACHINE.search(line)


@pytest.mark.parametrize(
    "line", ["http://127.0.0.1:4200/api", "docs/home/index.md", "version 10.2", "sqlite:///data/x.db"]
)
def test_ordinary_lines_are_not_taken_for_traces(line: str) -> None:
    assert not MACHINE.search(line)


def public_without_words(path: Path) -> list[str]:
    """Public functions, methods and classes of a file that have no docstring."""
    missing = []

    def look(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith(
                "_"
            ):
                overloaded = any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list)
                if ast.get_docstring(node) is None and not overloaded:
                    missing.append(f"{prefix}{node.name}, line {node.lineno}")
                if isinstance(node, ast.ClassDef):
                    look(node.body, f"{node.name}.")

    look(ast.parse(path.read_text()).body, "")
    return missing


@pytest.mark.parametrize("room", [room for room in SPEAKING_ROOMS if room in ROOM_FOLDERS])
def test_public_names_of_the_inner_rooms_say_what_they_do(repository: Path, room: str) -> None:
    found = {
        str(path.relative_to(repository)): missing
        for path in python_files()
        if path.is_relative_to(repository / room) and AS_PUBLISHED not in str(path)
        if (missing := public_without_words(path))
    }
    assert found == {}


@pytest.mark.parametrize("room", ROOM_FOLDERS)
def test_every_module_opens_by_saying_what_it_is_for(repository: Path, room: str) -> None:
    silent = [
        str(path.relative_to(repository))
        for path in python_files()
        if path.is_relative_to(repository / room) and "migrations/versions" not in str(path)
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def test_rules_have_no_clock_no_files_and_no_environment(repository: Path) -> None:
    """A rule gets the moment and the pack as arguments, so that the same question always gets the same verdict."""
    readings = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "open", "getenv", "read_text"}
    modules = {"random", "secrets", "os", "time", "socket", "subprocess", "threading", "asyncio"}
    found = []
    for path in python_files():
        if not path.is_relative_to(repository / "rules"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            name = str(path.relative_to(repository))
            if isinstance(node, ast.Call):
                called = node.func
                word = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                if word in readings and (isinstance(called, ast.Name) is (word == "open")) and not _builds_time(called):
                    found.append(f"{name}:{node.lineno}: {word}()")
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                found += [f"{name}:{node.lineno}: import {n}" for n in names if n.split(".")[0] in modules]
    assert found == []


def _builds_time(called: ast.expr) -> bool:
    """Whether this is `moment.time()`, which takes a moment apart, and not a reading of the clock."""
    return (
        isinstance(called, ast.Attribute)
        and called.attr == "time"
        and not (isinstance(called.value, ast.Name) and called.value.id == "time")
    )


def test_every_clause_stands_in_its_source(repository: Path) -> None:
    checker = repository / "policies" / "regulations" / "check_clauses.py"
    done = subprocess.run([sys.executable, checker], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def test_pins_cover_every_dependency_and_name_no_index(repository: Path) -> None:
    """`constraints.txt` must fix each direct dependency, by name and version and nothing else."""
    pins = [
        line
        for line in (repository / "constraints.txt").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    assert [line for line in pins if not re.fullmatch(r"[a-z0-9.-]+==[0-9][\w.]*( ; .+)?", line)] == []
    pinned = {line.split("==")[0] for line in pins}
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    wanted = {
        re.match(r"[\w.-]+", line).group().lower()  # type: ignore[union-attr]
        for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    }
    assert sorted(wanted - pinned) == []


def test_make_help_lists_every_target(repository: Path) -> None:
    makefile = (repository / "Makefile").read_text()
    declared = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split())
    shown = subprocess.run(["make", "help"], cwd=repository, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make (\w+)", shown, re.MULTILINE)) == declared
    assert {"demo", "test", "up", "help"} <= declared
