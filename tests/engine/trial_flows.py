"""Flows for trying out supervisor and engine. They read and write files of the test's folder instead of a ledger."""

import asyncio
import atexit
import os
import random
import signal
import sys
import threading
import time
import uuid
import weakref
from pathlib import Path

from prefect import flow, get_run_logger, suspend_flow_run, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun
from prefect.runtime import deployment, flow_run


def _note(folder: str, text: str) -> None:
    with (Path(folder) / f"{flow_run.id}.txt").open("a") as notes:
        notes.write(text + "\n")


def lines(folder: str, run_id: str) -> list[str]:
    """What the executions of a run noted, in order."""
    file = Path(folder) / f"{run_id}.txt"
    return file.read_text().splitlines() if file.exists() else []


@task(cache_policy=NO_CACHE, persist_result=False)
def step(folder: str, text: str) -> None:
    """A task that leaves a trace."""
    _note(folder, text)


@flow(persist_result=False)
def waiting(folder: str, wakes: int = 1) -> None:
    """Suspends until it has been woken `wakes` times, then completes."""
    known = lines(folder, str(flow_run.id))
    step(folder, f"execution {os.getpid()}")
    former = sum(line.startswith("execution") for line in known)
    if former < wakes:
        # A new key each time: under a key that was used once Prefect lets the flow pass.
        suspend_flow_run(key=f"wait-{former}")
    get_run_logger().info("done waiting")
    print("printed by the flow", flush=True)
    step(folder, f"done seed={random.random()} id={uuid.uuid4()} engine={os.environ.get('PREFECT__FLOW_RUN_ID')}")


@flow(persist_result=False)
def listed(folder: str) -> None:
    """Notes the threads of its process, and of which deployment Prefect says that it is."""
    _note(folder, f"execution {os.getpid()}")
    _note(folder, "threads " + " ".join(sorted(thread.name.split(" ")[0] for thread in threading.enumerate())))
    _note(folder, f"deployment {deployment.name}")


@flow(persist_result=False)
async def elsewhere(folder: str) -> None:
    """A flow that is no plain function."""
    _note(folder, f"execution {os.getpid()}")
    await asyncio.sleep(0)
    _note(folder, "done elsewhere")


@flow(persist_result=False)
def crashing(folder: str) -> None:
    """Its first execution dies as if the machine had killed it."""
    first = not lines(folder, str(flow_run.id))
    _note(folder, f"execution {os.getpid()}")
    if first:
        os.kill(os.getpid(), signal.SIGKILL)
    _note(folder, "done")


def _cancelled(flow: object, flow_run: FlowRun, state: object) -> None:
    with (Path(flow_run.parameters["folder"]) / f"{flow_run.id}.txt").open("a") as notes:
        notes.write("cancellation seen\n")


@flow(persist_result=False, on_cancellation=[_cancelled])
def long_running(folder: str, seconds: float = 60) -> None:
    """Runs until it is cancelled or killed, or its time is over."""
    _note(folder, f"execution {os.getpid()}")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (Path(folder) / "go-on").exists():
            break
        time.sleep(0.05)
    _note(folder, "done")


@flow(persist_result=False)
def leaking(folder: str, megabytes: int) -> None:
    """Takes so much memory, keeps it, and is done."""
    _note(folder, f"execution {os.getpid()}")
    kept = [bytearray(1_000_000) for _ in range(megabytes)]
    _note(folder, f"done {len(kept)}")


@flow(persist_result=False)
def second_leaves(folder: str, hold_seconds: float = 60) -> None:
    """Its first execution works until told; any other sees that and leaves without a word to Prefect."""
    before = len(lines(folder, str(flow_run.id)))
    _note(folder, f"execution {os.getpid()}")
    if before:
        os._exit(0)
    until = time.monotonic() + hold_seconds
    while time.monotonic() < until and not (Path(folder) / "go-on").exists():
        time.sleep(0.05)
    _note(folder, "first done")


@flow(persist_result=False)
def tidy(folder: str) -> None:
    """Leaves to be done at its process's end what libraries leave: a thread, a callback, a finalizer, words not flushed."""
    _note(folder, f"execution {os.getpid()}")
    file = Path(folder) / f"{flow_run.id}.txt"

    def later(word: str) -> None:
        time.sleep(0.2)
        with file.open("a") as notes:
            notes.write(word + "\n")

    threading.Thread(target=later, args=("thread joined",)).start()
    atexit.register(later, "callback called")
    weakref.finalize(flow, later, "finalizer called")
    sys.stdout.write("words not flushed by the flow")
