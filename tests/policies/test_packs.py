"""Both packs keep the contract, and say what the regulation says."""

import re
from datetime import date
from decimal import Decimal

import pytest

from models.states import ApplicantKind, ProgrammeLevel, TierAction
from policies.clauses import clause_ids, clauses
from policies.explaining import explain_clause
from policies.loader import Library, check_file, pack_from_snapshot, pack_hash
from policies.lookup import chain_for, find, kind_phases, phase_of, stage_of
from policies.problems import PackError
from policies.read_by_code import NEEDED, OPTIONAL
from policies.show import describe, uses
from policies.structure import rules_read
from policies.valuing import ANCHORS, FACTS
from policies.walk import parts

from .conftest import PACKS

NAMES = ["chongqing-2021", "henan-2023", "liuzhou-2024", "shulan-2017", "three-actions-2022"]
ON = date(2026, 3, 2)
ASKED = re.compile(
    r'(?:find(?:_or_none)?\(\s*\w+,\s*|= )"([a-z_]+(?:\.[a-z_]+)*\.(?:hour|days|due|every|minimum|decimals))"'
)


def test_library_names_the_packs_and_nothing_else(library: Library) -> None:
    assert library.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_pack_keeps_the_contract(name: str) -> None:
    assert [str(problem) for problem in check_file(PACKS / f"{name}.yaml")] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_of_a_pack_is_read_and_every_read_one_exists(library: Library, name: str) -> None:
    pack = library.load(name)
    assert rules_read(pack) - {"tier"} - OPTIONAL == {*pack.rules, *pack.settings} - OPTIONAL


def test_clause_ids_are_those_of_the_register() -> None:
    assert clause_ids(PACKS) == frozenset(clauses(PACKS))


def test_an_unknown_pack_names_the_nearest(library: Library) -> None:
    with pytest.raises(PackError) as caught:
        library.load("chongqing-2012")
    assert str(caught.value) == "chongqing-2012.yaml: there is no pack 'chongqing-2012'; did you mean chongqing-2021?"


def test_an_unknown_kind_names_those_there_are(library: Library) -> None:
    with pytest.raises(PackError) as caught:
        library.resolve("chongqing-2021", "online")
    assert str(caught.value) == (
        "chongqing-2021.yaml: kinds: no kind of programme 'online'; use one of: blended, send-teaching"
    )


def _tiers(library: Library, subject: str, kind: ApplicantKind) -> list[tuple[str, TierAction]]:
    chain = chain_for(library.load("chongqing-2021"), subject, kind, ProgrammeLevel.MUNICIPAL)
    assert chain is not None
    return [(tier.role, tier.action) for tier in chain.tiers]


def test_a_schools_plan_goes_through_institute_and_centre_to_the_commission(library: Library) -> None:
    assert _tiers(library, "implementation-plan", ApplicantKind.SCHOOL) == [
        ("county-teacher-development-institute", TierAction.REVIEW),
        ("municipal-teacher-development-centre", TierAction.REVIEW),
        ("municipal-education-commission", TierAction.FILE),
    ]


def test_a_universitys_application_needs_its_head_only(library: Library) -> None:
    assert _tiers(library, "application", ApplicantKind.UNIVERSITY) == [("university-head", TierAction.APPROVE)]


def test_another_institutions_application_rests_on_an_office_setting(library: Library) -> None:
    chain = chain_for(library.load("chongqing-2021"), "application", ApplicantKind.OTHER, ProgrammeLevel.NATIONAL)
    assert chain is not None
    assert (chain.basis.clause, chain.like) == (None, "CQ2021-2.6")
    assert chain.why is not None
    assert chain.basis.setting == chain.why.zh


def test_a_county_programme_has_no_chain_in_the_text(library: Library) -> None:
    pack = library.load("chongqing-2021")
    assert chain_for(pack, "application", ApplicantKind.SCHOOL, ProgrammeLevel.COUNTY) is None


# --- adoption -------------------------------------------------------------------------------------------------------


