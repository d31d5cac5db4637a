"""The demo's year really happens, its figures are the samples', and the check of its report finds every lie that we put
in.
"""

from __future__ import annotations

import copy
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from office.demo.proof_runs import Prefect
from office.demo.verify import problems_of
from office.prefect_env import settings_environment
from office.runtime.settings import REPOSITORY, Settings
from tests.e2e.conftest import KEPT, PlayedDemo

pytestmark = [pytest.mark.e2e, pytest.mark.engine]

REF = "CQ-2026-0001"
Report = dict[str, Any]


def of(report: Report, kind: str, **fields: object) -> list[dict[str, Any]]:
    return [
        claim
        for claim in report["claims"]
        if claim["kind"] == kind and all(claim[name] == value for name, value in fields.items())
    ]


def sample() -> dict[str, Any]:
    programmes = yaml.safe_load((REPOSITORY / "samples" / "programmes.yaml").read_text(encoding="utf-8"))["programmes"]
    return next(one for one in programmes if one["ref"] == "SAMPLE-2026-S01")


@pytest.fixture
def prefect(played_demo: PlayedDemo) -> Iterator[Prefect]:
    with Prefect.of(played_demo.settings) as api:
        yield api


# ── the year ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_demo_says_that_everything_was_checked_and_stays_up(played_demo: PlayedDemo) -> None:
    count = len(played_demo.report["claims"])
    assert f"all {count} claims hold, and nothing is left out" in played_demo.printed
    assert played_demo.printed.splitlines()[-1].startswith(KEPT)
    assert played_demo.process.poll() is None


def test_every_expectation_of_the_sample_came_out(played_demo: PlayedDemo) -> None:
    got = {one["key"]: one["got"] for one in played_demo.report["expectations"]}
    expect = sample()["expect"]
    assert got == {
        "practice_share": {"hours": 68, "of": 96, "ratio": 0.7083, "verdict": "allowed"},
        "outside_experts": {"count": 2, "of": 10, "ratio": 0.2, "verdict": "allowed"},
        "excellent_teachers_researchers_principals": {"count": 6, "of": 10, "ratio": 0.6, "verdict": "allowed"},
        "plan_target_date": str(expect["plan_target_date"]),
        "plan_start_blocked_until": expect["plan_start_blocked_until"],
        "archive_due": str(expect["archive_due"]),
        "returned_trainee_banned_until": str(expect["returned_trainee_banned_until"]),
        "school_pays_all_travel": expect["school_pays_all_travel"],
        "score": expect["score"],
        "trainees": {
            "nominated": 43,
            "refused": 2,
            "alternates": 1,
            "selected": 40,
            "returned": 1,
            "broken_off": 0,
            "finished": 39,
        },
    }


def test_decisions_come_through_forms_on_the_samples_days_with_the_return_and_its_comment(
    played_demo: PlayedDemo,
) -> None:
    steps = sample()["steps"]
    told = [
        (claim["subject"], claim["version"], claim["tier"], claim["outcome"], claim["decided_on"], claim["comment"])
        for claim in of(played_demo.report, "decision")
    ]
    returned = steps["plan_returned_by_institute"]
    assert told == [
        ("application", 1, 1, "approve", str(steps["county_approved"]), ""),
        ("award", 1, 1, "approve", str(steps["awarded"]), ""),
        ("implementation-plan", 1, 1, "return", str(returned["date"]), returned["comment"]),
        ("implementation-plan", 2, 1, "approve", str(steps["plan_passed_institute"]), ""),
        ("implementation-plan", 2, 2, "approve", str(steps["plan_passed_centre"]), ""),
        ("implementation-plan", 2, 3, "file", str(steps["plan_filed"]), ""),
    ]
    assert {(claim["door"], claim["run_id"] is not None) for claim in of(played_demo.report, "decision")} == {
        ("resume-form", True)
    }


def test_each_phase_has_its_run_and_the_school_that_was_extended_ends_a_week_later(played_demo: PlayedDemo) -> None:
    phases = of(played_demo.report, "phase")
    assert [claim["phase"] for claim in phases].count("stage-2") == 4
    assert len(phases) == 18 + 1  # ten of the programme or its class, four schools twice, selection and check-in
    assert len({claim["run_id"] for claim in phases}) == len(phases)
    ends = {claim["school"]: claim["closed_on"] for claim in phases if claim["phase"] == "stage-3"}
    assert ends == {school["name"]: str(school["study_to"]) for school in sample()["schools"]}


