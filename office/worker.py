"""The worker (`python -m office.worker`): Prefect's process worker, told at once when a run is ready.

It is Prefect's own worker, started by its public class; beside the worker's own look at the pool every some seconds, a
ring of the bell (`office.bellringer`) makes it look now. Used with the warm engine; `--engine stock` starts Prefect's
command line instead. Decides nothing. Serves no clause of a regulation.
"""

import asyncio
import logging
import os
import socket

import anyio
import httpx
from prefect.utilities.processutils import setup_signal_handlers_worker
from prefect.workers.process import ProcessWorker

from office.prefect_env import POOL, WORKER
from office.runtime.doorbell import hang_up, hangs, take_down
from office.runtime.quiet_memory import settle_memory
from office.runtime.settings import Settings, settings

log = logging.getLogger("songjiao.worker")

_BREATH_SECONDS = 0.15
"""How long after a look at a ring the next one comes at the earliest: a deadline day's decisions ring many times and need
one look, which is among the dearest questions that Prefect's server answers."""

_BUSY_SECONDS = 0.4
"""The same after a look that found several runs: there are more, and one look for two of them leaves the server time."""

_SEE_SECONDS = 5.0
"""How often it is seen to that the bell still hangs."""


async def work(office: Settings) -> None:
    """Take runs from the office's pool until told to leave."""
    worker = ProcessWorker(work_pool_name=POOL, name=WORKER, create_pool_if_not_found=False)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_look_when_rung, worker, office)
        await worker.start(printer=log.info)
        tasks.cancel_scope.cancel()


async def _look_when_rung(worker: ProcessWorker, office: Settings) -> None:
    """Listen to the bell, and hang up another when it was taken away."""
    while (bell := hang_up(office, "worker")) is not None:
        bell.setblocking(False)
        try:
            while hangs(office, "worker"):
                if await _rung(bell):
                    await _look(worker)
        finally:
            take_down(office, "worker", bell)


async def _rung(bell: socket.socket) -> bool:
    """Wait for a ring for some seconds; many rings are one."""
    try:
        await asyncio.wait_for(asyncio.get_running_loop().sock_recv(bell, 1), _SEE_SECONDS)
    except TimeoutError:
        return False
    _hear_all(bell)
    return True


async def _look(worker: ProcessWorker) -> None:
    try:
        taken = await worker.get_and_submit_flow_runs()
    except (httpx.HTTPError, RuntimeError) as trouble:  # not begun yet, or the server is away
        log.debug("the look at a ring failed (%s); the worker looks by itself", trouble)
        taken = []
    await anyio.sleep(_BUSY_SECONDS if len(taken) > 1 else _BREATH_SECONDS)


def _hear_all(bell: socket.socket) -> None:
    try:
        while True:
            bell.recv(1)
    except BlockingIOError:
        return


def main() -> None:
    """Work until SIGINT or SIGTERM; runs under way are waited for."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    setup_signal_handlers_worker(os.getpid(), "the worker", log.info)
    settle_memory()
    try:
        asyncio.run(work(settings()))
    except KeyboardInterrupt:
        log.info("left")


if __name__ == "__main__":
    main()