def test_a_send_teaching_programme_runs_the_stages_of_shulan_as_adopted(library: Library) -> None:
    pack = library.resolve("chongqing-2021", "send-teaching")
    assert [(stage.number, stage.key, stage.adopted_from) for stage in pack.stages] == [
        (number, f"stage-{number}", "shulan-2017") for number in range(1, 6)
    ]
    product = stage_of(pack, "stage-2").products[0]
    assert (product.document, product.basis.clause, product.basis.adopted_from) == (
        "diagnosis-record",
        "SL2017-2.6",
        "shulan-2017",
    )
    assert phase_of(pack, "stage-3").basis.adopted_from == "shulan-2017"
    assert phase_of(pack, "archive").basis.adopted_from is None


def test_adopted_stages_bring_the_documents_they_ask_for(library: Library) -> None:
    pack = library.resolve("chongqing-2021", "send-teaching")
    asked = {product.document for stage in pack.stages for product in stage.products}
    brought = {document.key for document in pack.documents if document.adopted_from == "shulan-2017"}
    assert brought == asked


def test_the_public_notice_stands_between_school_and_county(library: Library) -> None:
    steps = library.resolve("chongqing-2021", "send-teaching").selection
    assert steps is not None
    assert [(step.key, step.role, step.basis.adopted_from) for step in steps.steps] == [
        ("volunteer", "teacher", None),
        ("recommend", "school", None),
        ("notice", "school", "shulan-2017"),
        ("review", "county-education-authority", None),
        ("confirm", "host-institution", None),
    ]


def test_a_blended_programme_adopts_nothing(library: Library) -> None:
    pack = library.resolve("chongqing-2021", "blended")
    assert (pack.stages, pack.travel) == ((), None)
    assert pack.selection is not None
    assert [step.key for step in pack.selection.steps] == ["volunteer", "recommend", "review", "confirm"]
    assert [test.key for test in pack.selection.eligibility] == ["ban", "repeat"]
    assert "shulan-2017" not in {document.adopted_from for document in pack.documents}


def test_travel_levels_are_mapped_to_those_of_chongqing(library: Library) -> None:
    pack = library.resolve("chongqing-2021", "send-teaching")
    assert pack.travel is not None
    assert pack.travel.levels == (ProgrammeLevel.NATIONAL, ProgrammeLevel.MUNICIPAL)
    found = find(pack, pack.travel.more_than, ON)
    assert (found.value, found.basis.clause, found.basis.adopted_from) == (3, "SL2017-5B.3", "shulan-2017")


def test_the_role_map_turns_the_in_service_training_school_into_the_county_institute(library: Library) -> None:
    from policies.adoption import resolve_pack

    theirs = library.load("shulan-2017")
    ours = library.load("chongqing-2021")
    wider = ours.adopts[0].model_copy(update={"parts": ("selection.review",)})
    whole = resolve_pack(ours.model_copy(update={"adopts": (wider,)}), "send-teaching", {"shulan-2017": theirs})
    assert whole.selection is not None
    review = next(step for step in whole.selection.steps if step.key == "review")
    assert (review.role, review.cites) == ("county-teacher-development-institute", "SL2017-5A.3")


# --- phases ---------------------------------------------------------------------------------------------------------


def test_the_archive_follows_the_last_stage_or_the_delivery(library: Library) -> None:
    pack = library.load("chongqing-2021")
    for kind, last in (("send-teaching", "stage-5"), ("blended", "delivery")):
        archive = next(phase for phase in kind_phases(pack, kind) if phase.key == "archive")
        assert archive.opens_after == (last,)


def test_selection_plan_review_and_preparation_open_together_after_the_award(library: Library) -> None:
    pack = library.resolve("chongqing-2021", "send-teaching")
    assert [phase.key for phase in pack.phases if phase.opens_after == ("award",)] == [
        "plan-review",
        "selection",
        "check-in",
    ]


# --- pinning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["send-teaching", "blended"])
def test_a_snapshot_gives_back_the_same_pack_with_its_types(library: Library, kind: str) -> None:
    pack = library.resolve("chongqing-2021", kind)
    again = pack_from_snapshot(pack.snapshot())
    assert again == pack
    assert find(again, "evaluation.weight.archive_documents", ON).value == Decimal("0.1")
    assert pack_hash(again) == pack_hash(pack)


