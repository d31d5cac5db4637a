"""Who may import whom, and what a room drags in when it is imported alone."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from importlinter import Contract

from tests.architecture.contracts import MayImportContract
from tests.architecture.house import ROOM_FOLDERS, modules

pytestmark = pytest.mark.architecture

LIGHT = "import sys, importlib\nfor name in sys.argv[2:]: importlib.import_module(name)\n"
LOADED = LIGHT + "print(*sorted(set(sys.argv[1].split(',')) & set(sys.modules)))"


def run_python(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=repository, capture_output=True, text=True, timeout=120, check=False
    )


def test_import_contracts_hold(repository: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=repository, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr


def broken(**imports: str) -> list[tuple[str, str]]:
    """What the flows' contract says of a house in which each module imports one other."""
    graph = grimp.ImportGraph()
    for importer, imported in imports.items():
        importer, imported = importer.replace("__", "."), imported.replace("__", ".")
        graph.add_import(importer=importer, imported=imported, line_number=1, line_contents="import it")
    contract: Contract = MayImportContract(
        name="flows",
        session_options={},
        contract_options={"rooms": ["flows"], "may_import": ["tasks", "models.states"]},
    )
    found: list[tuple[str, str, int]] = contract.check(graph, verbose=False).metadata["found"]
    return [(importer, imported) for importer, imported, _ in found]


def test_may_import_allows_the_room_itself_its_neighbours_and_libraries() -> None:
    assert broken(flows__stage="tasks.stage", flows__award="flows.names", flows__plan="prefect") == []


def test_may_import_refuses_other_rooms_and_other_parts_of_a_room() -> None:
    assert broken(flows__stage="ledger.stages", flows__award="models.programme", flows__plan="models.states") == [
        ("flows.award", "models.programme"),
        ("flows.stage", "ledger.stages"),
    ]


def test_may_import_looks_at_the_named_rooms_only() -> None:
    assert broken(tasks__stage="ledger.stages") == []


@pytest.mark.parametrize(
    ("room", "never"),
    [
        ("policies", "sqlmodel,sqlalchemy,prefect,fastapi,apprise"),
        ("rules", "sqlmodel,sqlalchemy,prefect,fastapi,apprise,httpx"),
        ("models.states", "sqlmodel,sqlalchemy,prefect"),
        ("models.values", "sqlmodel,sqlalchemy,prefect"),
        ("models", "prefect,fastapi,apprise"),
        ("ledger", "prefect,fastapi,apprise"),
        ("notifications", "sqlmodel,sqlalchemy,prefect,fastapi"),
    ],
)
def test_room_imported_alone_loads_nothing_it_must_not_know(repository: Path, room: str, never: str) -> None:
    """Contracts read the source; this sees what really gets loaded, through `__init__` files and libraries too."""
    names = modules(room)
    if not names:
        pytest.skip(f"{room} has no module yet")
    done = run_python(repository, "-c", LOADED, never, *names)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


@pytest.mark.parametrize("room", [room for room in ROOM_FOLDERS if modules(room)])
def test_every_module_of_a_room_imports_first_in_a_clean_process(repository: Path, room: str) -> None:
    """Each room's modules, in reverse order too: an import that works only after another one is a circle."""
    for order in (modules(room), modules(room)[::-1]):
        done = run_python(repository, "-W", "error::SyntaxWarning", "-c", LIGHT, "", *order)
        assert done.returncode == 0, done.stderr[-3000:]


def test_rooms_are_found_here_and_not_in_another_package(repository: Path) -> None:
    """Names such as `models` are common: a library that installs one would be imported instead of ours."""
    for room in ROOM_FOLDERS:
        spec = importlib.util.find_spec(room)
        assert spec is not None, room
        assert Path(spec.origin or "").parent == repository / room


def test_prefect_server_imports_with_the_pinned_versions(repository: Path) -> None:
    """FastAPI 0.155 and later break Prefect 3.8.8's server, which neither pip nor `import prefect` notices."""
    done = run_python(repository, "-c", "import prefect.server.api.server")
    assert done.returncode == 0, done.stderr[-3000:]
