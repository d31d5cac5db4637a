"""What the ledger tells in Chinese it tells in English too: an English reader meets only the names people gave."""

from __future__ import annotations

import re
from typing import Any

from sqlmodel import select

from models.office import Message
from notifications.words import words
from office.demo.samples import samples
from office.runtime.settings import Settings
from tests.support.road import Road
from tests.support.scenario import Drive, play, rows_of

CHINESE = re.compile(r"[一-鿿]")
GIVEN = {  # names of bodies, sessions and programmes, and what a person wrote: nobody translates those
    "title", "short", "organisation", "host", "school", "session", "owed_by", "comment", "reason", "cause",
}  # fmt: skip


def chinese_without_a_twin(facts: dict[str, Any]) -> set[str]:
    """The facts in Chinese that have no English beside them."""
    found = set()
    for key, value in facts.items():
        if key in GIVEN or key.endswith("_en") or not CHINESE.search(str(value)):
            continue
        twin = facts.get(f"{key}_en")
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            found |= {f"{key}.{inner}" for item in value for inner in chinese_without_a_twin(item)}
        elif not twin or CHINESE.search(str(twin)):
            found.add(key)
    return found


def test_every_fact_of_a_year_has_its_english(sqlite_office: Settings) -> None:
    road = Road(Drive.begin(sqlite_office, "S01"), samples()["S01"])
    play(road.drive, road.doings())
    sent = rows_of(road.drive, select(Message.kind, Message.facts))
    told = {"decision-asked", "stage-opened", "obligation-remind", "evaluation-result"}
    assert told - {kind for kind, _ in sent} == set()
    assert {(kind, lacking) for kind, facts in sent for lacking in chinese_without_a_twin(facts)} == set()
    given = {str(facts[name]) for _, facts in sent for name in GIVEN if facts.get(name)}
    given |= {part for name in given for part in name.split("、")}
    for kind, facts in sent:
        said = words({"kind": kind, "locale": "en", "facts": facts | {"quote": ""}, "id": "1"})
        text = f"{said.subject}\n{said.body}\n{said.short}"
        for name in sorted(given, key=len, reverse=True):
            text = text.replace(name, "-")
        assert (kind, CHINESE.findall(text)) == (kind, [])
