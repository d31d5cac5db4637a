"""A pack that cannot be read stops what needs that pack, and nothing else: other commands and running programmes go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.states import DecisionOutcome
from office.runtime.settings import REPOSITORY, Settings, settings
from policies.clauses import quote_of
from tests.integration.cli_world import code_of, done, example, paper, people_the_office, set_clock, songjiao

CHONGQING = REPOSITORY / "policies" / "chongqing-2021.yaml"
FAULT = {
    "zh-CN": "broken-2021.yaml:2: rulez: 没有 'rulez' 这一项;是否应为 rules?",
    "en": "broken-2021.yaml:2: rulez: unknown key 'rulez'; did you mean rules?",
}


@pytest.fixture
def own(tmp_path: Path, sqlite_office: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packs of this office's own, with two that cannot be used."""
    folder = tmp_path / "packs"
    folder.mkdir()
    paper(folder, "broken-2021.yaml", "pack: broken-2021\nrulez: {}\n")
    paper(folder, "worse-2022.yaml", "a: [\n")
    monkeypatch.setenv("SONGJIAO_POLICIES_DIR", str(folder))
    settings.cache_clear()
    yield folder
    settings.cache_clear()


def test_the_list_names_each_fault_of_a_broken_pack_and_fails(own: Path) -> None:
    for lang in ("zh-CN", "en"):
        answer = songjiao("policy", "list", lang=lang)
        assert answer.status == 1
        assert [row[0] for row in answer.rows][:2] == ["broken-2021", "chongqing-2021"]
        assert FAULT[lang] in answer.err.splitlines()
        assert any(line.startswith("worse-2022.yaml:2: ") for line in answer.err.splitlines())
    listed = songjiao("policy", "list", "--json")
    faulty = {row["pack"]: [one["line"] for one in row["problems"]] for row in listed.data if row["problems"]}
    assert listed.status == 1
    assert (faulty["worse-2022"], 2 in faulty["broken-2021"], len(faulty)) == ([2], True, 2)


def test_what_needs_another_pack_goes_on(own: Path) -> None:
    done("organisation", "add", "示例县教育局", "--kind", "county-education-authority")
    slip = songjiao("organisation", "add", "示例", "--kind", "county-education-autority", lang="en")
    assert "the pack broken-2021 has " in slip.err
    assert "did you mean county-education-authority?" in slip.err
    done("policy", "show", "chongqing-2021")
    explained = done("policy", "explain", "CQ2021-6.11")
    assert "chongqing-2021 据此规定" in explained.out
    assert "政策包 worse-2022 有 1 处错误,未计入(见 songjiao policy list)" in explained.err
    assert songjiao("policy", "show", "broken-2021").status == 1


def test_a_programme_keeps_running_when_its_pack_is_spoilt(own: Path, sqlite_office: Settings, tmp_path: Path) -> None:
    who = people_the_office(sqlite_office)
    set_clock("2025-12-08")
    given = paper(tmp_path, "application.yaml", example("application"))
    ref = done("programme", "apply", given, "--as", who["host"], "--json").data["ref"]
    paper(own, "chongqing-2021.yaml", CHONGQING.read_text(encoding="utf-8").replace("\napproval:", "\naproval:", 1))
    from cli.edge import _library

    _library.cache_clear()  # a new command is a new process, which reads the packs anew
    approve = ("--decision", DecisionOutcome.APPROVE.value, "--code", code_of(who["county"]), "--as", who["county"])
    done("approval", "decide", ref, "--subject", "application", *approve)
    done("programme", "show", ref)
    done("programme", "explain", ref)
    refused = songjiao("programme", "apply", given, "--as", who["host"], lang="en")
    assert refused.status == 1
    assert "aproval: unknown key 'aproval'; did you mean approval?" in refused.err
    _library.cache_clear()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources: [\n", "regulations/clauses.yaml:2: is not YAML"),
        ("sources: []\nclauses:\n- id: XX2026-1\n", "regulations/clauses.yaml:3: the key 'source' is missing"),
        ("just words\n", "regulations/clauses.yaml:1: has another shape"),
    ],
)
def test_a_register_of_clauses_that_cannot_be_read_is_named_and_quotes_go_on(own: Path, text: str, said: str) -> None:
    (own / "regulations").mkdir()
    paper(own / "regulations", "clauses.yaml", text)
    answer = songjiao("policy", "explain", "CQ2021-6.11", lang="en")
    assert (answer.status, said in answer.err, "Traceback" in answer.err) == (1, True, False)
    assert quote_of(own, "CQ2021-6.11") is not None
    assert quote_of(own, "XX2026-1") is None
