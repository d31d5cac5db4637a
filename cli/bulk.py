"""`songjiao approval decide --all-of`: which steps are meant, with which codes, and what came of them.

Steps are named by a filter (`tier=centre,subject=plan,programme=CQ-2025-*`) or by a file of `ref,code` rows; each
needs its own one-time code, from the file or asked for on the terminal. Decides nothing: the ledger does, step by step.
"""

import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from pydantic import BaseModel

from cli.bulk_rows import DECISIONS, Row, padded, read_rows
from cli.edge import SCANS, acting, day, keep_file, looking
from cli.language import say, spoken
from cli.output import as_data, complain, line, listed
from cli.words import word

if TYPE_CHECKING:
    from ledger.bulk import Pick, Result
    from ledger.filings import Stored
    from ledger.queries.choices import Choice, StepFilter
    from models.act import Act
    from models.states import DecisionOutcome

_FIELDS = ("programme", "subject", "tier", "organisation", "host", "until")


class Asked(BaseModel):
    """What a person asked for at the command line."""

    who: str
    all_of: str
    codes: Path | None = None
    decision: str | None = None
    comment: str = ""
    subject: str | None = None
    on_behalf_of: str | None = None
    scan: Path | None = None
    key: str | None = None
    dry_run: bool = False
    as_json: bool = False


def decide_all(asked: Asked) -> None:
    """Decide, or with `dry_run` list, every step that is meant. Ends with status 1 when one was not decided."""
    from ledger.bulk import MOST_KEY, Summary, decide_each
    from ledger.queries.choices import choices

    if asked.key and len(asked.key) > MOST_KEY:
        raise typer.BadParameter(say(f"--key 最长 {MOST_KEY} 字", f"--key has at most {MOST_KEY} signs"))
    wanted, rows = _meant(asked)
    with looking() as act:
        offered = choices(act, asked.who, asked.key)
    picked, missed = _matched(offered, wanted, rows, asked.subject)
    if asked.dry_run:
        _show(picked, missed, asked.as_json)
        return
    if not picked and not missed:
        complain(_nothing(offered))
        raise typer.Exit(1)
    stored = keep_file(asked.scan, SCANS) if asked.scan else None
    summary = Summary()
    for one in missed:
        summary.add(one)
    picks = list(_with_codes(picked, asked, summary))
    done = decide_each(_begin(asked.who), picks, asked.who, **_same_for_all(asked, stored))
    done.refused = summary.refused + done.refused
    if asked.as_json:
        as_data(done)
    else:
        _tell(done.decided, done.refused)
    if done.stopped is not None:
        again = f" --key {asked.key}" if asked.key else ""
        complain(
            say(
                f"因系统故障中止:{done.stopped};请用同一命令{again}再办一次",
                f"stopped by a trouble of the system: {done.stopped}; run the same command{again} again",
            )
        )
        raise typer.Exit(3)
    if done.refused:
        raise typer.Exit(1)


def _same_for_all(asked: Asked, stored: "Stored | None") -> dict[str, Any]:
    return {"key": asked.key, "on_behalf_of": asked.on_behalf_of, "scan": stored}


def _begin(who: str) -> Any:
    def begin(key: str | None) -> "AbstractContextManager[Act]":
        return acting(who, key)

    return begin


# --- which steps ----------------------------------------------------------------------------------------------------


def _meant(asked: Asked) -> tuple["StepFilter | None", list[Row]]:
    """The filter, or None where a file names the steps; and the rows of the files."""
    rows = read_rows(asked.codes) if asked.codes else []
    if "=" in asked.all_of and not Path(asked.all_of).is_file():
        return read_filter(asked.all_of), rows
    named = read_rows(Path(asked.all_of))
    codes = {(row.ref, row.subject): row.code for row in rows}
    for row in named:
        row.code = row.code or codes.get((row.ref, row.subject), "") or codes.get((row.ref, ""), "")
    return None, named


def read_filter(text: str) -> "StepFilter":
    """A filter such as `tier=centre,subject=plan,programme=CQ-2025-*`. Raises a usage error that names what is known."""
    from ledger.queries.choices import StepFilter

    found: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if name not in _FIELDS or not equals or not value:
            raise typer.BadParameter(
                say(
                    f"--all-of 中的“{part}”无法识别;请写成 名称=值,名称可用:{'、'.join(_FIELDS)}",
                    f"--all-of: {part!r} is not understood; write name=value, with one of {', '.join(_FIELDS)}",
                )
            )
        if name == "until":
            found["until"] = day(value)
        else:
            found[name] = (*found.get(name, ()), value)
    return StepFilter(**found)


def _matched(
    offered: Sequence["Choice"], wanted: "StepFilter | None", rows: list[Row], subject: str | None
) -> tuple[list[tuple["Choice", Row | None]], list["Result"]]:
    """The steps that are meant, each with its row, and the rows that mean none, or no single one."""
    if subject is not None:
        offered = [one for one in offered if one.subject == subject]
    if wanted is not None:
        chosen = [one for one in offered if wanted.fits(one)]
        return [(one, _row_of(one, rows)) for one in chosen], []
    found: list[tuple[Choice, Row | None]] = []
    missed: list[Result] = []
    for row in rows:
        fitting = [one for one in offered if _fits(row, one)]
        if len(fitting) == 1 and all(fitting[0] != one for one, _ in found):
            found.append((fitting[0], row))
        else:
            missed.append(_missed(row, fitting))
    return found, missed


