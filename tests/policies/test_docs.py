"""What docs/add-a-region.md shows works as it stands there."""

import re
from pathlib import Path

from policies.dated import Rule
from policies.lifecycle_graph import CONDITIONS, FLOWS
from policies.loader import Library, check_file
from policies.schema import Pack
from policies.structure import ACTS
from policies.units import units
from policies.valuing import ANCHORS, FACTS

from .conftest import PACKS

PAGE = (PACKS.parent / "docs" / "add-a-region.md").read_text(encoding="utf-8")


def _first_pack() -> str:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_first_pack_of_the_page_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "liuzhou-2024.yaml"
    path.write_text(_first_pack(), encoding="utf-8")
    assert [str(problem) for problem in check_file(path, PACKS)] == []
    assert [phase.key for phase in Library(PACKS).load_file(path).phases] == ["delivery", "archive"]


def test_the_page_names_every_anchor_fact_condition_act_and_block() -> None:
    words = (*ANCHORS, *FACTS, *CONDITIONS, *ACTS)
    blocks = [
        f"`{name}`" for name in Pack.model_fields if getattr(Pack.model_fields[name].annotation, "__args__", None)
    ]
    missing = [word for word in (*words, *blocks) if word not in PAGE and f"`{word}`" not in PAGE]
    assert [word for word in missing if word.strip("`") not in ("level_names", "kinds", "roles", "adopts")] == []


def test_every_unit_is_used_or_stands_ready_for_a_clause(library: Library) -> None:
    used = {rule.unit for name in library.names() for rule in _rules(library.load(name))}
    idle = sorted(set(units()) - used)
    assert set(idle) <= {"calendar_year", "choice", "yuan"}


def _rules(pack: Pack) -> list[Rule]:
    return [*pack.rules.values(), *pack.settings.values()]


def test_every_flow_that_a_pack_may_name_is_used_by_one(library: Library) -> None:
    assert {phase.flow for name in library.names() for phase in library.load(name).phases} == set(FLOWS)
