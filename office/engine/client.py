"""The program that the worker starts for each flow run: it hands its place in the world to the warm engine, and waits.

Run as `python -I -S client.py SOCKET`, so that it starts in some milliseconds; it imports nothing of ours (`wire.py`
says the same protocol for the other side). It decides between the warm and the stock start: before the engine has
been told to go, anything that fails leads to `python -m prefect.engine` in this same process; after that never, for
the run would start twice. It serves no clause of a regulation.

Its end is the flow run's end: it leaves with the child's status, or by the child's signal. Signals sent to it reach
the child. When it is killed, its socket closes and the engine kills the child.
"""

import array
import os
import signal
import socket
import struct
import sys

ENGINE_LOST = 70
"""Exit status when the engine died under a running flow: the worker reports the run as crashed."""

PATIENCE_SECONDS = 20.0
"""How long an engine that is being renewed may keep a client waiting before it starts the stock way."""


class NotTaken(Exception):
    """The engine did not take the run; nothing has started yet."""


def ask(path: str) -> socket.socket:
    """Offer environment, working directory and standard streams to the engine; return the connection once it has
    accepted."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(PATIENCE_SECONDS)
    parts = [os.fsencode(os.getcwd())]
    parts += [name + b"=" + value for name, value in os.environb.items()]
    payload = b"\0".join(parts)
    try:
        connection.connect(path)
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))
        connection.sendmsg([b"R" + struct.pack("!I", len(payload))], [rights])
        connection.sendall(payload)
        answer = connection.recv(1)
    except OSError as error:
        raise NotTaken(str(error)) from error
    if answer != b"A":
        raise NotTaken("it closed the door")
    connection.settimeout(None)
    return connection


def follow(connection: socket.socket) -> int:
    """Say go, pass signals on, and return the wait status of the child; -1 when the engine is lost."""

    def pass_on(number: int, _frame: object) -> None:
        try:
            connection.send(b"S" + bytes([number]))
        except OSError:
            pass

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, pass_on)
    try:
        connection.send(b"G")
        answer = b""
        while len(answer) < 5:
            piece = connection.recv(5 - len(answer))
            if not piece:
                return -1
            answer += piece
    except OSError:
        return -1
    return int(struct.unpack("!i", answer[1:])[0])


def leave(status: int) -> None:
    """End as the child ended."""
    if status == -1:
        print(
            "songjiao engine: it died while this run was running; the run's process was ended with it", file=sys.stderr
        )
        sys.exit(ENGINE_LOST)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)


def main() -> None:
    """Run the flow run named in the environment, warm where possible."""
    try:
        connection = ask(sys.argv[1])
    except NotTaken as reason:
        print(f"songjiao engine: not there ({reason}); starting the stock way", file=sys.stderr, flush=True)
        os.execv(sys.executable, [sys.executable, "-m", "prefect.engine"])
    leave(follow(connection))


if __name__ == "__main__":
    main()
