"""The entry point `songjiao`: builds the command tree, runs one command, answers its exit status.

`run` may be called many times in one process. The tree is light: ledger, packs and tables are imported by the commands
that need them, when they run.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import typer

from cli import (
    approval,
    audit,
    calendar,
    deadline,
    demo,
    document,
    handing,
    indicator,
    message,
    organisation,
    person,
    policy,
    programme,
    register,
    score,
    stage,
    status,
    trainee,
    up,
)
from cli.language import UnknownLanguage, both, say, settle, speaking, take_language
from cli.output import complain

TROUBLE = 3
SAID_BY_ENVIRONMENT = ("SONGJIAO_AS", "SONGJIAO_CODE")
app = typer.Typer(
    name="songjiao",
    help=both(
        "送教:按所在地区的规定办理教师培训项目的申报、逐级审核、学员遴选、五个阶段、报送时限和量化考评。"
        "用 --lang zh-CN|en 选择语言。",
        "Songjiao runs teacher-training programmes under the regulation that governs them: application, tiered review, "
        "selection, the five stages, deadlines and evaluation. Choose the language with --lang zh-CN|en.",
    ),
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)
FAMILIES = (
    policy,
    organisation,
    person,
    programme,
    document,
    approval,
    handing,
    trainee,
    stage,
    score,
    deadline,
    register,
    indicator,
    calendar,
    message,
    audit,
    status,
    up,
    demo,
)
for family in FAMILIES:
    family.add_to(app)


@lru_cache
def _tree(language: str) -> Any:
    tree = typer.main.get_command(app)
    settle(tree, language)
    return tree


def run(argv: Sequence[str]) -> int:
    """Run one command and answer its exit status: 0 done, 1 refused, 2 wrong usage, 3 trouble of the system.

    Prints to stdout and stderr. Raises only what is a fault of Songjiao itself.
    """
    try:
        language, arguments = take_language(argv)
    except UnknownLanguage as error:
        complain(say(f"--lang {error}:可选 zh-CN 或 en", f"--lang {error}: choose zh-CN or en"))
        return 2
    with speaking(language):
        garbled = _no_text(arguments)
        if garbled is not None:
            complain(
                say(
                    f"{garbled} 不是 UTF-8 文字,没有办理;请改用 UTF-8,文件请先改名",
                    f"{garbled} is not UTF-8 text; nothing was done. Write it in UTF-8, or rename the file first",
                )
            )
            return 2
        try:
            answered = _tree(language).main(args=arguments or ["--help"], prog_name="songjiao", standalone_mode=False)
        except typer.Abort:
            complain(say("已取消,没有办理", "cancelled; nothing was done"))
            return 2
        except typer.TyperException as error:
            return _wrong_usage(error)
        except SystemExit:  # the parser's way out when nobody reads what is printed any more
            return 0
        except Exception as error:
            from cli.failures import status_of

            status = status_of(error)
            if status is None:
                raise
            return status
    return answered if isinstance(answered, int) else 0


def _no_text(arguments: Sequence[str]) -> str | None:
    """The first thing said that is no text, as bytes that are not UTF-8 become; None where all is text."""
    told = [*arguments, *(os.environ.get(name, "") for name in SAID_BY_ENVIRONMENT)]
    for word in told:
        try:
            word.encode()
        except UnicodeEncodeError:
            return word.encode(errors="backslashreplace").decode().replace("\\udc", "\\x")
    return None


def _wrong_usage(error: typer.TyperException) -> int:
    from cli.failures import sentence

    context = getattr(error, "ctx", None)
    if context is not None:
        complain(context.get_usage())
        complain(say(f"用 {context.command_path} --help 查看用法", f"{context.command_path} --help tells more"))
    complain(sentence(error.format_message()))
    return error.exit_code


def _open_what_was_closed() -> None:
    """Give a program that was started without standard streams (`>&-`) empty ones, so that no file of ours takes their
    numbers and nothing stumbles over a stream that is not there.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, "w" if number else "r"))


def main() -> None:
    """The program `songjiao`."""
    _open_what_was_closed()
    os.umask(0o077)  # ledger, documents and logs hold personal data: theirs alone who runs the office
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Chinese shows ? and goes on
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads any more: end quietly
        status = 0
    except Exception:
        traceback.print_exc()
        complain(
            say(
                "这是送教程序自身的错误,请连同以上内容报告",
                "this is a fault of Songjiao itself; please report it with the lines above",
            )
        )
        status = TROUBLE
    sys.exit(status)


if __name__ == "__main__":
    main()
