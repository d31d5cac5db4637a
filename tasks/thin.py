"""What every task of Songjiao is: thin. It takes ids, does one thing, gives back plain values.

Decides that Prefect remembers nothing of a task: its default cache would answer a loop's second question with the
first answer, across wakes too. A task is tried again only when the ledger's database or Prefect was busy. Serves no clause of a
regulation.
"""

import functools
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import httpx
from prefect import State, Task, task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import PrefectHTTPStatusError
from sqlalchemy.exc import DBAPIError

P = ParamSpec("P")
R = TypeVar("R")

_BUSY_WORDS = ("locked", "busy", "deadlock", "could not serialize", "connection")
_RETRY_SECONDS = [0.5, 1.0, 2.0, 5.0]


def database_was_busy(error: object) -> bool:
    """Whether an error, or what caused it, says that a database was busy or away for a moment, so that the act may be
    tried again.
    """
    cause = getattr(error, "__cause__", None)
    if cause is not None and database_was_busy(cause):
        return True
    if isinstance(error, PrefectHTTPStatusError):
        return error.response.status_code == httpx.codes.SERVICE_UNAVAILABLE
    if isinstance(error, httpx.TransportError):
        return True
    return isinstance(error, DBAPIError) and any(word in str(error).lower() for word in _BUSY_WORDS)


def _only_when_busy(_task: "Task[..., Any]", _run: Any, state: "State[Any]") -> bool:
    return database_was_busy(state.data)


def patient(function: Callable[P, R]) -> Callable[P, R]:
    """Have a step tried again as a thin task is, without a task run of its own: for what tells nobody anything.

    A task run costs some ten milliseconds and some messages to Prefect, and stands in the run for ever.
    """

    @functools.wraps(function)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        for pause in _RETRY_SECONDS:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                if not database_was_busy(error):
                    raise
                time.sleep(pause)
        return function(*args, **kwargs)

    return tried


def thin(name: str) -> "Callable[[Callable[P, R]], Task[P, R]]":
    """Make a function a thin task under a name that people read in the Prefect UI."""
    return task(
        name=name,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=len(_RETRY_SECONDS),
        retry_delay_seconds=_RETRY_SECONDS,
        retry_condition_fn=_only_when_busy,
    )
