"""Calendars of what is due: at the address and as a file, read back by a calendar library; nobody sees another's."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import icalendar
import pytest
from sqlmodel import select

from ledger.queries.standing import awaited
from models.office import AuditEvent
from models.people import CalendarFeed
from office.routes import KEY_HEADER, NOTICE_PATH, Routes, notice_key
from office.runtime.settings import Settings, server_key
from office.runtime.transactions import reading
from tests.integration.cli_world import done, example, paper, people_the_office, set_clock, songjiao

COUNTY = "示例云溪区教委"


@pytest.fixture
def refs(sqlite_office: Settings, tmp_path: Path) -> dict[str, str]:
    """An office where an application waits for the county."""
    known = dict(people_the_office(sqlite_office))
    set_clock("2026-11-02")
    done("programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", known["host"])
    return known


async def _prefect(_scope: Any, _receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """Stands where Prefect's application is."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"prefect"})


def ask(office: Settings, method: str, path: str, **given: Any) -> httpx.Response:
    """One request to this office's addresses."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(Routes(_prefect, office))  # type: ignore[arg-type]  # the same protocol, named otherwise
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **given)

    return asyncio.run(send())


def feed(office: Settings, *whose: str) -> str:
    """The path of a feed's address."""
    url = done("calendar", "url", *whose).out.strip()
    assert url.startswith("http://127.0.0.1:")
    return "/" + url.split("/", 3)[3]


def entries(body: bytes) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(body).walk("VEVENT"))


def test_a_person_subscribes_to_what_they_owe(refs: dict[str, str], sqlite_office: Settings) -> None:
    answer = ask(sqlite_office, "GET", feed(sqlite_office, "--person", refs["county"]))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    with reading(sqlite_office) as act:
        [owed] = [row for row in awaited(act) if row.organisation == COUNTY]
    [entry] = entries(answer.content)
    assert entry.decoded("dtstart") == owed.until
    assert isinstance(entry.decoded("dtstart"), date)
    assert str(entry["summary"]) == f"{owed.title} · {owed.what}（{COUNTY}）"
    assert str(entry["uid"]) == f"{owed.id}@songjiao"
    told = str(entry["description"])
    assert f"依据：{owed.clause or '本办公室设置'}" in told
    assert owed.programme in told
    assert entry.walk("VALARM") == []


def test_lines_are_folded_and_no_name_of_a_person_stands_in_it(refs: dict[str, str], sqlite_office: Settings) -> None:
    body = ask(sqlite_office, "GET", feed(sqlite_office, "--organisation", COUNTY)).content
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert body.count(b"\n") == body.count(b"\r\n")
    assert "示例·" not in body.decode()


def test_a_feed_shows_its_own_and_not_anothers(refs: dict[str, str], sqlite_office: Settings) -> None:
    assert entries(ask(sqlite_office, "GET", feed(sqlite_office, "--person", refs["team"])).content) == []
    assert entries(ask(sqlite_office, "GET", feed(sqlite_office, "--person", refs["teacher-1"])).content) == []
    assert len(entries(ask(sqlite_office, "GET", feed(sqlite_office, "--person", refs["office"])).content)) == 1


