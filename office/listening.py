"""The dispatcher's ear: hears the bell (`office.runtime.doorbell`) and tells each of its threads to look.

Decides nothing. Without an ear (no Unix sockets, no connection to spare) the dispatcher still looks by itself, later.
Serves no clause of a regulation.
"""

import logging
import socket
import threading
from typing import Self

import psycopg
from sqlalchemy.engine import make_url

from office.runtime.doorbell import CHANNEL, POST, hang_up, hangs, take_down
from office.runtime.settings import Settings
from office.rush import Rush

log = logging.getLogger("songjiao.dispatcher")

_LEAVE_SECONDS = 0.5
_AGAIN_SECONDS = 2.0


class Ear:
    """Listens in a thread of its own, inside `with`; every event handed out by `told()` is set at each ring, and `rush` is
    told of each act that told people something.
    """

    def __init__(self, office: Settings, rush: Rush | None = None) -> None:
        self._office = office
        self._rush = rush or Rush()
        self._told: list[threading.Event] = []
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="ear")

    def told(self) -> threading.Event:
        """An event that is set at each ring; whoever waits for it clears it before looking."""
        heard = threading.Event()
        self._told.append(heard)
        return heard

    def tell_all(self) -> None:
        """Have everybody look now."""
        for heard in self._told:
            heard.set()

    def _hear(self, said: str) -> None:
        if said == POST:
            self._rush.note()
        self.tell_all()

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._bell = None if self._on_postgres() else self._hang_up()
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Listen no more."""
        self._leaving.set()
        self._thread.join()
        if self._bell is not None:
            take_down(self._office, "dispatcher", self._bell)

    def _hang_up(self) -> socket.socket | None:
        bell = hang_up(self._office, "dispatcher")
        if bell is not None:
            bell.settimeout(_LEAVE_SECONDS)
        return bell

    def _on_postgres(self) -> bool:
        return make_url(self._office.ledger_url).get_backend_name() == "postgresql"

    def _listen(self) -> None:
        if self._bell is not None:
            self._hear_bell()
        while not self._leaving.is_set() and self._on_postgres():
            try:
                self._hear_postgres()
            except psycopg.Error as error:
                log.warning("the ledger's notifications broke off (%s); again in %g s", error, _AGAIN_SECONDS)
                self._leaving.wait(_AGAIN_SECONDS)

    def _hear_bell(self) -> None:
        while self._bell is not None and not self._leaving.is_set():
            try:
                said = self._bell.recv(len(POST)).decode()
            except TimeoutError:
                if not hangs(self._office, "dispatcher"):
                    self._bell.close()
                    self._bell = self._hang_up()
                continue
            self._hear(said)

    def _hear_postgres(self) -> None:
        plain = make_url(self._office.ledger_url).set(drivername="postgresql")
        with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self.tell_all()  # whatever was committed before we listened
            while not self._leaving.is_set():
                for news in connection.notifies(timeout=_LEAVE_SECONDS, stop_after=1):
                    self._hear(news.payload)
