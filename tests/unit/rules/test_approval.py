"""The tiers: what each may decide, what follows, and who may decide it."""

from typing import Any

import pytest

from models.states import (
    ApplicantKind,
    DecisionOutcome,
    PhaseOutcome,
    ProgrammeLevel,
    StepState,
    SubmissionState,
    TierAction,
)
from models.values import Basis
from policies.lookup import chain_for
from policies.schema import Chain
from rules.approval import Move, OutcomeNotAllowed, after_decision, allowed_outcomes, first_number, lodged, may_decide
from tests.support.packs import APPROVAL, small_pack

APPROVE, RETURN, REJECT, FILE = (
    DecisionOutcome.APPROVE,
    DecisionOutcome.RETURN,
    DecisionOutcome.REJECT,
    DecisionOutcome.FILE,
)
COUNTY, CENTRE, HOST = "county", "centre", "host"


def plan_chain(**changes: Any) -> Chain:
    """The chain of a school's implementation plan: institute, centre, filing."""
    return Chain.model_validate(APPROVAL[2] | changes)


def test_the_pack_gives_a_schools_plan_three_tiers() -> None:
    chain = chain_for(small_pack(), "implementation-plan", ApplicantKind.SCHOOL, ProgrammeLevel.MUNICIPAL)
    assert chain == plan_chain()


@pytest.mark.parametrize("action", [one for one in TierAction if one is not TierAction.FILE])
def test_every_tier_but_filing_may_approve_return_and_reject(action: TierAction) -> None:
    assert allowed_outcomes(action) == (APPROVE, RETURN, REJECT)


def test_filing_is_a_receipt() -> None:
    assert allowed_outcomes(TierAction.FILE) == (FILE,)


@pytest.mark.parametrize(
    ("number", "outcome", "move"),
    [
        (1, APPROVE, Move(2, None, None)),
        (2, APPROVE, Move(3, None, None)),
        (3, FILE, Move(None, SubmissionState.FILED, PhaseOutcome.FILED)),
        (1, RETURN, Move(None, SubmissionState.RETURNED, None)),
        (2, RETURN, Move(None, SubmissionState.RETURNED, None)),
        (2, REJECT, Move(None, SubmissionState.REJECTED, PhaseOutcome.REJECTED)),
    ],
)
def test_what_follows_a_decision_on_a_plan(number: int, outcome: DecisionOutcome, move: Move) -> None:
    assert after_decision(plan_chain(), number, outcome) == move


def test_an_approval_at_the_last_tier_passes_the_submission() -> None:
    assert after_decision(Chain.model_validate(APPROVAL[0]), 1, APPROVE) == Move(
        None, SubmissionState.PASSED, PhaseOutcome.PASSED
    )


@pytest.mark.parametrize(
    ("number", "outcome"), [(0, APPROVE), (4, APPROVE), (3, REJECT), (3, RETURN), (3, APPROVE), (1, FILE)]
)
def test_a_decision_that_the_tier_does_not_know_is_refused(number: int, outcome: DecisionOutcome) -> None:
    with pytest.raises(OutcomeNotAllowed):
        after_decision(plan_chain(), number, outcome)


def test_a_corrected_version_starts_at_the_first_tier_unless_the_chain_says_otherwise() -> None:
    returning = plan_chain(on_return="returning-tier")
    assert [first_number(plan_chain(), None), first_number(plan_chain(), 2)] == [1, 1]
    assert [first_number(returning, None), first_number(returning, 2)] == [1, 2]


def test_lodging_needs_every_tier_before_the_filing_and_not_the_receipt() -> None:
    assert lodged(plan_chain(), {1: APPROVE, 2: APPROVE}) is True
    assert lodged(plan_chain(), {1: APPROVE, 2: APPROVE, 3: FILE}) is True
    assert lodged(plan_chain(), {1: APPROVE}) is False
    assert lodged(plan_chain(), {1: APPROVE, 2: RETURN}) is False
    assert lodged(plan_chain(), {2: APPROVE}) is False


def test_without_a_filing_tier_every_tier_must_pass() -> None:
    county = Chain.model_validate(APPROVAL[0])
    assert (lodged(county, {}), lodged(county, {1: APPROVE})) == (False, True)


def decide(**changes: Any) -> tuple[str, bool]:
    """The centre's reviewer approves an open step; `changes` says what is different."""
    asked: dict[str, Any] = {
        "step_state": StepState.OPEN,
        "action": TierAction.REVIEW,
        "outcome": APPROVE,
        "step_role": "municipal-teacher-development-centre",
        "step_organisation_id": CENTRE,
        "person_roles": [(CENTRE, "municipal-teacher-development-centre")],
        "person_organisation_id": CENTRE,
        "host_id": HOST,
        "seat": "organisation",
        "on_behalf": False,
        "has_scan": False,
        "comment": "",
    }
    verdict = may_decide(small_pack(), **(asked | changes))
    return verdict.key, verdict.allowed


