"""Named points at which a crash test ends this very process, as a power cut would.

Decides nothing and serves no clause. Outside of tests no name is set and a point costs one look at the environment. A
point is named after the thing that has just been done: `flow.decision.committed` lies after that commit.
"""

import os
import signal


def stop_point(name: str) -> None:
    """End this process with SIGKILL when `SONGJIAO_STOP_AT` names this point.

    It may name a file instead (`@` and its path), which holds the point's name for as long as it is there: so a test
    sets points for processes that run already. With `SONGJIAO_STOP_ONCE` set to a file, only the first process that
    comes here ends: it leaves that file behind.
    """
    wanted = os.environ.get("SONGJIAO_STOP_AT")
    if wanted is None or _point(wanted) != name:
        return
    once = os.environ.get("SONGJIAO_STOP_ONCE")
    if once is not None:
        try:
            os.close(os.open(once, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)


def _point(wanted: str) -> str:
    if not wanted.startswith("@"):
        return wanted
    try:
        with open(wanted[1:], encoding="utf-8") as handle:
            return handle.read().strip()
    except FileNotFoundError:
        return ""
