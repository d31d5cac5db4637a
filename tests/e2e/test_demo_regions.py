"""`songjiao demo --region` of each region told as data: the year really happens, through forms and commands, and a separate
process finds every claim true.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from office.demo.regions import CHONGQING, regions
from office.runtime.settings import REPOSITORY
from tests.integration.test_demo_regions import UNAPPROVED

pytestmark = [pytest.mark.e2e, pytest.mark.engine]

_LIMIT_SECONDS = 1200


QUICKEST = "liuzhou"
EVERY = "SONGJIAO_TEST_REGIONS"
"""Set to `all`, each region's year runs; otherwise the quickest one, since each takes minutes and the other years are
played on a ledger alone in `tests/integration/test_demo_regions.py`.
"""


@pytest.mark.parametrize("region", [region for region in regions() if region != CHONGQING])
def test_a_regions_year_happens_and_every_claim_of_it_is_proven(region: str, tmp_path: Path) -> None:
    if region != QUICKEST and os.environ.get(EVERY) != "all":
        pytest.skip(f"{region}'s year takes minutes; set {EVERY}=all to run it too")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SONGJIAO_", "PREFECT_"))}
    environment |= {"SONGJIAO_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(REPOSITORY)}
    file = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", "--region", region, "--report", str(file), "--lang", "en"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    report = json.loads(file.read_text(encoding="utf-8"))
    assert f"all {len(report['claims'])} claims hold, and nothing is left out" in done.stdout
    assert [one["key"] for one in report["expectations"] if not one["holds"]] == []
    decisions = [one for one in report["claims"] if one["kind"] == "decision"]
    assert {one["door"] for one in decisions} == {"resume-form"}
    started = [one["clause"] for one in report["claims"] if one["kind"] == "refusal" and one["matter"] == "start"]
    assert started[0] == UNAPPROVED[region]