def test_a_start_before_the_plan_is_lodged_is_refused_by_its_clause(played_demo: PlayedDemo) -> None:
    refused = of(played_demo.report, "refusal")
    assert [(one["exit_status"], one["clause"], one["on"]) for one in refused] == [(1, "CQ2021-10.3", "2026-03-16")]


def test_who_is_refused_is_refused_by_ban_and_by_repetition(played_demo: PlayedDemo) -> None:
    (trainees,) = of(played_demo.report, "trainees")
    assert trainees["states"] == {"alternate": 1, "finished": 39, "refused": 2, "returned": 1}
    assert sorted(trainees["refused_by"].values()) == [1, 1]
    assert "CQ2021-5.9" in trainees["refused_by"]
    bans = [(one["starts_on"], one["ends_on"], one["clause"]) for one in of(played_demo.report, "ban")]
    assert bans == [("2024-05-14", "2027-05-14", "CQ2021-5.9"), ("2026-03-25", "2029-03-25", "CQ2021-5.9")]


def test_no_message_is_left_and_no_name_stands_in_prefect(played_demo: PlayedDemo, prefect: Prefect) -> None:
    assert {claim["state"] for claim in of(played_demo.report, "messages")} <= {"sent", "cancelled"}
    ids = [claim["run_id"] for claim in of(played_demo.report, "phase")]
    runs = prefect.runs(ids)
    told = " ".join(str([run["name"], run["tags"], run["parameters"]]) for run in runs.values())
    assert "·何老师" not in told
    assert "教师S01" not in told


def test_the_api_of_the_kept_office_asks_for_its_password(played_demo: PlayedDemo) -> None:
    address = played_demo.printed.splitlines()[-1].split(": ", 1)[1].split(" ")[0]
    assert httpx.post(f"{address}/api/flow_runs/filter", json={}).status_code == 401


# ── the check of the report ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_separate_process_finds_the_report_true(played_demo: PlayedDemo, tmp_path: Path) -> None:
    done = verify(played_demo, played_demo.settings.root / "report.json")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_separate_process_refuses_a_false_report(played_demo: PlayedDemo, tmp_path: Path) -> None:
    false = (played_demo.settings.root / "report.json").read_text(encoding="utf-8").replace('"89.6"', '"98.6"')
    (tmp_path / "false.json").write_text(false, encoding="utf-8")
    done = verify(played_demo, tmp_path / "false.json")
    assert done.returncode == 1
    assert "NOT TRUE: CQ-2026-0001: the score is 89.6 by its parts" in done.stdout


