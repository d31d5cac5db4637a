"""Settings that cannot be used are named before anything starts; a program without standard streams works all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from office.runtime.settings import REPOSITORY, settings
from tests.integration.cli_world import songjiao

WRONG = (
    ("WORKER_LIMIT", "0", "0 应大于 0", "0 is not more than 0"),
    ("WORKER_LIMIT", "many", "many 应为整数,如 40", "many is not a whole number; write one such as 40"),
    ("PREFECT_PORT", "99999", "99999 超过上限 65535", "99999 is more than 65535"),
    ("TIME_ZONE", "Mars/X", "没有时区 'Mars/X'", "there is no time zone 'Mars/X'"),
    ("TIME_ZONE", "../etc", "没有时区 '../etc'", "there is no time zone '../etc'"),
    ("WORKER_POLL_SECONDS", "inf", "inf 超过上限 3600.0", "inf is more than 3600.0"),
    ("ENGINE", "hot", "hot 不可用,可选:warm, stock", "hot is not possible; choose one of: warm, stock"),
    (
        *("ENGINE_MEMORY_MB", "1"),
        "1 MB 内存不足以启动任何运行;请设为 512 以上,或设为 0 不作限制",
        "no flow run can start in 1 MB; give 512 or more, or 0 for no bound",
    ),
)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SONGJIAO_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    yield tmp_path / "data"
    settings.cache_clear()


@pytest.mark.parametrize(("name", "given", "zh", "en"), WRONG)
def test_a_wrong_setting_is_named_and_nothing_starts(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str, given: str, zh: str, en: str
) -> None:
    monkeypatch.setenv(f"SONGJIAO_{name}", given)
    for language, words in (("zh-CN", f"设置 SONGJIAO_{name} 无法使用:{zh}"), ("en", en)):
        answer = songjiao("up", lang=language)
        assert (answer.status, answer.out) == (3, "")
        assert answer.err.strip().endswith(words)
    assert not data.exists()


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)])
def test_a_program_without_standard_streams_does_its_work(tmp_path: Path, closed: tuple[int, ...]) -> None:
    inner = "".join(f"os.close({number});" for number in closed)
    code = f"import os,sys;{inner}os.execv(sys.executable, [sys.executable, '-m', 'cli.main', 'policy', 'list'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=dict(os.environ, SONGJIAO_DATA_DIR=str(tmp_path / "data"), LC_ALL="C.UTF-8"),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE if 1 not in closed else None,
        stderr=subprocess.PIPE if 2 not in closed else None,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert not done.stderr
    assert (done.stdout or b"").startswith(b"pack\t" if 1 not in closed else b"")
