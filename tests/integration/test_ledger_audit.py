"""The chain of audit events proves itself: whatever is changed, taken out, put in or cut off is named."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger.audit import Verified, verify
from ledger.core import GENESIS, event_hash
from ledger.errors import BadInput
from ledger.people import add_organisation
from models.act import SYSTEM
from models.office import AuditEvent
from office.runtime.migrate import open_ledger
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction

STORED = Path(__file__).resolve().parents[1] / "data" / "ledgers"


@pytest.fixture
def written(each_office: Settings) -> Settings:
    """A ledger with five events."""
    open_ledger(each_office)
    for number in range(1, 6):
        with transaction(SYSTEM, office=each_office) as act:
            add_organisation(act, f"示例学校{number}", "school")
    return each_office


def _verify(office: Settings, head: str | None = None) -> Verified:
    with reading(office) as act:
        return verify(act, head)


def _tamper(office: Settings, *statements: str) -> None:
    with transaction(SYSTEM, office=office) as act:
        for statement in statements:
            act.session.exec(text(statement))  # type: ignore[call-overload]


def _hash(office: Settings, number: int) -> str:
    with reading(office) as act:
        return act.session.get_one(AuditEvent, number).hash


def test_an_empty_chain_holds(each_office: Settings) -> None:
    open_ledger(each_office)
    assert _verify(each_office) == Verified(ok=True, count=0, head=GENESIS)


def test_an_untouched_chain_holds_and_still_contains_an_earlier_head(written: Settings) -> None:
    head = _hash(written, 5)
    assert _verify(written) == Verified(ok=True, count=5, head=head)
    assert _verify(written, head=_hash(written, 2)) == Verified(ok=True, count=5, head=head)


@pytest.mark.parametrize(
    ("statement", "number", "why"),
    [
        ("UPDATE audit_event SET kind='person_added' WHERE number=3", 3, "event 3 (person_added) was changed after"),
        ("UPDATE audit_event SET facts='{}' WHERE number=3", 3, "event 3 (organisation_added) was changed after"),
        ("UPDATE audit_event SET door='cli' WHERE number=1", 1, "event 1 (organisation_added) was changed after"),
        (
            "UPDATE audit_event SET at='2020-01-01 00:00:00' WHERE number=5",
            5,
            "event 5 (organisation_added) was changed",
        ),
        ("DELETE FROM audit_event WHERE number=3", 3, "event 3 is missing; the next one is 4"),
        ("UPDATE audit_event SET number=9 WHERE number=5", 5, "event 5 is missing; the next one is 9"),
        (
            "UPDATE audit_event SET previous_hash='x' WHERE number=4",
            4,
            "event 4 does not follow from the one before it",
        ),
    ],
)
def test_the_first_broken_link_is_named(written: Settings, statement: str, number: int, why: str) -> None:
    _tamper(written, statement)
    found = _verify(written)
    assert (found.ok, found.broken_at, found.count) == (False, number, number - 1)
    assert (found.why or "")[: len(why)] == why


def test_an_event_rewritten_with_a_fitting_hash_breaks_the_next_link(written: Settings) -> None:
    def rewrite(event: AuditEvent) -> None:
        event.facts = {**event.facts, "name": "别的学校"}
        event.hash = event_hash(event)

    _change(written, 3, rewrite)
    found = _verify(written)
    assert (found.ok, found.broken_at, found.why) == (False, 4, "event 4 does not follow from the one before it")


def _change(office: Settings, number: int, how: Callable[[AuditEvent], Any]) -> None:
    with transaction(SYSTEM, office=office) as act:
        event = act.session.get_one(AuditEvent, number)
        how(event)
        act.session.add(event)


def test_a_tail_that_was_cut_off_is_missed(written: Settings) -> None:
    head = _hash(written, 5)
    _tamper(written, "DELETE FROM audit_event WHERE number>3")
    found = _verify(written)
    assert (found.ok, found.broken_at, found.count) == (False, 4, 3)
    assert found.why == "the chain should end with event 5: what came after event 3 was cut off"
    assert _verify(written, head=head) == found  # the chain tells more than the head
    _tamper(written, f"UPDATE audit_head SET number=3, hash='{_hash(written, 3)}'")
    found = _verify(written, head=head)
    assert (found.ok, found.broken_at, found.count) == (
        False,
        None,
        3,
    )  # also whoever rewrote the kept head is found out


@pytest.mark.parametrize("head", ["deadbeef", "", "z" * 64, "head"])
def test_what_is_no_head_is_not_looked_for(written: Settings, head: str) -> None:
    with pytest.raises(BadInput, match="is no head: give the 64 digits"):
        _verify(written, head=head)


def test_a_head_of_another_ledger_breaks_no_link_of_this_one(written: Settings) -> None:
    found = _verify(written, head="A" * 64)
    assert (found.ok, found.count, found.broken_at) == (False, 5, None)
    assert found.why == (
        f"no event here has the hash {'a' * 64}: it is another ledger's, or its events were cut off or written anew"
    )


def test_a_gap_stays_where_a_tail_was_cut_off_and_acts_went_on(written: Settings) -> None:
    _tamper(written, "DELETE FROM audit_event WHERE number=5")
    with transaction(SYSTEM, office=written) as act:
        add_organisation(act, "示例学校6", "school")
    found = _verify(written)
    assert (found.ok, found.broken_at, found.why) == (False, 5, "event 5 is missing; the next one is 6")


def test_the_last_event_cannot_be_rewritten_with_a_fitting_hash(written: Settings) -> None:
    def rewrite(event: AuditEvent) -> None:
        event.facts = {**event.facts, "name": "别的学校"}
        event.hash = event_hash(event)

    _change(written, 5, rewrite)
    assert _verify(written).why == "event 5 is not the one that was written"


def test_events_slipped_in_at_the_end_and_a_head_that_is_gone_are_named(written: Settings) -> None:
    _tamper(written, "UPDATE audit_head SET number=4")
    assert (
        _verify(written).why == "the chain goes on after event 4, its head as it was kept: later ones were slipped in"
    )
    _tamper(written, "DELETE FROM audit_head")
    assert _verify(written).why == "the head that is kept beside the chain is gone"


def test_a_cut_tail_of_an_earlier_revision_s_ledger_is_missed_too(tmp_path: Path) -> None:
    shutil.copyfile(STORED / "0001.db", tmp_path / "songjiao.db")
    office = Settings(data_dir=tmp_path)
    open_ledger(office)
    whole = _verify(office)
    assert (whole.ok, whole.differences) == (True, [])
    _tamper(office, f"DELETE FROM audit_event WHERE number={whole.count}")
    assert _verify(office).broken_at == whole.count
