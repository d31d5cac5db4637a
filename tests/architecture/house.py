"""What belongs to the house: its rooms, modules and files, as the tests of the house see them."""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ROOMS = ("policies", "rules", "models", "ledger", "notifications", "tasks", "flows", "office", "desk", "cli")
ROOM_FOLDERS = tuple(room for room in ROOMS if (REPOSITORY / room / "__init__.py").exists())

# Run by Alembic or read as programs of their own, not imported.
NOT_MODULES = ("models/migrations/", "policies/regulations/")
# What the tools and the office make, where no git is there to tell.
MADE = re.compile(r"/\.(?!ci/|gitignore/)[^/]+/|/__pycache__/|\.egg-info/|^/(?:data|build|test-output|node_modules)/")


def modules(room: str) -> list[str]:
    """The dotted names of the modules of a room, or of one part of it such as `models.states`."""
    found = []
    for path in python_files():
        relative = path.relative_to(REPOSITORY)
        if str(relative).startswith(NOT_MODULES) or relative.name == "__main__.py":
            continue
        name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
        if name == room or name.startswith(room + "."):
            found.append(name)
    return sorted(found)


@lru_cache
def files() -> tuple[Path, ...]:
    """Every file that is tracked or would be: what git ignores does not belong to the house.

    In an unpacked archive, which git knows nothing of, every file outside the folders that the tools make.
    """
    if not (REPOSITORY / ".git").exists():
        walked = (path for path in REPOSITORY.rglob("*") if not MADE.search(f"/{path.relative_to(REPOSITORY)}/"))
        return tuple(sorted(path for path in walked if path.is_file()))
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = {REPOSITORY / name for name in listed.split("\0") if name}
    return tuple(sorted(path for path in found if path.is_file()))


@lru_cache
def python_files() -> tuple[Path, ...]:
    """Every Python file of the house."""
    return tuple(path for path in files() if path.suffix == ".py")
