"""The dress rehearsal of the warm parent: it leaves statements compiled, and nothing else."""

from pathlib import Path

import pytest

from office.engine import rehearsal
from office.engine.rehearsal import rehearse
from office.engine.warmth import _holds
from office.runtime.database import engine_for
from office.runtime.settings import Settings, settings

pytestmark = pytest.mark.engine


@pytest.fixture
def office(data_dir: Path) -> Settings:
    return settings()


def test_a_rehearsal_compiles_what_a_wake_asks_and_touches_no_ledger(office: Settings) -> None:
    assert rehearse(office) is None
    engine = engine_for(office.ledger_url)
    asked = " ".join(str(key) for key in engine._compiled_cache)  # type: ignore[union-attr]
    assert len(engine._compiled_cache) > 30, asked  # type: ignore[arg-type]
    assert not _holds(engine.pool)
    assert not list(office.root.glob("songjiao.db*"))
    with engine.connect() as connection:  # from now on it is the office's own file
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one() == 0
    assert list(office.root.glob("songjiao.db"))
    engine.dispose()


def test_a_rehearsal_that_fails_says_why_and_leaves_nothing(
    office: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "application.yaml"
    broken.write_text("title: 示例\n", encoding="utf-8")
    monkeypatch.setattr(rehearsal, "SAMPLE", broken)
    assert "ValidationError" in (rehearse(office) or "")
    assert not _holds(engine_for(office.ledger_url).pool)
    assert not list(office.root.glob("songjiao.db*"))


def test_another_database_is_not_rehearsed_on(office: Settings) -> None:
    other = office.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none"})
    assert rehearse(other) == "the ledger is not the embedded one"
