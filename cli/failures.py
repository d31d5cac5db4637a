"""What a failed command says and with which status it ends.

    1  refused by a rule, or something that was named or sent cannot be taken: the clause and the field on stderr
    2  wrong usage
    3  trouble of the system: no ledger yet, the database is busy, a disk is full, a setting cannot be read

A person's mistake never shows a traceback; what is nobody's mistake is raised on.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cli.chinese import in_chinese
from cli.language import counted, say, spoken
from cli.output import complain

if TYPE_CHECKING:
    from models.values import Basis, Verdict
    from policies.problems import Problem

REFUSED, USAGE, TROUBLE = 1, 2, 3


def status_of(error: Exception) -> int | None:
    """Say what is wrong and answer the exit status; None for an error that the command line does not know."""
    from pydantic import ValidationError
    from sqlalchemy.exc import DBAPIError

    from cli.edge import NoLedger
    from cli.reading import CannotRead
    from ledger.errors import BadInput, LedgerError, Refused
    from policies.lookup import LookupFailure
    from policies.problems import PackError

    if isinstance(error, Refused):
        for verdict in error.verdicts:
            refuse(verdict)
        return REFUSED
    if isinstance(error, BadInput):
        for field, what in error.problems:
            complain(f"{field}: {sentence(what)}")
        return REFUSED
    if isinstance(error, CannotRead):
        for problem in error.problems:
            complain(problem)
        return REFUSED
    if isinstance(error, LedgerError | LookupFailure):
        complain(sentence(str(error)))
        return REFUSED
    if isinstance(error, PackError):
        for found in error.problems:
            complain(fault(found))
        return REFUSED
    if isinstance(error, NoLedger):
        complain(
            say(
                f"还没有台账({error});请先运行 songjiao up 建立;数据文件夹在别处时,请像运行 up 时一样设置 SONGJIAO_DATA_DIR",
                f"there is no ledger yet ({error}); run songjiao up once to make it, or set SONGJIAO_DATA_DIR as it was"
                " for up where the data folder is elsewhere",
            )
        )
        return TROUBLE
    if isinstance(error, DBAPIError):
        complain(_of_database(error))
        return TROUBLE
    if isinstance(error, ValidationError) and error.title == "Settings":
        from cli.reading import words_of
        from office.runtime.settings import Settings

        for detail in error.errors(include_url=False):
            name = "SONGJIAO_" + "_".join(str(part) for part in detail["loc"]).upper()
            wrong = words_of(detail, Settings)
            complain(say(f"设置 {name} 无法使用:{wrong}", f"the setting {name} cannot be used: {wrong}"))
        return TROUBLE
    if isinstance(error, OSError):
        place = f" {error.filename}" if error.filename else ""
        complain(say(f"系统错误:{error.strerror}{place}", f"trouble of the system: {error.strerror}{place}"))
        return TROUBLE
    return None


def fault(problem: "Problem") -> str:
    """A fault of a pack in the reader's language: its file, line and key, what is wrong and what to do."""
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    key = f" {problem.key}:" if problem.key else ""
    return f"{place}:{key} {sentence(problem.what)}{say(';', '; ')}{sentence(problem.todo)}"


def tell_of_broken(broken: "Mapping[str, Sequence[Problem]]") -> None:
    """Say which packs could not be looked into: a look at the others goes on without them."""
    for name, problems in broken.items():
        many = counted(len(problems), "problem")
        complain(
            say(
                f"政策包 {name} 有 {len(problems)} 处错误,未计入(见 songjiao policy list)",
                f"the pack {name} has {many} and was left out (see songjiao policy list)",
            )
        )


def refuse(verdict: "Verdict") -> None:
    """Say a refusal on stderr: the sentence, what it rests on, and the words of the clause."""
    complain(f"{verdict.says(spoken())} [{', '.join(label(basis) for basis in verdict.basis)}]")
    if verdict.reason_needed:
        complain(
            say(
                f"  确有理由的,在文件的 reasons 中写明 {verdict.key}: …,没有文件的用 --reason {verdict.key}=…",
                f"  where there is a reason, write it under reasons in the file, {verdict.key}: …, or without a file say "
                f"--reason {verdict.key}=…",
            )
        )
    for clause in dict.fromkeys(basis.clause for basis in verdict.basis if basis.clause):
        words = quote(clause)
        if words:
            complain(f"  {clause} “{words}”")


def label(basis: "Basis") -> str:
    """What a verdict rests on, in the reader's language."""
    from cli.output import basis_words

    return basis_words(basis.clause, basis.setting, basis.adopted_from, basis.setting_en)


def quote(clause: str) -> str | None:
    """The words of a clause, or None where the register cannot be read: a refusal stands without them."""
    from cli.edge import office
    from policies.clauses import quote_of

    found = quote_of(office().policies_dir, clause)
    return " ".join(found.split()) if found else None


def sentence(english: str) -> str:
    """A sentence of the ledger or of the command parser in the reader's language."""
    return english if spoken() == "en" else in_chinese(english)


def _of_database(error: Exception) -> str:
    words = str(getattr(error, "orig", None) or error)
    if "locked" in words:
        return say("台账正被另一进程占用,请稍后再试", "the ledger is busy with another process; try again in a moment")
    if "is full" in words or "No space left" in words:
        return say(
            "磁盘已满,未作任何更改;请腾出空间后重做",
            "the disk is full: nothing was changed; make room and do it again",
        )
    if "no such table" in words or "does not exist" in words:
        return say(
            "台账尚未建好或版本不符;请先运行 songjiao up",
            "the ledger is not complete or of another version; run songjiao up first",
        )
    return say(f"台账数据库出错:{words}", f"trouble with the ledger's database: {words}")
