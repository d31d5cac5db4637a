"""Each measurement works: run small, in a process of its own, it prints a table and writes the figures it is named for."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from bench.figures import Target, percentile
from office.runtime.settings import REPOSITORY

FIGURES = {
    "decision": ["p50_s", "p95_s", "per_s", "p50_down_s"],
    "wake": ["p50_s", "p95_s", "ratio_default", "ratio_1s"],
    "burst": ["per_s", "ratio_stock"],
    "idle": ["programmes", "processes", "pss_mb", "wake_ratio"],
    "sweep": ["ratio_tenfold", "statements_per_due", "ratio_tenfold_pg", "write_10k_s"],
}


@pytest.mark.engine
@pytest.mark.parametrize("name", FIGURES)
def test_small_measurement_writes_its_figures(name: str, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SONGJIAO_", "PREFECT_"))}
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", "--small", "--json", str(file)],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(file.read_text(encoding="utf-8"))
    assert list(found["figures"]) == FIGURES[name]
    assert [key for key, figure in found["figures"].items() if not figure > 0] == []
    assert found["versions"]["prefect"] == version("prefect")
    assert found["cores"] == len(os.sched_getaffinity(0))
    assert all(key in done.stdout for key in FIGURES[name])


def test_percentile_is_a_value_that_was_measured() -> None:
    taken = [0.3, 0.1, 0.2, 0.4]
    assert [percentile(taken, share) for share in (0.0, 0.5, 0.75, 0.95, 1.0)] == [0.1, 0.2, 0.3, 0.4, 0.4]
    assert percentile([0.5], 0.5) == 0.5
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_target_is_met_at_its_bound() -> None:
    assert [Target(at_most=0.1).met(figure) for figure in (0.1, 0.11)] == [True, False]
    assert [Target(at_least=40).met(figure) for figure in (40, 39.9)] == [True, False]
    assert Target().met(5)
