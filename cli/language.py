"""In which language the command line speaks: the locale's, or the one that `--lang` names.

Chinese where `LC_ALL`, `LC_MESSAGES` or `LANG` (the first that is set) begins with `zh`, English elsewhere. Decides
words only; serves no clause.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

LANGUAGES = ("zh-CN", "en")
_BETWEEN = "\u2016"  # parts the two languages of a help text until the command tree is built
_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)


class UnknownLanguage(Exception):
    """`--lang` names a language that the command line does not speak."""


def of_environment(environment: Mapping[str, str] | None = None) -> str:
    """The language of the locale.

    >>> of_environment({"LANG": "zh_CN.UTF-8"}), of_environment({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"})
    ('zh-CN', 'en')
    """
    given = os.environ if environment is None else environment
    named = next((given[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if given.get(name)), "")
    return "zh-CN" if named.lower().startswith("zh") else "en"


def spoken() -> str:
    """The language that is spoken now."""
    return _spoken.get() or of_environment()


def say(zh: str, en: str) -> str:
    """The one of two sentences that the reader understands."""
    return en if spoken() == "en" else zh


def counted(number: object, one: str, many: str | None = None) -> str:
    """A number with its English noun, in the right one of its two forms.

    >>> counted(1, "problem"), counted(2, "problem"), counted(0, "try", "tries")
    ('1 problem', '2 problems', '0 tries')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language inside the block."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def take_language(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The language to speak and the arguments without `--lang`, which may stand anywhere before `--`.

    A command that runs others (the demo) hands its language on to them.

    Raises `UnknownLanguage`.

    >>> take_language(["policy", "list", "--lang", "en"])
    ('en', ['policy', 'list'])
    """
    rest: list[str] = []
    language = spoken()
    waiting = iter(arguments)
    for word in waiting:
        if word == "--":
            rest += [word, *waiting]
            break
        name, equals, value = word.partition("=")
        if name != "--lang":
            rest.append(word)
            continue
        named = value if equals else next(waiting, "")
        language = {"zh": "zh-CN", "zh-cn": "zh-CN", "zh_cn": "zh-CN", "en": "en"}.get(named.lower(), "")
        if not language:
            raise UnknownLanguage(named)
    return language, rest


def both(zh: str, en: str) -> str:
    """A help text in both languages; `settle` picks one when the command tree is built."""
    return f"{zh}{_BETWEEN}{en}"


def settle(command: Any, language: str) -> None:
    """Leave one language in the help texts of a command, of its options and of everything below it."""
    for name in ("help", "short_help"):
        _settle_one(command, name, language)
    for parameter in command.params:
        _settle_one(parameter, "help", language)
    for below in getattr(command, "commands", {}).values():
        settle(below, language)


def _settle_one(owner: Any, name: str, language: str) -> None:
    text = getattr(owner, name, None)
    if isinstance(text, str) and _BETWEEN in text:
        setattr(owner, name, text.split(_BETWEEN)[language == "en"])
