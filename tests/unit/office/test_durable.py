"""A kept file outlives a power cut: its content and the folder that names it are both brought to the disk."""

import io
import os
import stat
from pathlib import Path

import pytest

from ledger.filings import store
from office.runtime.durable import keep_text
from office.runtime.settings import Settings, secret_file
from office.state_file import OfficeState, write_state


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file and folder that was brought to the disk, in order, by the name it had then."""
    real, seen = os.fsync, []

    def fsync(opened: int) -> None:
        seen.append(Path(os.readlink(f"/proc/self/fd/{opened}")))
        real(opened)

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux: names an open file")


def test_a_replaced_file_and_its_folder(tmp_path: Path, brought: list[Path]) -> None:
    for text in ("one", "二"):
        keep_text(tmp_path / "kept", text)
    assert (tmp_path / "kept").read_text(encoding="utf-8") == "二"
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert [path == tmp_path for path in brought] == [False, True, False, True]


def test_a_secret_and_its_folder(tmp_path: Path, brought: list[Path]) -> None:
    first = secret_file(tmp_path / "data" / "server.key")
    assert brought[-1] == tmp_path / "data"
    del brought[:]
    assert secret_file(tmp_path / "data" / "server.key") == first
    assert brought == []


def test_the_state_of_an_office_and_its_folder(tmp_path: Path, brought: list[Path]) -> None:
    given = Settings(data_dir=tmp_path, _env_file=None)  # type: ignore[call-arg]
    given.run_dir.mkdir()
    write_state(given, OfficeState(1, "http://127.0.0.1:1/api", "http://127.0.0.1:1", "warm", True, {}))
    assert brought[-1] == given.run_dir
    assert stat.S_IMODE((given.run_dir / "office.json").stat().st_mode) == 0o600


def test_a_document_and_both_folders_above_it(tmp_path: Path, brought: list[Path]) -> None:
    kept = store(tmp_path, io.BytesIO("示例".encode()), "a.txt", ["txt"], 1)
    assert brought[-2:] == [tmp_path / kept.sha256[:2], tmp_path]