def test_the_same_matters_are_not_sent_again(refs: dict[str, str], sqlite_office: Settings) -> None:
    path = feed(sqlite_office, "--person", refs["county"])
    first = ask(sqlite_office, "GET", path)
    again = ask(sqlite_office, "GET", path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ask(sqlite_office, "HEAD", path).status_code == 200


def test_the_address_stays_until_it_is_revoked_and_then_opens_nothing(
    refs: dict[str, str], sqlite_office: Settings
) -> None:
    whose = ("--person", refs["county"])
    path = feed(sqlite_office, *whose)
    assert feed(sqlite_office, *whose) == path
    done("calendar", "revoke", *whose)
    assert ask(sqlite_office, "GET", path).status_code == 404
    fresh = feed(sqlite_office, *whose)
    assert fresh != path
    assert ask(sqlite_office, "GET", fresh).status_code == 200
    assert songjiao("calendar", "revoke", "--person", refs["team"]).status == 1


@pytest.mark.parametrize(
    "path", ["/songjiao/calendar/.ics", "/songjiao/calendar/aaaa.ics", "/songjiao/", "/songjiao/notice"]
)
def test_a_secret_that_is_none_opens_nothing(refs: dict[str, str], sqlite_office: Settings, path: str) -> None:
    assert (ask(sqlite_office, "GET", path).status_code) == 404


def test_what_is_not_songjiaos_goes_on_to_prefect(refs: dict[str, str], sqlite_office: Settings) -> None:
    assert ask(sqlite_office, "GET", "/api/health").content == b"prefect"


def test_a_calendar_is_given_to_whom_it_concerns(refs: dict[str, str], sqlite_office: Settings) -> None:
    assert songjiao("calendar", "url", "--person", refs["county"], "--as", refs["host"]).status == 1
    assert songjiao("calendar", "url", "--organisation", COUNTY, "--as", refs["host"]).status == 1
    done("calendar", "url", "--person", refs["county"], "--as", refs["county"])
    done("calendar", "url", "--organisation", COUNTY, "--as", refs["county"])
    assert songjiao("calendar", "url").status == 1


def test_the_secret_stands_nowhere_in_the_ledger(refs: dict[str, str], sqlite_office: Settings) -> None:
    token = feed(sqlite_office, "--person", refs["county"]).rsplit("/", 1)[1].removesuffix(".ics")
    assert len(token) == 32
    raw = (sqlite_office.root / "songjiao.db").read_bytes()
    wal = sqlite_office.root / "songjiao.db-wal"
    raw += wal.read_bytes() if wal.exists() else b""
    with reading(sqlite_office) as act:
        kept = act.session.exec(select(CalendarFeed.token_hash)).all()
        facts = act.session.exec(select(AuditEvent.facts).where(AuditEvent.kind == "feed_opened")).all()
    assert (len(kept), len(facts)) == (1, 1)
    assert token.encode() not in raw + server_key(sqlite_office)
    assert facts[0] == {"ref": refs["county"], "organisation": None}


def test_a_calendar_is_written_as_a_file(refs: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "due.ics"
    done("calendar", "export", file, "--organisation", COUNTY)
    assert len(entries(file.read_bytes())) == 1
    assert songjiao("calendar", "export", tmp_path / "no" / "due.ics", "--organisation", COUNTY).status == 1


# --- what Prefect's automations call --------------------------------------------------------------------------------


def notice(office: Settings, said: Any, key: str | None = None) -> httpx.Response:
    return ask(office, "POST", NOTICE_PATH, json=said, headers={KEY_HEADER: key or notice_key(office)})


def test_a_notice_becomes_one_message_a_run_and_day(refs: dict[str, str], sqlite_office: Settings) -> None:
    [programme] = [row["ref"] for row in done("programme", "list", "--json").data]
    said = {"kind": "run-crashed", "matter": "prefect.flow-run.1", "run": "示例", "why": "died"}
    said |= {"tags": ["prefect.flow.2", f"prefect.tag.programme:{programme}"]}
    assert [notice(sqlite_office, said).text for _ in range(2)] == ["told 1\n", "told 1\n"]
    set_clock("2026-11-03")
    notice(sqlite_office, said)
    told = [row for row in done("message", "list", "--json").data if row["kind"] == "run-crashed"]
    assert [(row["to"], row["programme"]) for row in told] == [(refs["office"], programme)] * 2


def test_a_notice_without_the_key_or_of_no_sense_is_refused(refs: dict[str, str], sqlite_office: Settings) -> None:
    assert notice(sqlite_office, {"kind": "run-late", "matter": "1"}, key="guess").status_code == 403
    for wrong in ({"kind": "anything", "matter": "1"}, {"kind": "run-late"}, [1], "x"):
        assert notice(sqlite_office, wrong).status_code == 400
    assert notice(sqlite_office, {"kind": "run-late", "matter": "x" * 30_000}).status_code == 413
    assert [row for row in done("message", "list", "--json").data if row["kind"] == "run-late"] == []
