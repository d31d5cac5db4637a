"""The automations of `prefect.yaml`: read strictly, and what they send is JSON whatever a run is called."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ledger.notices import KINDS as NOTICES
from notifications.labels import KINDS
from office.automations import AutomationError, read_automations
from office.runtime.settings import REPOSITORY

OURS = read_automations(REPOSITORY / "prefect.yaml")


class Labels(dict[str, str]):
    """A resource as Prefect's templates see one."""

    @property
    def id(self) -> str:
        return self["prefect.resource.id"]

    @property
    def name(self) -> str:
        return self["prefect.resource.name"]


def test_every_notice_has_words_and_is_taken() -> None:
    kinds = [automation.notice["kind"] for automation in OURS]
    assert kinds == ["run-crashed", "run-late", "worker-silent"]
    assert set(kinds) == set(NOTICES)
    assert set(kinds) <= set(KINDS)


@pytest.mark.parametrize("name", ['学员遴选 · "第一期"', "a\\b\n{{ x }}", "</script>", ""])
def test_what_is_sent_is_json_whatever_a_run_is_called(name: str) -> None:
    resource = Labels(
        {"prefect.resource.id": "prefect.flow-run.1", "prefect.resource.name": name, "prefect.state-message": name}
    )
    event = SimpleNamespace(resource=resource, related=[Labels({"prefect.resource.id": "prefect.tag.programme:CQ-1"})])
    for automation in OURS:
        said = json.loads(ImmutableSandboxedEnvironment().from_string(automation.payload()).render(event=event))
        assert said["kind"] == automation.notice["kind"]
        if automation.of_pool is None:
            assert (said["matter"], said["run"], said["tags"]) == (
                "prefect.flow-run.1",
                name,
                ["prefect.tag.programme:CQ-1"],
            )


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("{name: songjiao-x, expect: [a], notice: {kind: run-late}, when: now}", "unknown key when"),
        ("{name: mine, expect: [a], notice: {kind: run-late}}", "its name must begin with songjiao-"),
        ("{name: songjiao-x, notice: {kind: run-late}}", "needs expect"),
        ("{name: songjiao-x, expect: [a], notice: {matter: x}}", "notice with a kind"),
    ],
)
def test_an_entry_that_cannot_be_is_named(tmp_path: Path, entry: str, why: str) -> None:
    file = tmp_path / "prefect.yaml"
    file.write_text(f"automations:\n  - {entry}\n")
    with pytest.raises(AutomationError, match=why):
        read_automations(file)


def test_a_file_without_automations_has_none(tmp_path: Path) -> None:
    file = tmp_path / "prefect.yaml"
    file.write_text("deployments: []\n")
    assert read_automations(file) == []
