"""A forked child of the warm parent becomes what `python -m prefect.engine` would have been.

Decides nothing about the run. It gives the child everything of its own: environment, working directory, standard
streams, signal handlers, session, random seed; then executes the run by the functions with which Prefect's engine module
does, or, where the flow is none of ours, runs that module as the main program. Prefect's settings and logging are made by
the parent from the client's environment before the fork (`office.engine.warmth`). The child ends with its parent, and ends
without taking apart what it inherited. It serves no clause of a regulation.
"""

import atexit
import ctypes
import importlib.util
import logging
import os
import random
import resource
import runpy
import signal
import sys
import uuid
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from office.engine.wire import Request
from office.tether import PR_SET_PDEATHSIG

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun
    from prefect.flows import Flow

# Loaded before the fork: a child must not have to look for libraries.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

_RESET = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE)


_status: int | None = None
"""With which status this process ends by itself; None in the parent, and where something unforeseen ends it."""


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
    global _status
    try:
        _execute()
        _status = 0
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            _status = leaving.code or 0
        raise


def _leave_at_once() -> None:
    """End this process before Python takes it apart: to free what the parent imported would copy its memory first, and
    took a fifth of a wake's processor time. By now threads have been joined, and logs and events handed over.
    """
    if _status is None:
        return
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # nobody reads it any more
            pass
    os._exit(_status)


# What is registered first is done last: the parent imports this module before any library.
atexit.register(_leave_at_once)


def _execute() -> None:
    """Do what `python -m prefect.engine` does for a flow that is a plain function, but that no thread listens on a web
    socket for somebody else suspending the run meanwhile: that takes a tenth of a wake, the ledger decides in any case,
    and Prefect refuses what a run says that was taken away. Whatever is out of the ordinary goes the usual way.
    """
    from prefect.engine import configure_from_env, handle_engine_signals  # type: ignore[attr-defined]  # of its main program
    from prefect.flow_engine import run_flow
    from prefect.logging.loggers import flow_run_logger

    if (found := _ordinary()) is None:
        _run_engine_module()
        return
    flow_run, flow = found
    configure_from_env()
    with handle_engine_signals(flow_run.id):
        # Prefect listens for runs of deployments alone; it reads the run anew before the flow begins.
        alone = flow_run.model_copy(update={"deployment_id": None})
        log = flow_run_logger(flow_run=flow_run)
        run_flow(flow, flow_run=alone, error_logger=log)  # type: ignore[arg-type]  # an adapter, as Prefect gives it


def _ordinary() -> "tuple[FlowRun, Flow[..., Any]] | None":
    """The run and its flow; None where they cannot be had, which Prefect's own module meets again and says in the log."""
    from prefect.flow_engine import load_flow, load_flow_run

    try:
        flow_run = load_flow_run(uuid.UUID(os.environ["PREFECT__FLOW_RUN_ID"]))
        flow = load_flow(flow_run)
    except Exception:
        return None
    return None if flow.isasync or flow.isgenerator else (flow_run, flow)


def _run_engine_module() -> None:
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
