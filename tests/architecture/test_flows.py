"""Flows and tasks are what the deployments say, and Prefect remembers nothing for them.

With Prefect's default cache a loop would get its first answer for ever, across wakes too: only the ledger remembers.
"""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.house import ROOMS, modules

pytestmark = pytest.mark.architecture


def prefect_objects(kind: type[Any], *rooms: str) -> dict[str, Any]:
    """Every flow or task defined in the rooms, by where it stands."""
    return {
        f"{name}.{attribute}": value
        for room in rooms
        for name in modules(room)
        for attribute, value in vars(importlib.import_module(name)).items()
        if isinstance(value, kind) and value.fn.__module__ == name
    }


def forgetful(task: Any) -> bool:
    """Whether Prefect keeps neither the task's result nor a key under which to find it again."""
    from prefect.cache_policies import NO_CACHE

    return bool(
        task.cache_policy == NO_CACHE
        and task.persist_result is False
        and task.cache_key_fn is None
        and task.result_storage_key is None
    )


def test_prefect_remembers_no_result_of_a_task() -> None:
    from prefect import Task

    tasks = prefect_objects(Task, "tasks", "flows", "office")
    assert [name for name, task in tasks.items() if not forgetful(task)] == []


def test_prefect_remembers_no_result_of_a_flow() -> None:
    from prefect import Flow

    flows = prefect_objects(Flow, "flows", "tasks", "office")
    assert [name for name, flow in flows.items() if flow.persist_result] == []


def test_a_task_left_to_prefects_defaults_would_be_found() -> None:
    from prefect import task
    from prefect.cache_policies import NO_CACHE

    def step() -> int:
        return 1

    assert not forgetful(task(step))
    assert not forgetful(task(step, cache_policy=NO_CACHE))
    assert not forgetful(task(step, persist_result=False, cache_key_fn=lambda context, inputs: "same"))
    assert forgetful(task(step, cache_policy=NO_CACHE, persist_result=False))


def test_each_deployment_names_a_flow_of_the_house(repository: Path) -> None:
    """Module entrypoints only: a file entrypoint would put `flows/` itself first on the import path."""
    from prefect import Flow

    described = repository / "prefect.yaml"
    if not described.exists():
        pytest.skip("prefect.yaml is not there yet")
    deployments = yaml.safe_load(described.read_text(encoding="utf-8"))["deployments"]
    names = [deployment["name"] for deployment in deployments]
    assert sorted(names) == sorted(set(names))
    for deployment in deployments:
        module, _, attribute = deployment["entrypoint"].rpartition(".")
        assert module.startswith("flows."), deployment["entrypoint"]
        assert isinstance(getattr(importlib.import_module(module), attribute), Flow), deployment["entrypoint"]


def test_no_flow_file_shares_a_name_with_a_room_or_a_library() -> None:
    taken = set(ROOMS) | set(sys.stdlib_module_names) | set(packages_distributions())
    assert sorted({name.split(".")[1] for name in modules("flows") if "." in name} & taken) == []
