"""The edge of the command line: opens the act, commits once, and holds what the commands of every family share.

An act is one transaction under the client's key; a reading changes nothing. Where there is no ledger yet, none is made
by looking. Decides nothing of a regulation.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.language import both, say
from cli.output import as_data, line

if TYPE_CHECKING:
    from ledger.filings import Stored
    from models.act import Act
    from office.runtime.settings import Settings
    from policies.loader import Library

REASON, COMMENT, MOST_SESSIONS = 400, 2000, 10_000
"""How many characters a reason and a comment may have, and up to which number sessions are counted."""
SCANS = ("pdf", "jpg", "png")
"""The kinds of file that a scan of a stamped page may be."""
Who = Annotated[
    str,
    typer.Option(
        "--as", envvar="SONGJIAO_AS", metavar="P-0001", help=both("经办人的人员编号", "Number of the person who acts")
    ),
]
MaybeWho = Annotated[
    str | None,
    typer.Option(
        "--as", envvar="SONGJIAO_AS", metavar="P-0001", help=both("经办人的人员编号", "Number of the person who acts")
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="TEXT",
        help=both("幂等键:同一键重复执行只办一次", "Idempotency key: said twice under one key, done once"),
    ),
]
Json = Annotated[bool, typer.Option("--json", help=both("以 JSON 输出", "Print JSON"))]
Ref = Annotated[
    str, typer.Argument(metavar="REF", help=both("项目编号,如 CQ-2026-0001", "Programme, such as CQ-2026-0001"))
]
MaybeRef = Annotated[
    str | None,
    typer.Argument(metavar="REF", help=both("项目编号,如 CQ-2026-0001", "Programme, such as CQ-2026-0001")),
]
SessionNumber = Annotated[
    int | None,
    typer.Option(
        "--session",
        min=1,
        max=MOST_SESSIONS,
        help=both("第几期(班);只有一期时可省略", "Session; may be left out where there is one"),
    ),
]
School = Annotated[
    str | None,
    typer.Option(
        "--school", help=both("乡村学校名称(分校开展的阶段)", "Rural school, for a stage that runs per school")
    ),
]


class NoLedger(Exception):
    """This office has no ledger yet."""


class NotADay(typer.BadParameter):
    """What was given for a day is none."""


class TooLong(typer.BadParameter):
    """A text is longer than is kept."""


class NotText(typer.BadParameter):
    """What was piped in is no text."""


def office() -> "Settings":
    """The settings of this office."""
    from office.runtime.settings import settings

    return settings()


@lru_cache
def _library(directory: Path) -> "Library":
    from policies.loader import Library

    return Library(directory)


def library() -> "Library":
    """The packs of this office; read once in a process."""
    return _library(office().policies_dir)


@contextmanager
def acting(who: str | None, key: str | None) -> Iterator["Act"]:
    """One act on the ledger by a person: committed once when the block ends, undone whole when it raises."""
    from ledger.people import person
    from models.act import Actor
    from models.states import Door
    from office.runtime.transactions import transaction

    _must_exist()
    with transaction(Actor(door=Door.CLI), key or None) as act:
        yield replace(act, actor=Actor(door=Door.CLI, person_id=person(act, who).id)) if who else act


@contextmanager
def looking() -> Iterator["Act"]:
    """A look at the ledger; nothing is changed."""
    from office.runtime.transactions import reading

    _must_exist()
    with reading() as act:
        yield act


def _must_exist() -> None:
    """A look must not leave an empty database behind, which would then pass for a ledger."""
    from sqlalchemy.engine import make_url

    url = make_url(office().ledger_url)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise NoLedger(url.database)


def session_number(act: "Act", ref: str, given: int | None) -> int:
    """The session that is meant: the one that was named, or the only one. Raises `BadInput` where several are there."""
    from ledger.errors import BadInput
    from ledger.lifecycle import sessions_of
    from ledger.programmes import by_ref

    if given is not None:
        return given
    numbers = [row.number for row in sessions_of(act, by_ref(act, ref))]
    if len(numbers) != 1:
        raise BadInput([("--session", f"the programme has the sessions {', '.join(map(str, numbers))}; name one")])
    return numbers[0]


def day(text: str) -> date:
    """A day as people write it in an option, of these centuries. Raises a usage error for anything else."""
    from cli.failures import sentence
    from models.values import within_reach

    try:
        given = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        given = None  # said below, in the reader's language
    if given is not None:
        try:
            return within_reach(given)
        except ValueError as error:
            raise NotADay(sentence(str(error))) from None
    raise NotADay(say(f"{text} 不是日期,请写成 2026-03-23", f"{text} is not a day; write it as 2026-03-23"))


def span(text: str) -> int:
    """Days from `7d`, `2w` or `7`. Raises a usage error for anything else.

    >>> span("7d"), span("2w")
    (7, 14)
    """
    number, unit = (text[:-1], text[-1]) if text[-1:] in ("d", "w") else (text, "d")
    if not number.isdecimal() or len(number) > 4:
        raise NotADay(say(f"{text} 不是时间长度,请写成 7d 或 2w", f"{text} is not a length of time; write 7d or 2w"))
    return int(number) * (7 if unit == "w" else 1)


def at_most(most: int) -> Callable[[str | None], str | None]:
    """For an option that takes a text: one that is longer is a usage error, instead of being cut without a word."""

    def look(text: str | None) -> str | None:
        if text is not None and len(text) > most:
            told = say(
                f"超过 {most} 个字;详情请另附材料", f"is longer than {most} characters; hand in a document instead"
            )
            raise TooLong(told)
        return text

    return look


def piped(read: Callable[[], str]) -> str:
    """What is piped in. Raises a usage error for what is no UTF-8 text."""
    try:
        text = read()
        text.encode()
    except UnicodeError:
        raise NotText(say("标准输入不是 UTF-8 文字", "the standard input is not UTF-8 text")) from None
    return text


def unseen(asked: str) -> str:
    """A secret, typed unseen on a terminal or read, unasked, from what is piped in. Raises `Abort` when nothing comes."""
    if sys.stdin.isatty():
        return getpass(asked)
    given = piped(sys.stdin.readline).strip()
    if not given:
        raise typer.Abort
    return given


def keep_file(path: Path, formats: Sequence[str]) -> "Stored":
    """Put a file into the store of documents by its hash. Raises `BadInput` for one that is not taken.

    The size is looked at before the first byte is copied: a file of 200 MB costs nothing.
    """
    from ledger.errors import BadInput
    from ledger.filings import store

    limit = office().upload_limit_mb
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is not there"
            raise BadInput([("file", f"{path.name}: {what}; check the name")])
        if path.stat().st_size > limit * 1024 * 1024:
            raise BadInput([("file", f"{path.name}: larger than {limit} MB; send a smaller file")])
        with path.open("rb") as source:
            return store(office().documents_dir, source, path.name, list(formats), limit)
    except PermissionError:
        raise BadInput([("file", f"{path.name}: may not be read; check its permissions")]) from None


def told(answer: Any, sentence: str, as_json: bool) -> None:
    """Say what came of an act: a sentence, or the ledger's answer as JSON."""
    if as_json:
        as_data(answer)
    else:
        line(sentence)


def local_day(moment: datetime, act: "Act") -> date:
    """The day of a moment where the regulation holds."""
    return moment.astimezone(act.zone).date()
