"""A forked child of the warm parent becomes what `python -m prefect.engine` would have been.

Decides nothing about the run. It gives the child everything of its own: environment, working directory, standard
streams, signal handlers, session, random seed; then runs Prefect's public engine module as the main program. Prefect's
settings and logging are made by the parent from the client's environment before the fork (`office.engine.warmth`). The
child ends with its parent. It serves no clause of a regulation.
"""

import ctypes
import importlib.util
import os
import random
import resource
import runpy
import signal
import sys
import warnings
from dataclasses import dataclass

from office.engine.wire import Request
from office.tether import PR_SET_PDEATHSIG

# Loaded before the fork: a child must not have to look for libraries.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

_RESET = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE)


@dataclass(frozen=True)
class Order:
    """What a fresh child has to run, whose child it is, and how much memory it may take (MB, 0 for no bound)."""

    request: Request
    parent: int
    memory_mb: int


def become(order: Order) -> None:
    """Turn this forked process into the engine of one flow run. Leaves by `SystemExit`, or by what the run raises."""
    _own_process(order)
    _own_streams(order.request)
    os.chdir(order.request.working_dir)
    os.environb.clear()
    os.environb.update(order.request.environment)
    random.seed()
    sys.argv = [_engine_file()]
    with warnings.catch_warnings():
        # The module is imported already: that is the point of the warm parent.
        warnings.filterwarnings("ignore", message=".*found in sys.modules", category=RuntimeWarning)
        runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)


def _own_process(order: Order) -> None:
    os.setsid()
    for number in _RESET:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as every Python program starts
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != order.parent:
        os._exit(0)
    if order.memory_mb:
        bound = order.memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))


def _own_streams(request: Request) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    for number, stream in enumerate(request.streams):
        os.dup2(stream, number)
    for stream in request.streams:
        if stream > 2:
            os.close(stream)


def _engine_file() -> str:
    spec = importlib.util.find_spec("prefect.engine")
    return spec.origin if spec is not None and spec.origin is not None else "prefect.engine"
