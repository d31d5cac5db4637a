"""Each region's sample programme, carried from its application to its closed score by commands on a ledger alone.

The same roads that `songjiao demo --region` goes, without Prefect. What must come of them stands in the samples' files,
worked out by hand.
"""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from ledger.audit import verify
from office.demo.claims import claims_of
from office.demo.proof_figures import figures_wrong
from office.demo.proof_registers import registers_wrong
from office.demo.proof_rows import Rows
from office.demo.regions import CHONGQING, of_region, regions
from office.demo.telling import tell
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from tests.support.alone import play

TOLD = tuple(region for region in regions() if region != CHONGQING)
UNAPPROVED = {"henan": None, "liuzhou": None, "shulan": "SL2017-6A.1.6"}
"""By what each region's own pack refuses to start what nobody approved; None where its office chose so."""


@pytest.mark.parametrize("region", TOLD)
def test_a_regions_programme_runs_from_its_application_to_its_closed_score(
    region: str, sqlite_office: Settings
) -> None:
    chosen = list(of_region(region).values())
    report = claims_of(play(sqlite_office, chosen), region, chosen, "none")
    assert [(one["key"], one["expected"], one["got"]) for one in report["expectations"] if not one["holds"]] == []
    of = {kind: [one for one in report["claims"] if one["kind"] == kind] for kind in ("phase", "obligation", "refusal")}
    assert [one["phase"] for one in of["phase"] if one["closed_on"] is None] == []
    assert [(one["obligation"], one["state"]) for one in of["obligation"] if one["state"] != "met"] == []
    assert of["refusal"][0]["clause"] == UNAPPROVED[region]
    _told_line_by_line(report)
    with Rows(sqlite_office) as rows:
        assert registers_wrong(rows, report["claims"]) == []
        assert figures_wrong(rows, report) == []
        _lies_are_found(rows, report["claims"])
    with reading(sqlite_office) as act:
        assert verify(act).ok


def _told_line_by_line(report: dict[str, Any]) -> None:
    """What is told names each document with its day, and a clause once in a line."""
    told = {}
    for locale in ("zh-CN", "en"):
        out = io.StringIO()
        tell(report, Console(file=out, width=400), locale)
        told[locale] = out.getvalue()
    for one in report["claims"]:
        if one["kind"] == "document":
            line = rf"{one['submitted_on']}  {re.escape(one['name']['zh'])}.* 第{one['version']}版:"
            assert re.search(line, told["zh-CN"])
    assert "被拒绝 (命令行, 退出状态 1)" in told["zh-CN"]
    assert re.findall(r"\[([A-Z]+\d+-[\d.]+)\] \1 ", "".join(told.values())) == []


def _lies_are_found(rows: Rows, claims: list[dict[str, object]]) -> None:
    """An entry left out, one told otherwise, one invented: each is named."""
    first = next(one for one in claims if one["kind"] == "entry")
    rest = [one for one in claims if one is not first]
    ref = first["entry"]
    assert registers_wrong(rows, rest) == [f"entry {ref}: in the ledger, but not in the report"]
    told = registers_wrong(rows, [*rest, first | {"on": "2020-01-01"}])
    assert told == [f"entry {ref}: on is claimed '2020-01-01', the ledger has {first['on']!r}"]
    assert registers_wrong(rows, [*claims, first | {"entry": "R-999999"}]) == [
        "entry R-999999: claimed, but the ledger has none"
    ]
