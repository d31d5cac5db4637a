"""The sample office of `samples/` can be set up twice: what is there stays, what is missing comes."""

from __future__ import annotations

import shlex
import subprocess
import sys

from office.runtime.settings import REPOSITORY, Settings
from tests.integration.cli_world import done

KNOWN = "已登记过,不再登记 / exists already"


def set_up() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "samples/first-office.sh"],
        cwd=REPOSITORY,
        env={
            "PATH": "/usr/bin:/bin",
            "LANG": "zh_CN.UTF-8",
            "SONGJIAO": f"{shlex.quote(sys.executable)} -m cli.main",
            "SONGJIAO_DATA_DIR": str(Settings().data_dir),
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def written(verb: str) -> list[list[str]]:
    """The arguments of the script's lines that begin with `body` or `person`."""
    text = (REPOSITORY / "samples" / "first-office.sh").read_text(encoding="utf-8")
    return [shlex.split(line)[1:] for line in text.splitlines() if line.startswith(f"{verb} ")]


def test_the_sample_office_is_completed_where_a_part_is_there_and_then_left_as_it_is(sqlite_office: Settings) -> None:
    bodies, people = written("body"), written("person")
    for body in bodies[:-1]:  # an earlier run that was cut off; in this process, since each command is one of its own
        done("organisation", "add", *body, "--sample")
    for person in people[:-2]:
        done("person", "add", *person)
    first = set_up()
    assert (first.returncode, first.stderr) == (0, "")
    there = [one[0] for one in (*bodies[:-1], *people[:-2])]
    came = [f"已登记:{bodies[-1][0]}", "已登记:P-0008", "已登记:P-0009"]
    assert sorted(first.stdout.splitlines()) == sorted([f"{KNOWN}: {name}" for name in there] + came)
    rows = done("person", "list", "--names", "--json").data
    assert [one["name"] for one in rows] == [one[0] for one in people]
    assert [(one["ref"], one["name"]) for one in rows if "clerk" in one["roles"]] == [("P-0009", "示例·区教委经办")]
    assert rows[1]["name"] == "示例·区教委"  # P-0002, as the README has it
    assert [one["name"] for one in done("organisation", "list", "--json").data if not one["sample"]] == []
    again = set_up()
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines() == [f"{KNOWN}: {one[0]}" for one in (*bodies, *people)]
    assert done("person", "list", "--names", "--json").data == rows
