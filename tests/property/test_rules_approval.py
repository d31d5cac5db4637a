"""Whatever anybody decides in whatever order: no tier is skipped, filing rejects nothing, no state is impossible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.states import DecisionOutcome, PhaseOutcome, StepState, SubmissionState, TierAction
from policies.schema import Chain
from rules.approval import OutcomeNotAllowed, after_decision, allowed_outcomes, first_number, lodged, may_decide
from tests.support.packs import chain, small_pack, tier

pytestmark = pytest.mark.property

OUTCOMES = st.sampled_from(DecisionOutcome)
PACK = small_pack()
PASSING = (DecisionOutcome.APPROVE, DecisionOutcome.FILE)
DECIDING = [action for action in TierAction if action is not TierAction.FILE]


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Chains of one to five tiers; filing comes last where it comes at all."""
    actions = draw(st.lists(st.sampled_from(DECIDING), min_size=1, max_size=4))
    actions += draw(st.sampled_from([[], [TierAction.FILE]]))
    tiers = [tier("municipal-education-commission", action, "CQ2021-2.1") for action in actions]
    on_return = draw(st.sampled_from(["first-tier", "returning-tier"]))
    return Chain.model_validate(chain("implementation-plan", ["school"], "CQ2021-2.1", tiers, on_return=on_return))


@given(chains(), st.integers(-1, 7), OUTCOMES)
def test_a_decision_opens_the_very_next_tier_or_ends_the_way(one: Chain, number: int, outcome: DecisionOutcome) -> None:
    try:
        move = after_decision(one, number, outcome)
    except OutcomeNotAllowed:
        assert not 1 <= number <= len(one.tiers) or outcome not in allowed_outcomes(one.tiers[number - 1].action)
        return
    assert (move.open_number is None) is (move.submission is not None)
    assert move.open_number in (None, number + 1)
    assert (move.phase is not None) is (move.submission not in (None, SubmissionState.RETURNED))


@given(st.sampled_from(TierAction))
def test_only_filing_cannot_reject(action: TierAction) -> None:
    assert (DecisionOutcome.REJECT in allowed_outcomes(action)) is (action is not TierAction.FILE)
    assert (DecisionOutcome.FILE in allowed_outcomes(action)) is (action is TierAction.FILE)


@given(
    st.sampled_from(StepState),
    st.sampled_from(TierAction),
    OUTCOMES,
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["school", "clerk", "teacher"])), max_size=4),
    st.sampled_from("abc"),
    st.booleans(),
    st.booleans(),
    st.text(max_size=3),
)
def test_whoever_may_decide_holds_the_role_there_and_is_not_the_host(
    state: StepState,
    action: TierAction,
    outcome: DecisionOutcome,
    roles: list[tuple[str, str]],
    home: str,
    on_behalf: bool,
    has_scan: bool,
    comment: str,
) -> None:
    verdict = may_decide(
        small_pack(),
        step_state=state,
        action=action,
        outcome=outcome,
        step_role="school",
        step_organisation_id="a",
        person_roles=roles,
        person_organisation_id=home,
        host_id="b",
        seat="organisation",
        on_behalf=on_behalf,
        has_scan=has_scan,
        comment=comment,
    )
    explained = outcome in PASSING or bool(comment.strip())
    entitled = (("a", "clerk") in roles and has_scan) if on_behalf else ("a", "school") in roles
    apart = home != "b" and all(organisation != "b" for organisation, _ in roles)
    assert verdict.allowed is (
        state is StepState.OPEN and outcome in allowed_outcomes(action) and entitled and apart and explained
    )


class ApprovalChain(RuleBasedStateMachine):
    """One submission under review, version after version, decided upon at random."""

    @initialize(one=chains())
    def submit(self, one: Chain) -> None:
        self.chain = one
        self.version = 1
        self.began_at = 1
        self.open: int | None = 1
        self.state = SubmissionState.UNDER_REVIEW
        self.phase: PhaseOutcome | None = None
        self.decided: dict[int, DecisionOutcome] = {}
        self.returned_by: int | None = None

    def step_state(self, number: int) -> StepState:
        if number == self.open:
            return StepState.OPEN
        if number in self.decided:
            return StepState.DECIDED
        return StepState.PENDING if self.state is SubmissionState.UNDER_REVIEW else StepState.CANCELLED

    @rule(number=st.integers(1, 5), outcome=OUTCOMES)
    def decide(self, number: int, outcome: DecisionOutcome) -> None:
        if number > len(self.chain.tiers):
            return
        one = self.chain.tiers[number - 1]
        verdict = may_decide(
            PACK,
            step_state=self.step_state(number),
            action=one.action,
            outcome=outcome,
            step_role=one.role,
            step_organisation_id="commission",
            person_roles=[("commission", one.role)],
            person_organisation_id="commission",
            host_id="host",
            seat="organisation",
            on_behalf=False,
            has_scan=False,
            comment="意见",
        )
        assert verdict.allowed is (number == self.open and outcome in allowed_outcomes(one.action))
        if not verdict.allowed:
            return
        move = after_decision(self.chain, number, outcome)
        self.decided[number] = outcome
        self.returned_by = number
        self.open, self.phase = move.open_number, move.phase
        self.state = move.submission or self.state

    @precondition(lambda self: self.state is SubmissionState.RETURNED)
    @rule()
    def correct(self) -> None:
        self.version += 1
        self.began_at = self.open = first_number(self.chain, self.returned_by)
        self.decided = {number: how for number, how in self.decided.items() if number < self.began_at}
        self.state = SubmissionState.UNDER_REVIEW

    @invariant()
    def no_tier_is_skipped(self) -> None:
        reached = self.open or len(self.chain.tiers) + 1
        if self.state in (SubmissionState.UNDER_REVIEW, SubmissionState.PASSED, SubmissionState.FILED):
            assert sorted(self.decided) == list(range(1, reached))
            assert all(outcome in PASSING for outcome in self.decided.values())

    @invariant()
    def states_agree(self) -> None:
        assert (self.open is not None) is (self.state is SubmissionState.UNDER_REVIEW)
        ends = {
            SubmissionState.PASSED: PhaseOutcome.PASSED,
            SubmissionState.FILED: PhaseOutcome.FILED,
            SubmissionState.REJECTED: PhaseOutcome.REJECTED,
        }
        assert self.phase is ends.get(self.state)

    @invariant()
    def lodged_means_all_before_the_filing_passed(self) -> None:
        before = [n for n, one in enumerate(self.chain.tiers, start=1) if one.action is not TierAction.FILE]
        passed = all(self.decided.get(number) is DecisionOutcome.APPROVE for number in before)
        assert lodged(self.chain, self.decided) is passed


TestApprovalChain = ApprovalChain.TestCase