def test_the_hash_tells_packs_apart(library: Library) -> None:
    assert len({pack_hash(library.resolve("chongqing-2021", kind)) for kind in ("send-teaching", "blended")}) == 2


# --- what people read -----------------------------------------------------------------------------------------------


def test_office_settings_stand_apart_and_cite_nothing(library: Library) -> None:
    pack = library.resolve("chongqing-2021", "send-teaching")
    sections = {section.title: section for section in describe(pack, "en")}
    settings = sections["Office settings (no clause gives these)"]
    assert {line.basis for line in settings.lines} == {"office setting"}
    assert [line.label for line in settings.lines] == list(pack.settings)
    assert "message.hour" not in {line.label for line in sections["Values of the regulation"].lines}


def test_adopted_parts_are_printed_as_adopted(library: Library) -> None:
    pack = library.resolve("chongqing-2021", "send-teaching")
    stages = next(section for section in describe(pack) if section.title == "阶段与成果")
    assert stages.lines[0].basis.split("、")[0] == "SL2017-2.2(沿用shulan-2017)"


def test_a_clause_is_explained_with_its_quote_and_where_the_pack_uses_it(library: Library) -> None:
    shown, _ = explain_clause(clauses(PACKS), "CQ2021-6.11")
    assert (shown.lines[0].label, shown.lines[0].text) == (
        "原文",
        "项目结束后一周内报送培训总结、课程资源等培训过程档案资料",
    )
    assert uses(library.load("chongqing-2021"), "CQ2021-6.11") == (
        "closing.archive.due",
        "phases.archive",
        "documents.archive-documents",
        "obligations.archive",
    )


def test_every_clause_is_explained_in_plain_words_and_in_chinese_where_a_chinese_reads(library: Library) -> None:
    register, packs = clauses(PACKS), [library.load(name) for name in library.names()]
    cited = [(pack, {key for _, part in parts(pack) for key in getattr(part, "clauses", ())}) for pack in packs]
    chinese, raw = re.compile(r"[一-鿿]"), re.compile(r"[{}]|\['|True|False|None|[a-z]_[a-z]")
    prose = {"原文", "Quote", "英文注释", "Rule", "英文注释:原文未定之处", "Open points"}
    for clause_id in register:
        resting = [
            pack for pack, keys in cited if clause_id in keys
        ]  # a walk over every pack for every clause takes its time
        *said, notes = explain_clause(register, clause_id, resting, "zh-CN")
        first, *others = explain_clause(register, clause_id, resting, "en")
        lines = [line for section in said for line in section.lines]
        assert [line for line in lines if not (chinese.search(line.label) and chinese.search(line.text))] == []
        assert [line.note for line in lines if line.note and not chinese.search(line.note)] == []
        assert all(line.label.startswith("英文注释") for line in notes.lines)
        english = [line for section in others for line in section.lines]
        assert [line.text for line in english if chinese.search(line.label + line.text)] == []
        told = [line.text for line in (*lines, *notes.lines, *first.lines, *english) if line.label not in prose]
        assert [text for text in told if raw.search(text)] == []


# --- the code and the packs -----------------------------------------------------------------------------------------


def test_the_code_asks_by_name_only_for_what_every_pack_holds() -> None:
    rooms = ("rules", "ledger", "tasks", "flows", "office", "notifications", "cli")
    asked = {
        found
        for room in rooms
        for path in sorted((PACKS.parent / room).rglob("*.py"))
        for found in ASKED.findall(path.read_text(encoding="utf-8"))
    }
    assert asked - OPTIONAL == NEEDED


def test_the_ledger_records_every_day_that_a_pack_may_count_from() -> None:
    recorded = (PACKS.parent / "ledger" / "anchors.py").read_text(encoding="utf-8")
    by_rules = "".join(
        (PACKS.parent / "rules" / name).read_text(encoding="utf-8") for name in ("deadlines.py", "duties.py")
    )
    days = set(re.findall(r'"([a-z]+\.[a-z]+_on)"', recorded + by_rules))
    facts = set(re.findall(r'"((?:programme|host)\.(?:kind|level))"', recorded))
    assert (days, facts) == (set(ANCHORS), set(FACTS))
