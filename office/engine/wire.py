"""What client and engine say to each other over the Unix socket.

A client sends `R`, a length, its three standard streams as file descriptors, then its working directory and
environment; the engine answers `A`; the client says `G` (from here on the run has started, once); `S` and a number
pass a signal on; the engine ends with `X` and the child's wait status. `P` asks how the engine is. The order makes a
double start impossible: the engine forks only after `G`, and a client that has sent `G` never starts the run another
way. It serves no clause of a regulation.
"""

import array
import json
import os
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HEAD = struct.Struct("!I")
LARGEST = 8_000_000
STREAMS = 3


@dataclass
class Request:
    """A flow run that a client wants started: where, with which environment and standard streams."""

    working_dir: bytes
    environment: dict[bytes, bytes]
    streams: list[int]


@dataclass
class Incoming:
    """The bytes of one client as they arrive. Never blocks."""

    connection: socket.socket
    buffer: bytearray = field(default_factory=bytearray)
    streams: list[int] = field(default_factory=list)
    closed: bool = False

    def read(self) -> None:
        """Take in what is there; sets `closed` at its end."""
        try:
            data, rights, _, _ = self.connection.recvmsg(65536, socket.CMSG_SPACE(STREAMS * array.array("i").itemsize))
        except BlockingIOError:
            return
        except OSError:
            self.closed = True
            return
        for level, kind, content in rights:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
                self.streams += list(numbers)
        if data:
            self.buffer += data
        else:
            self.closed = True

    def request(self) -> Request | None:
        """The whole request, or None while it is not all there. Raises `ValueError` on what is none."""
        if len(self.buffer) < 1 + HEAD.size:
            return None
        if self.buffer[:1] != b"R":
            raise ValueError("not a request")
        (length,) = HEAD.unpack_from(self.buffer, 1)
        if length > LARGEST:
            raise ValueError("too large")
        end = 1 + HEAD.size + length
        if len(self.buffer) < end:
            return None
        if len(self.streams) != STREAMS:
            raise ValueError("standard streams are missing")
        working_dir, *pairs = bytes(self.buffer[1 + HEAD.size : end]).split(b"\0")
        del self.buffer[:end]
        environment = dict(pair.split(b"=", 1) for pair in pairs if b"=" in pair)
        return Request(working_dir, environment, self.streams)

    def close(self) -> None:
        """Let go of the connection and of streams that were not handed on."""
        self.connection.close()
        for stream in self.streams:
            os.close(stream)
        self.streams = []


def ping(path: Path, seconds: float = 2.0) -> dict[str, Any] | None:
    """How the engine behind the socket is (its process id, children, modules), or None when nobody answers in time."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        try:
            connection.connect(str(path))
            connection.sendall(b"P" + HEAD.pack(0))
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            return dict(json.loads(answer)) if answer else None
        except (OSError, ValueError):
            return None
