"""A small office for the tests of the command line: its people, the examples of the documentation, a clock to set."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import select

from cli.main import run
from models.act import SYSTEM
from models.office import BusinessClock
from models.people import Person
from models.review import ApprovalStep, OneTimeCode
from office.runtime.database import engine_for
from office.runtime.settings import REPOSITORY, Settings
from office.runtime.transactions import reading, transaction

PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"
ORGANISATIONS = (
    ("示例市教委", "municipal-education-commission", None),
    ("示例市教师发展中心", "municipal-teacher-development-centre", "示例市教委"),
    ("示例项目办", "programme-office", "示例市教委"),
    ("示例视导组", "inspection-panel", "示例市教委"),
    ("示例云溪区教委", "county-education-authority", "示例市教委"),
    ("示例云溪区教师进修学院", "county-teacher-development-institute", "示例云溪区教委"),
    ("示例云溪区实验小学", "school", "示例云溪区教委"),
    ("示例石桥镇中心小学", "school", "示例云溪区教委"),
    ("示例小学数学送培团队", "training-team", "示例云溪区教委"),
)
PEOPLE = (
    ("office", "示例·办公室", "示例项目办", ("programme-office",)),
    ("county", "示例·区教委", "示例云溪区教委", ("county-education-authority",)),
    ("commission", "示例·市教委", "示例市教委", ("municipal-education-commission",)),
    ("institute", "示例·进修学院", "示例云溪区教师进修学院", ("county-teacher-development-institute",)),
    ("clerk", "示例·经办", "示例云溪区教师进修学院", ("clerk",)),
    ("centre", "示例·中心", "示例市教师发展中心", ("municipal-teacher-development-centre",)),
    ("panel", "示例·视导", "示例视导组", ("inspection-panel",)),
    ("host", "示例·何老师", "示例云溪区实验小学", ("contact", "host-institution")),
    ("school", "示例·石老师", "示例石桥镇中心小学", ("contact",)),
    ("team", "示例·罗教研员", "示例小学数学送培团队", ("training-team",)),
    ("teacher-1", "示例·王小明", "示例石桥镇中心小学", ("teacher",)),
    ("teacher-2", "示例·李小红", "示例石桥镇中心小学", ("teacher",)),
    ("teacher-3", "示例·赵小刚", "示例石桥镇中心小学", ("teacher",)),
)


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        """The table it printed, without its heads."""
        return [line.split("\t") for line in self.out.splitlines()[1:]]


def songjiao(*argv: object, lang: str = "zh-CN") -> Answer:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run([*map(str, argv), "--lang", lang])
    return Answer(status, out.getvalue(), err.getvalue())


def done(*argv: object, lang: str = "zh-CN") -> Answer:
    """Run a command that must be done."""
    answer = songjiao(*argv, lang=lang)
    assert answer.status == 0, f"{' '.join(map(str, argv))}\n{answer.err}{answer.out}"
    return answer


def set_clock(day: str, hour: int = 10) -> None:
    """Let it be ten o'clock (in Chongqing) of a day."""
    with transaction(SYSTEM) as act:
        clock = act.session.get(BusinessClock, 1) or BusinessClock(id=1)
        moment = datetime.fromisoformat(f"{day}T{hour:02d}:00:00+08:00")
        clock.demo, clock.frozen_at = True, moment.astimezone(UTC)
        act.session.add(clock)


_peopled: list[tuple[bytes, Mapping[str, str]]] = []


def people_the_office(office: Settings) -> Mapping[str, str]:
    """An office with its people; gives their numbers by their short names. Made once, then copied."""
    ledger = office.root / "songjiao.db"
    if not _peopled:
        refs = _people()
        engine_for(office.ledger_url).dispose()  # the last connection leaves everything in the one file
        _peopled.append((ledger.read_bytes(), refs))
    else:
        engine_for(office.ledger_url).dispose()
        ledger.write_bytes(_peopled[0][0])
    return _peopled[0][1]


def _people() -> Mapping[str, str]:
    for name, kind, parent in ORGANISATIONS:
        more = ["--parent", parent] if parent else []
        more += ["--rural"] if "石桥" in name else []
        done("organisation", "add", name, "--kind", kind, "--sample", *more)
    refs = {}
    for short, name, home, roles in PEOPLE:
        given = [word for role in roles for word in ("--role", role)]
        mail = [] if short.startswith("teacher") else ["--email", f"{short}@example.test"]
        refs[short] = done("person", "add", name, "--in", home, *given, *mail, "--json").data["ref"]
    return refs


def example(kind: str) -> str:
    """An example of `docs/commands.md`: what people copy from there must work."""
    text = (REPOSITORY / "docs" / "commands.md").read_text(encoding="utf-8")
    found = re.search(rf"```yaml {kind}\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found.group(1)


def paper(folder: Path, name: str, content: str | bytes) -> Path:
    """A file to hand in."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def code_of(ref: str) -> str:
    """The code that a person of the step that waits was sent."""
    with reading() as act:
        row = act.session.exec(
            select(OneTimeCode, Person)
            .join(Person, Person.id == OneTimeCode.person_id)  # type: ignore[arg-type]
            .join(ApprovalStep, ApprovalStep.id == OneTimeCode.step_id)  # type: ignore[arg-type]
            .where(ApprovalStep.state == "open", Person.ref == ref)
        ).one()
        return act.code_of(row[0].step_id, row[1].id, row[0].nonce)


def head() -> str:
    """The head of the chain of events: whatever was recorded would move it."""
    found: str = done("audit", "verify", "--json").data["head"]
    return found
