"""The dress rehearsal of the warm parent: it leaves statements compiled, and nothing else."""

import uuid
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from ledger import packs
from ledger.packs import pack_of
from models.act import SYSTEM
from models.programme import PolicySnapshot, Programme
from office.engine import rehearsal
from office.engine.rehearsal import rehearse
from office.engine.warmth import _holds, know_packs
from office.runtime.database import engine_for
from office.runtime.settings import Settings, settings
from office.runtime.transactions import reading, transaction
from policies.loader import pack_hash
from tests.integration.sample_world import World
from tests.support.ledger import make_tables

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


def test_a_run_finds_the_pack_of_its_programme_read(office: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    know_packs(office)
    assert not list(office.root.glob("songjiao.db*")), "to look for a ledger makes none"
    make_tables(office.ledger_url)
    World(office, "1").build().apply("示例一")
    monkeypatch.setattr(packs, "_known", {})
    monkeypatch.setattr(packs, "_hashes", {})
    know_packs(office)
    engine = engine_for(office.ledger_url)
    assert not _holds(engine.pool)
    monkeypatch.setattr(packs, "_hashes", {})  # another programme under the same pack, begun later, is as well off
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *words: asked.append(words[2]))
    with reading(office) as act:
        programme = act.session.exec(select(Programme)).one()
        pack = pack_of(act, programme)
    assert pack_hash(pack) in packs._known
    assert not [statement for statement in asked if "content" in statement]


def test_packs_of_a_ledger_that_does_not_answer_are_left_to_the_runs(office: Settings) -> None:
    office.root.mkdir(parents=True, exist_ok=True)
    (office.root / "songjiao.db").write_bytes(b"")
    know_packs(office)
    assert not _holds(engine_for(office.ledger_url).pool)


def test_a_pack_that_cannot_be_read_is_left_to_its_own_runs(
    office: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_tables(office.ledger_url)
    for short in ("示例一", "示例二"):
        World(office, short).build().apply(short)
    with transaction(SYSTEM, office=office) as act:
        good = act.session.exec(select(PolicySnapshot)).one()
        bad = PolicySnapshot(
            hash="0" * 64, name=good.name, content=good.content | {"unheard-of": 1}, created_at=act.now
        )
        act.session.add(bad)
        act.session.flush()
        programme = act.session.exec(select(Programme).order_by(col(Programme.ref))).all()[0]
        programme.snapshot_id = bad.id
        act.session.add(programme)
        digest = good.hash
    monkeypatch.setattr(packs, "_known", {})
    monkeypatch.setattr(packs, "_hashes", {})
    know_packs(office)
    assert list(packs._known) == [digest]
    monkeypatch.setattr(packs, "know_packs", lambda _: 1 / 0)
    know_packs(office)
    assert "packs are not read ahead (ZeroDivisionError)" in capsys.readouterr().err


def test_as_many_packs_as_are_kept_are_kept(office: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tables(office.ledger_url)
    World(office, "1").build().apply("示例一")
    monkeypatch.setattr(packs, "_hashes", {})
    with reading(office) as act:
        programme = act.session.exec(select(Programme)).one()
        pack = pack_of(act, programme)
        digest = pack_hash(pack)
        monkeypatch.setattr(packs, "_known", {digest: pack} | {str(number): pack for number in range(packs._KEEP - 1)})
        monkeypatch.setattr(packs, "_hashes", {})
        pack_of(act, programme)
        packs.hold(programme.snapshot_id, digest, pack)
        assert len(packs._known) == packs._KEEP
        packs.hold(uuid.uuid4(), "another", pack)
        assert list(packs._known) == ["another"]
