"""Tells Prefect what happened: the ledger's news as Prefect events, on which an office may hang its own automations.

Sent after the commit, from the audit chain itself, in its order. The bookmark moves only when Prefect has stored an event,
so none is lost when either side dies; one that was sent before and not yet stored is sent again under the same id, which
Prefect takes for the same event. Decides nothing. Serves no clause of a regulation.
"""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.client.orchestration import SyncPrefectClient

from ledger.queries.news import News, move_place, news_after, place
from models.act import SYSTEM
from models.office import BusinessClock
from office.runtime.settings import Settings
from office.runtime.stop_points import stop_point
from office.runtime.transactions import reading, transaction

log = logging.getLogger("songjiao.announcer")

READER = "prefect"
_AT_ONCE = 200
_PAGE = 50
"""How many events Prefect finds in one answer."""

_PATIENCE_SECONDS = 30.0
"""How long Prefect may take to store what it took in (it writes every five seconds) before it is sent again. It passes over
what it has seen under that id within five minutes, so an event that it lost is there after that."""

_STORING_SECONDS = 2.0
"""How long Prefect is not asked about what was sent just now: it is busy with what the same act woke."""

_LAG = 1000
"""After how many events without news the bookmark moves all the same, so that a restart has not far to look."""


class Announcer:
    """Carries news to Prefect. One process at a time does so: the dispatcher, under its lease."""

    def __init__(self, office: Settings) -> None:
        self._office = office
        with reading(office) as act:
            self._stored = self._looked = place(act, READER)
            clock = act.session.get(BusinessClock, 1)
            self._moved_clock = clock is not None and clock.demo
        self._waiting: list[News] = []
        self._sent_at = 0.0

    def anything_to_do(self) -> bool:
        """Whether news wait to be sent, or to be found in Prefect."""
        if self._waiting:
            return True
        while True:
            with reading(self._office) as act:
                batch = news_after(act, self._looked, _AT_ONCE)
            if batch.news or batch.upto == self._looked:
                return bool(batch.news)
            self._looked = batch.upto
            if batch.upto - self._stored >= _LAG:
                self._move(batch.upto)

    def carry(self, client: SyncPrefectClient) -> int:
        """Send what is new and see what Prefect has stored of it. Gives how many events were sent."""
        sent = self._send(client)
        if self._waiting and time.monotonic() - self._sent_at >= _STORING_SECONDS:
            self._see(client)
        return sent

    def _send(self, client: SyncPrefectClient) -> int:
        with reading(self._office) as act:
            batch = news_after(act, self._looked, _AT_ONCE)
        if batch.news:
            self._post(client, batch.news)
            self._waiting += batch.news
        self._looked = batch.upto
        return len(batch.news)

    def _post(self, client: SyncPrefectClient, news: Sequence[News]) -> None:
        body = [self._event(one) for one in news]
        client.request("POST", "/events", json=body).raise_for_status()
        self._sent_at = time.monotonic()
        stop_point("dispatcher.events.sent")

    def _see(self, client: SyncPrefectClient) -> None:
        """Move the bookmark over what Prefect has stored, in order; send again what it does not store."""
        asked = self._waiting[:_PAGE]
        found = self._stored_ids(client, asked)
        done = 0
        while done < len(asked) and str(asked[done].id) in found:
            done += 1
        if done:
            self._waiting = self._waiting[done:]
            self._move(asked[done - 1].number if self._waiting else self._looked)
        elif time.monotonic() - self._sent_at > _PATIENCE_SECONDS:
            log.warning("Prefect has not stored %d events; they are sent again", len(self._waiting))
            self._post(client, self._waiting)

    def _stored_ids(self, client: SyncPrefectClient, news: Sequence[News]) -> set[str]:
        moments = [self._occurred(one) for one in news]
        since, until = min(moments) - timedelta(days=1), max(moments) + timedelta(days=1)
        wanted = {
            "id": {"id": [str(one.id) for one in news]},
            "occurred": {"since": since.isoformat(), "until": until.isoformat()},
        }
        answer = client.request("POST", "/events/filter", json={"filter": wanted, "limit": _PAGE})
        return {str(event["id"]) for event in answer.raise_for_status().json()["events"]}

    def _move(self, number: int) -> None:
        with transaction(SYSTEM, office=self._office) as act:
            move_place(act, READER, number)
        self._stored = number

    def _occurred(self, news: News) -> datetime:
        """When it happened, in real time: Prefect drops what is older than some days, and a demo's clock is elsewhere."""
        return datetime.now(UTC) if self._moved_clock else news.at

    def _event(self, news: News) -> dict[str, Any]:
        related = []
        if news.programme:
            related.append(
                {
                    "prefect.resource.id": f"songjiao.programme.{news.programme}",
                    "prefect.resource.role": "programme",
                    "prefect.resource.name": news.title or news.programme,
                }
            )
        if body := news.facts.get("owed_by") or news.facts.get("organisation"):
            related.append(
                {
                    "prefect.resource.id": f"songjiao.organisation.{body}",
                    "prefect.resource.role": "organisation",
                    "prefect.resource.name": str(body),
                }
            )
        return {
            "id": str(news.id),
            "event": news.name,
            "occurred": self._occurred(news).isoformat(),
            "resource": {"prefect.resource.id": news.subject, "prefect.resource.role": news.name.split(".")[1]},
            "related": related,
            "payload": {"number": news.number, "at": news.at.isoformat(), **news.facts},
        }
