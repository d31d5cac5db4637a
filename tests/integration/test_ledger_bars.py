"""What a finding shuts out is refused at the ledger's own doors, and open again once it is lifted or annulled."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from ledger.errors import BadInput, Refused
from ledger.people import add_organisation, add_person
from ledger.programmes import apply
from ledger.registers import annul_entry, record_entry
from models.programme import Programme
from models.register import RegisterEntry
from models.states import ApplicantKind
from models.values import Application
from office.runtime.settings import Settings
from policies.schema import Pack
from tests.integration.sample_world import application_of
from tests.integration.test_ledger_registers import Bureau
from tests.integration.test_ledger_registers import pack as pack  # the fixture
from tests.support.libraries import library_of

HOST, COUNTY = "示例实验小学", "示例区教委"
EXPERT = {"criteria": "political-standing,professional-ethics,professional-competence,public-recognition"}


@pytest.fixture
def bureau(sqlite_office: Settings) -> Bureau:
    bureau = Bureau(sqlite_office)
    bureau.do(None, add_organisation, "示例区进修学院", "county-teacher-development-institute", COUNTY)
    bureau.do(None, add_organisation, HOST, "school", COUNTY)
    bureau.do(None, add_organisation, "示例邻校", "school", COUNTY)
    for name, home in (("host", HOST), ("other", "示例邻校")):
        done = bureau.do(None, add_person, f"示例·{name}", home, ("contact", "host-institution"), f"{name}@example.com")
        bureau.refs[name] = str(done.ref)
    return bureau


@pytest.fixture(scope="module")
def blended() -> Pack:
    from office.runtime.settings import REPOSITORY

    return library_of(REPOSITORY / "policies").resolve("chongqing-2021", "blended")


def _apply(bureau: Bureau, pack: Pack, who: str = "host", host: str = HOST, **changes: Any) -> Any:
    def applying(act: Any) -> Any:
        given = application_of(act, "甲", host, COUNTY).model_copy(update=changes)
        return apply(act, given, pack)

    return bureau.do(who, applying)


def _disqualify(bureau: Bureau, pack: Pack, host: str = HOST) -> str:
    case = {
        "conditions": "safety-accident,caused-by-poor-management",
        "outcome": "host-disqualified",
        "grounds": "示例认定",
    }
    return str(bureau.do("commission", record_entry, pack, "safety-case", case, host).ref)


def _clauses(refused: Refused) -> set[str | None]:
    return {basis.clause for verdict in refused.verdicts for basis in verdict.basis}


def test_a_disqualified_host_applies_in_vain_and_nothing_is_left_of_it(
    bureau: Bureau, pack: Pack, blended: Pack
) -> None:
    _disqualify(bureau, pack)
    with pytest.raises(Refused) as refused:
        _apply(bureau, blended)
    assert _clauses(refused.value) == {"CQ2021-6.3"}
    assert bureau.look(select(Programme)) == []
    _apply(bureau, blended, "other", "示例邻校")  # the finding names one host and no other
    assert len(bureau.look(select(Programme))) == 1


def test_a_restored_host_applies_again(bureau: Bureau, pack: Pack, blended: Pack) -> None:
    _disqualify(bureau, pack)
    register = next(one for one in pack.registers if one.key == "qualification-restored")
    given = {field.key: "2026-03-02" if field.type == "day" else "示例" for field in register.fields}
    with pytest.raises(Refused):
        bureau.do("county", record_entry, pack, "qualification-restored", given, HOST)
    with pytest.raises(Refused):
        _apply(bureau, blended)
    bureau.do("commission", record_entry, pack, "qualification-restored", given, HOST)
    assert _apply(bureau, blended).ref == "CQ-2026-0001"


def test_a_finding_that_is_annulled_bars_nobody(bureau: Bureau, pack: Pack, blended: Pack) -> None:
    ref = _disqualify(bureau, pack)
    bureau.do("commission", annul_entry, pack, ref, "申诉成立")
    assert _apply(bureau, blended).ref == "CQ-2026-0001"


def test_a_finding_without_that_outcome_bars_nobody(bureau: Bureau, pack: Pack, blended: Pack) -> None:
    case = {"conditions": "safety-accident", "outcome": "no-disqualification", "grounds": "示例认定"}
    bureau.do("commission", record_entry, pack, "safety-case", case, HOST)
    assert _apply(bureau, blended).ref == "CQ-2026-0001"


def test_an_expert_with_a_finding_is_not_engaged_until_the_record_is_annulled(
    bureau: Bureau, pack: Pack, blended: Pack
) -> None:
    programme = str(_apply(bureau, blended).ref)
    finding = _entry(pack, "expert-misconduct", expert="示例·某专家")
    wrong = str(
        bureau.do(
            "host", record_entry, pack, "expert-misconduct", finding, _about(pack, "expert-misconduct", programme)
        ).ref
    )
    engage = _entry(pack, "expert-engagement", expert="示例·某专家") | EXPERT
    with pytest.raises(Refused) as refused:
        bureau.do("host", record_entry, pack, "expert-engagement", engage, programme)
    assert "CQ2021-4.3" in _clauses(refused.value)
    other = engage | {"expert": "示例·另一专家"}
    bureau.do("host", record_entry, pack, "expert-engagement", other, programme)
    bureau.do("host", annul_entry, pack, wrong, "登记错误")
    bureau.do("host", record_entry, pack, "expert-engagement", engage, programme)
    kept = select(RegisterEntry).where(RegisterEntry.register_key == "expert-engagement")
    assert [row.content["expert"] for row in bureau.look(kept)] == ["示例·另一专家", "示例·某专家"]


def _about(pack: Pack, key: str, programme: str) -> str | None:
    register = next(one for one in pack.registers if one.key == key)
    return programme if register.about == "programme" else None


def _entry(pack: Pack, key: str, **given: str) -> dict[str, str]:
    register = next(one for one in pack.registers if one.key == key)
    content = {}
    for field in register.fields:
        if field.type == "choices":
            content[field.key] = ",".join(field.choices)
        elif field.type == "choice":
            content[field.key] = field.choices[0]
        else:
            plain = {"day": "2026-03-01", "number": "1", "whole": "1", "flag": "true"}
            content[field.key] = plain.get(field.type, "示例")
    return content | given


# --- what an application declares -------------------------------------------------------------------------------------


def test_what_no_check_asks_is_refused_with_the_nearest_fact(bureau: Bureau, blended: Pack) -> None:
    with pytest.raises(BadInput) as refused:
        _apply(bureau, blended, declared={"topcis": ["示例"], "methods": ["示例"]})
    assert refused.value.problems == [
        ("declared.topcis", "no check of chongqing-2021 asks for 'topcis'; did you mean topics?")
    ]
    assert bureau.look(select(Programme)) == []


def test_a_bar_for_one_level_shuts_out_of_that_level_only(bureau: Bureau, pack: Pack, blended: Pack) -> None:
    """The facts of the application stand at its door, so that a bar can be kept to some programmes."""
    _disqualify(bureau, pack)

    def only(level: str) -> Pack:
        bars = tuple(
            bar.model_copy(update={"when": {"programme.level": level}}) if bar.key == "host-disqualified" else bar
            for bar in blended.bars
        )
        return blended.model_copy(update={"bars": bars})

    with pytest.raises(Refused):
        _apply(bureau, only("municipal"))
    assert _apply(bureau, only("national")).ref == "CQ-2026-0001"


def test_the_sample_application_is_one_that_passes(bureau: Bureau, blended: Pack) -> None:
    done = _apply(bureau, blended)
    row = bureau.look(select(Programme))[0]
    assert (done.ref, row.applicant_kind, row.starts_on) == (
        "CQ-2026-0001",
        ApplicantKind.SCHOOL,
        date(2026, 3, 2) + timedelta(days=90),
    )
    assert Decimal(row.budget_total) > 0
    assert Application.model_fields["declared"].default_factory is dict