def test_a_report_that_is_none_is_trouble(played_demo: PlayedDemo, tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text("{", encoding="utf-8")
    assert verify(played_demo, tmp_path / "none.json").returncode == 3


def verify(demo: PlayedDemo, report: Path) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | settings_environment(demo.settings) | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        [sys.executable, "-m", "office.demo.verify", str(report), "--lang", "en"],
        env=environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def first(report: Report, kind: str, **fields: object) -> dict[str, Any]:
    return of(report, kind, **fields)[0]


def _swap_runs(report: Report) -> None:
    one, two = first(report, "phase", phase="award"), first(report, "phase", phase="archive")
    one["run_id"], two["run_id"] = two["run_id"], one["run_id"]


def _swap_messages(report: Report) -> None:
    one, two = of(report, "decision")[:2]
    one["message_id"], two["message_id"] = two["message_id"], one["message_id"]


def _drop(kind: str, **fields: object) -> Callable[[Report], None]:
    def change(report: Report) -> None:
        gone = first(report, kind, **fields)
        report["claims"] = [claim for claim in report["claims"] if claim is not gone]
        report["summary"]["claims"][kind] -= 1

    return change


def _set(kind: str, field: str, value: object, **fields: object) -> Callable[[Report], None]:
    def change(report: Report) -> None:
        first(report, kind, **fields)[field] = value

    return change


def _invent(report: Report) -> None:
    report["claims"].append(dict(first(report, "rung"), number=9))
    report["summary"]["claims"]["rung"] += 1


def _expect_less(report: Report) -> None:
    report["expectations"] = [one for one in report["expectations"] if one["key"] != "score"]


def _another_run(report: Report) -> None:
    first(report, "decision", tier=2)["run_id"] = first(report, "phase", phase="award")["run_id"]


LIES: dict[str, tuple[Callable[[Report], None], str]] = {
    "runs of two phases exchanged": (_swap_runs, "is a run of"),
    "messages of two decisions exchanged": (_swap_messages, "asked somebody else"),
    "a phase left out": (_drop("phase", phase="stage-5"), "in the ledger, but not in the report"),
    "a decision left out": (_drop("decision", outcome="return"), "in the ledger, but not in the report"),
    "a rung left out": (_drop("rung"), "in the ledger, but not in the report"),
    "a rung invented": (_invent, "claimed, but the ledger has none"),
    "a sweep that never ran": (_set("sweep", "run_id", "00000000-0000-0000-0000-000000000000"), "no such run"),
    "another outcome": (_set("decision", "outcome", "approve", outcome="return"), "outcome is claimed 'approve'"),
    "another door": (_set("decision", "door", "cli"), "door is claimed 'cli'"),
    "another run's form": (_another_run, "was filled in so for this tier"),
    "a later due day": (_set("obligation", "due_on", "2026-11-18", obligation="archive"), "due_on is claimed"),
    "a document never late": (_set("document", "sha256", "0" * 64), "sha256 is claimed"),
    "another clause": (_set("obligation", "clause", "CQ2021-6.10", obligation="archive"), "clause is claimed"),
    "a longer ban": (_set("ban", "ends_on", "2030-03-25"), "ends_on is claimed '2030-03-25'"),
    "more messages": (_set("messages", "count", 999), "count is claimed 999"),
    "a better score": (_set("score", "total", "99.9"), "the score is 89.6 by its parts"),
    "more trainees": (_set("trainees", "nominated", 44), "nominated is claimed 44"),
    "another chain": (_set("audit", "head", "f" * 64), "the chain of audit events is broken"),
    "an expectation left out": (_expect_less, "the report is silent on what the sample expects of score"),
    "a refusal on another day": (_set("refusal", "on", "2026-04-01"), "yet the ledger has it done on"),
}


@pytest.mark.parametrize("lie", LIES)
def test_the_check_finds_a_lie_in_the_report(played_demo: PlayedDemo, prefect: Prefect, lie: str) -> None:
    report = copy.deepcopy(played_demo.report)
    change, said = LIES[lie]
    change(report)
    assert any(said in problem for problem in problems_of(report, played_demo.settings, prefect))


@pytest.fixture
def copied(played_demo: PlayedDemo, tmp_path: Path) -> Settings:
    """The office's ledger, documents and mail, copied so that a test may falsify them."""
    source = played_demo.settings.root
    for name in ("documents", "mail"):
        shutil.copytree(source / name, tmp_path / name)
    shutil.copy(source / "server.key", tmp_path / "server.key")
    with (
        closing(sqlite3.connect(source / "songjiao.db")) as old,
        closing(sqlite3.connect(tmp_path / "songjiao.db")) as new,
    ):
        old.backup(new)
    return played_demo.settings.model_copy(update={"data_dir": tmp_path})


def test_an_untouched_copy_of_the_ledger_bears_the_report_out(
    played_demo: PlayedDemo, prefect: Prefect, copied: Settings
) -> None:
    assert problems_of(played_demo.report, copied, prefect) == []


FALSIFIED: dict[str, tuple[str, str]] = {
    "a score changed": ("UPDATE score SET value = 99 WHERE source = 'archive-documents'", "the score is"),
    "a result changed": ("UPDATE evaluation_result SET total = 99.9", "the score is 89.6 by its parts"),
    "an event rewritten": (
        "UPDATE audit_event SET facts = '{}' WHERE number = 7",
        "the chain of audit events is broken: event 7",
    ),
    "an event removed": ("DELETE FROM audit_event WHERE number = 9", "event 9 is missing"),
    "a due day changed": (
        "UPDATE obligation SET due_on = '2026-11-24' WHERE kind = 'archive'",
        "by the pack it falls due on 2026-11-17",
    ),
    "a ban shortened": (
        "UPDATE ban SET ends_on = '2027-03-25' WHERE starts_on = '2026-03-25'",
        "by the pack until 2029",
    ),
    "a message unsent": ("UPDATE message SET state = 'queued' WHERE kind = 'evaluation-result'", "are queued"),
    "a phase opened again": ("UPDATE phase SET state = 'open', closed_at = NULL WHERE key = 'stage-5'", "still open"),
    "a decision removed": ("DELETE FROM decision WHERE outcome = 'return'", "claimed, but the ledger has none"),
    "a nomination added": ("UPDATE nomination SET state = 'finished' WHERE state = 'alternate'", "states is claimed"),
    "a rung removed": ("DELETE FROM rung_fired", "claimed, but the ledger has none"),
    "another code": ("UPDATE one_time_code SET nonce = 'other'", "does not hold the code that was used"),
    "an answer that nobody gave": ("UPDATE form_ask SET taken_in_at = NULL", "no form of run"),
    "an answer of another tier": (
        "UPDATE form_ask SET step_id = (SELECT min(id) FROM approval_step)",
        "was filled in so for this tier",
    ),
}


@pytest.mark.parametrize("deed", FALSIFIED)
def test_the_check_finds_what_was_falsified_in_the_ledger(
    played_demo: PlayedDemo, prefect: Prefect, copied: Settings, deed: str
) -> None:
    sql, said = FALSIFIED[deed]
    with closing(sqlite3.connect(copied.root / "songjiao.db")) as ledger:
        assert ledger.execute(sql).rowcount > 0
        ledger.commit()
    assert any(said in problem for problem in problems_of(played_demo.report, copied, prefect))


def test_the_check_finds_a_mail_that_was_never_received(
    played_demo: PlayedDemo, prefect: Prefect, copied: Settings
) -> None:
    message = of(played_demo.report, "decision")[0]["message_id"]
    (gone,) = [file for file in (copied.root / "mail").glob("*.eml") if message in file.read_text(errors="replace")]
    gone.unlink()
    found = problems_of(played_demo.report, copied, prefect)
    assert any(f"no mail {message} was received" in problem for problem in found)


def test_the_check_finds_a_document_whose_content_is_lost(
    played_demo: PlayedDemo, prefect: Prefect, copied: Settings
) -> None:
    sha256 = of(played_demo.report, "document")[0]["sha256"]
    (copied.root / "documents" / sha256[:2] / sha256).unlink()
    found = problems_of(played_demo.report, copied, prefect)
    assert found == [f"document {sha256}: its content is not in the store"]


class Forgetful(Prefect):
    """A Prefect that answers otherwise about one run: it never knew it, or it failed."""

    def __init__(self, real: Prefect, run_id: str, state: str | None) -> None:
        self._real, self._run_id, self._state = real, run_id, state

    def runs(self, ids: Any) -> dict[str, dict[str, Any]]:
        found = self._real.runs(ids)
        run = found.pop(self._run_id)
        return found | (
            {self._run_id: run | {"state": {"type": self._state, "name": self._state}}} if self._state else {}
        )

    def deployments(self) -> dict[str, str]:
        return self._real.deployments()

    def questions(self, run_id: str) -> dict[str, str]:
        return self._real.questions(run_id)

    def resumed(self, run_id: str) -> int:
        return self._real.resumed(run_id)


@pytest.mark.parametrize(
    ("state", "said"), [(None, "Prefect knows no such run"), ("FAILED", "is FAILED, not completed")]
)
def test_the_check_finds_a_phase_whose_run_is_not_complete(
    played_demo: PlayedDemo, prefect: Prefect, state: str | None, said: str
) -> None:
    run_id = first(played_demo.report, "phase", phase="stage-1")["run_id"]
    found = problems_of(played_demo.report, played_demo.settings, Forgetful(prefect, run_id, state))
    assert any(said in problem and run_id in problem for problem in found)


# ── at last ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_demo_beside_a_running_one_is_refused(played_demo: PlayedDemo) -> None:
    environment = dict(os.environ) | {
        "SONGJIAO_DATA_DIR": str(played_demo.settings.root.parent),
        "PYTHONPATH": str(REPOSITORY),
    }
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", "--lang", "en"],
        env=environment, cwd=played_demo.settings.root, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "runs in" in done.stderr) == (3, True)


def test_ctrl_c_ends_the_kept_demo_with_its_status(played_demo: PlayedDemo) -> None:
    """Last in this file: it ends the office that the others ask."""
    played_demo.process.send_signal(signal.SIGINT)
    assert played_demo.process.wait(60) == 0
    assert date.fromisoformat(first(played_demo.report, "score")["closed_on"]).year == 2026