HEAD = {
    "step_role": "university-head",
    "step_organisation_id": HOST,
    "person_roles": [(HOST, "university-head")],
    "person_organisation_id": HOST,
    "seat": "host",
    "action": TierAction.APPROVE,
}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, "may-decide"),
        ({"outcome": RETURN, "comment": "请修改"}, "may-decide"),
        ({"outcome": RETURN}, "comment-missing"),
        ({"outcome": REJECT, "comment": "  "}, "comment-missing"),
        ({"step_state": StepState.PENDING}, "step-not-open"),
        ({"step_state": StepState.DECIDED}, "step-not-open"),
        ({"step_state": StepState.CANCELLED}, "step-not-open"),
        ({"outcome": FILE}, "outcome-not-allowed"),
        ({"action": TierAction.FILE, "outcome": REJECT, "comment": "不予通过"}, "outcome-not-allowed"),
        ({"action": TierAction.FILE, "outcome": FILE}, "may-decide"),
        ({"person_roles": [(COUNTY, "municipal-teacher-development-centre")]}, "wrong-role"),
        ({"person_roles": [(CENTRE, "county-education-authority")]}, "wrong-role"),
        ({"person_roles": []}, "wrong-role"),
        ({"person_roles": [(CENTRE, "clerk")]}, "wrong-role"),
        ({"person_roles": [(CENTRE, "clerk")], "on_behalf": True, "has_scan": True}, "may-decide"),
        ({"person_roles": [(CENTRE, "clerk")], "on_behalf": True}, "scan-missing"),
        ({"person_roles": [(COUNTY, "clerk")], "on_behalf": True, "has_scan": True}, "not-the-clerk"),
        ({"on_behalf": True, "has_scan": True}, "not-the-clerk"),
        ({"person_organisation_id": HOST}, "conflict-of-interest"),
        ({"host_id": CENTRE}, "conflict-of-interest"),
        (
            {"person_roles": [(CENTRE, "municipal-teacher-development-centre"), (HOST, "host-head")]},
            "conflict-of-interest",
        ),
        (HEAD, "may-decide"),
        (HEAD | {"person_roles": [(HOST, "clerk")], "on_behalf": True, "has_scan": True}, "may-decide"),
    ],
)
def test_who_may_decide_and_why_not(changes: dict[str, Any], key: str) -> None:
    assert decide(**changes) == (key, key == "may-decide")


def test_whoever_is_no_clerk_is_told_how_a_clerk_is_named() -> None:
    asked: dict[str, Any] = {
        "step_state": StepState.OPEN,
        "action": TierAction.REVIEW,
        "outcome": APPROVE,
        "step_role": "county-teacher-development-institute",
        "step_organisation_id": COUNTY,
        "person_roles": [],
        "person_organisation_id": COUNTY,
        "host_id": HOST,
        "seat": "organisation",
        "on_behalf": True,
    }
    named = may_decide(small_pack(), person="P-0009", organisation="示例 一区", **asked)
    assert named.zh.endswith(
        "所在单位的经办人(角色 clerk)办理;由项目办授予:songjiao role give P-0009 clerk --in '示例 一区'"
    )
    assert may_decide(small_pack(), **asked).en.endswith(
        "may record on behalf; the programme office names one with: songjiao role give PERSON clerk --in ORGANISATION"
    )


def test_a_refusal_cites_the_tiers_clause_and_names_the_role() -> None:
    verdict = may_decide(
        small_pack(),
        step_state=StepState.OPEN,
        action=TierAction.REVIEW,
        outcome=APPROVE,
        step_role="county-teacher-development-institute",
        step_organisation_id=COUNTY,
        person_roles=[(COUNTY, "clerk")],
        person_organisation_id=COUNTY,
        host_id=HOST,
        seat="organisation",
        on_behalf=False,
        has_scan=False,
        comment="",
    )
    assert verdict.basis == (Basis(clause="CQ2021-2.3"),)
    assert verdict.zh == "本级由区县教师发展机构办理,您在该单位没有此角色;经办人请用“代录”并附签字盖章页。"
    assert verdict.en == (
        "This tier belongs to the county institute; you do not hold that role in that organisation; "
        "a clerk records on behalf, with the stamped page."
    )


def test_the_tiers_own_basis_goes_before_the_packs() -> None:
    verdict = may_decide(
        small_pack(),
        step_state=StepState.DECIDED,
        action=TierAction.REVIEW,
        outcome=APPROVE,
        step_role="municipal-teacher-development-centre",
        step_organisation_id=CENTRE,
        person_roles=[],
        person_organisation_id=CENTRE,
        host_id=HOST,
        seat="organisation",
        on_behalf=False,
        has_scan=False,
        comment="",
        basis=[Basis(clause="CQ2021-2.6")],
    )
    assert (verdict.basis, verdict.zh) == (
        (Basis(clause="CQ2021-2.6"),),
        "本级审核已办结,此次操作未生效;请查看项目当前所在环节。",
    )