def _fits(row: Row, one: "Choice") -> bool:
    subjects = (one.subject, *one.subject.split("-"), word(one.subject))
    return row.ref.casefold() == one.programme.casefold() and (not row.subject or row.subject in subjects)


def _row_of(one: "Choice", rows: list[Row]) -> Row | None:
    return next((row for row in rows if row.subject and _fits(row, one)), None) or next(
        (row for row in rows if _fits(row, one)), None
    )


def _missed(row: Row, fitting: Sequence["Choice"]) -> "Result":
    from ledger.bulk import Result

    if not fitting:
        zh, en = "没有等待您决定的环节", "no step waits for your decision"
    elif len(fitting) == 1:
        zh, en = "同一环节在文件中出现了两次", "the file names this step twice"
    else:
        names = ", ".join(one.subject for one in fitting)
        zh, en = f"有几项待审,请在 subject 栏写明:{names}", f"several steps wait; name one in subject: {names}"
    return Result(programme=row.ref, decided=False, zh=f"第{row.line}行:{zh}", en=f"line {row.line}: {en}")


def _nothing(offered: Sequence["Choice"]) -> str:
    waiting = sum(not one.before for one in offered)
    return say(
        f"没有符合条件且等待您决定的环节(等待您决定的共 {waiting} 项,见 songjiao approval list --person)",
        f"no step that fits waits for your decision ({waiting} wait in all: songjiao approval list --person)",
    )


# --- with which codes -----------------------------------------------------------------------------------------------


def _with_codes(picked: Sequence[tuple["Choice", Row | None]], asked: Asked, summary: Any) -> Iterable["Pick"]:
    from ledger.bulk import Pick, refused

    for choice, row in picked:
        outcome = _outcome(row.decision if row else "", asked.decision)
        if outcome is None:
            summary.add(
                refused(
                    choice, "没有写明决定(--decision 或 decision 栏)", "no decision is given (--decision, or a column)"
                )
            )
            continue
        code = row.code if row else ""
        if not code and not choice.before:
            code = _ask(choice)
        if not code and not choice.before:
            summary.add(refused(choice, "没有验证码,未办理", "no code was given; it was left alone"))
            continue
        comment = (row.comment if row else "") or asked.comment
        yield Pick(choice=choice, outcome=outcome, code=code, comment=comment)


def _outcome(given: str, otherwise: str | None) -> "DecisionOutcome | None":
    from models.states import DecisionOutcome

    known = next((name for name, words in DECISIONS.items() if given in words), None)
    name = known if given else otherwise
    return DecisionOutcome(name) if name else None


def _ask(choice: "Choice") -> str:
    """The code of one step, typed unseen on a terminal; nothing where there is none, or where Enter alone was typed."""
    if not sys.stdin.isatty():
        return ""
    tier = say(f"第{choice.tier}级", f"tier {choice.tier}")
    skip = say("验证码(回车跳过):", "code (Enter leaves it out): ")
    return padded(getpass(f"{choice.programme} {choice.title} {word(choice.subject)} {tier} {skip}"))


# --- what came of it ------------------------------------------------------------------------------------------------


def _show(picked: Sequence[tuple["Choice", Row | None]], missed: Sequence["Result"], as_json: bool) -> None:
    shown = [
        {
            "programme": one.programme,
            "title": one.title,
            "subject": one.subject if as_json else word(one.subject),
            "tier": f"{one.tier}/{one.tiers}",
            "organisation": one.organisation,
            "may": [outcome.value for outcome in one.outcomes] if as_json else ", ".join(map(word, one.outcomes)),
            "until": one.until,
            "code": bool(row and row.code) if as_json else say("有", "yes") if row and row.code else say("无", "no"),
            "before": one.before if as_json else say("已办", "done before") if one.before else "",
        }
        for one, row in picked
    ]
    columns = {
        "programme": say("项目", "programme"),
        "title": say("简称", "title"),
        "subject": say("事项", "matter"),
        "tier": say("级次", "tier"),
        "organisation": say("审核单位", "organisation"),
        "may": say("可作决定", "may be decided"),
        "until": say("期限", "until"),
        "code": say("附验证码", "code given"),
        "before": say("情况", "state"),
    }
    if as_json:
        as_data({"chosen": shown, "refused": list(missed)})
    else:
        listed(
            shown, columns, False, say("没有符合条件且等待您决定的环节", "no step that fits waits for your decision")
        )
        for one in missed:
            complain(f"{one.programme}: {say(one.zh, one.en)}")


def _tell(decided: Sequence["Result"], refused: Sequence["Result"]) -> None:
    for one in decided:
        told = (one.basis_en if spoken() == "en" else None) or one.basis
        resting = f" [{', '.join(told)}]" if told else ""
        line(f"{one.programme}: {say(one.zh, one.en)}{resting}")
    for one in refused:
        complain(f"{one.programme}: {say(one.zh, one.en)}")
    before = sum(one.before for one in decided)
    zh, en = (f"(其中 {before} 项此前已办)", f" ({before} of them before)") if before else ("", "")
    line(
        say(
            f"已办理 {len(decided)} 项{zh},未办理 {len(refused)} 项",
            f"{len(decided)} decided{en}, {len(refused)} not decided",
        )
    )
