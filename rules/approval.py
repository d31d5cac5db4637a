"""How a submission moves through its tiers, and who may decide a step.

Decides what a tier may do, what follows from its decision, where a corrected version starts again, and whether this
person may decide this step in this way. Never records anything; the chains come from the pack alone. Serves CQ2021-2.1
to 2.6: nothing advances without a recorded decision of each tier, in order; filing (备案) is a receipt and cannot
reject.
"""

import shlex
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from models.states import DecisionOutcome, PhaseOutcome, StepState, SubmissionState, TierAction
from models.values import Basis, Verdict
from policies.lookup import role_name
from policies.schema import Chain, Pack

CLERK = "clerk"
ON_BEHALF = Basis(setting="代录", setting_en="recording on behalf")
Seat = Literal["host", "organisation", "office"]

OUTCOME_NAMES: Mapping[DecisionOutcome, tuple[str, str]] = {
    DecisionOutcome.APPROVE: ("同意", "approve"),
    DecisionOutcome.RETURN: ("退回修改", "return for correction"),
    DecisionOutcome.REJECT: ("不予通过", "reject"),
    DecisionOutcome.FILE: ("予以备案", "file"),
}
STEP_NAMES: Mapping[StepState, tuple[str, str]] = {
    StepState.PENDING: ("尚未轮到", "not its turn yet"),
    StepState.OPEN: ("待审核", "open"),
    StepState.DECIDED: ("已办结", "already decided"),
    StepState.CANCELLED: ("已取消", "cancelled"),
}


class OutcomeNotAllowed(ValueError):
    """This tier cannot decide so; a file tier, for one, cannot reject."""


@dataclass(frozen=True)
class Move:
    """What follows from a decision: the tier that opens, or how the submission and its phase end (None: they go on)."""

    open_number: int | None
    submission: SubmissionState | None
    phase: PhaseOutcome | None


def allowed_outcomes(action: TierAction) -> tuple[DecisionOutcome, ...]:
    """What a tier with this action may decide; filing is a receipt and leaves no choice.

    >>> allowed_outcomes(TierAction.FILE)
    (<DecisionOutcome.FILE: 'file'>,)
    """
    if action is TierAction.FILE:
        return (DecisionOutcome.FILE,)
    return (DecisionOutcome.APPROVE, DecisionOutcome.RETURN, DecisionOutcome.REJECT)


def after_decision(chain: Chain, number: int, outcome: DecisionOutcome) -> Move:
    """What follows when tier `number` (from 1) decides: the next tier opens, or the submission's way ends.

    Raises OutcomeNotAllowed for a tier that the chain does not have and for an outcome that its action does not know.
    """
    if not 1 <= number <= len(chain.tiers):
        raise OutcomeNotAllowed(
            f"the chain of the {chain.subject} has {len(chain.tiers)} tiers; there is no tier {number}"
        )
    tier = chain.tiers[number - 1]
    if outcome not in allowed_outcomes(tier.action):
        raise OutcomeNotAllowed(f"tier {number} ({tier.role}) may {tier.action}; it cannot {outcome}")
    if outcome is DecisionOutcome.RETURN:
        return Move(open_number=None, submission=SubmissionState.RETURNED, phase=None)
    if outcome is DecisionOutcome.REJECT:
        return Move(open_number=None, submission=SubmissionState.REJECTED, phase=PhaseOutcome.REJECTED)
    if number < len(chain.tiers):
        return Move(open_number=number + 1, submission=None, phase=None)
    if outcome is DecisionOutcome.FILE:
        return Move(open_number=None, submission=SubmissionState.FILED, phase=PhaseOutcome.FILED)
    return Move(open_number=None, submission=SubmissionState.PASSED, phase=PhaseOutcome.PASSED)


def first_number(chain: Chain, returned_by: int | None) -> int:
    """At which tier a version starts: the first, or the tier that returned the last one where the chain says so."""
    if returned_by is not None and chain.on_return == "returning-tier":
        return returned_by
    return 1


def lodged(chain: Chain, decided: Mapping[int, DecisionOutcome]) -> bool:
    """Whether the submission is lodged: every tier before the filing has passed; the receipt itself is not awaited.

    In a chain without a filing tier every tier must have passed (CQ2021-2.3: the start needs no receipt).
    """
    for number, tier in enumerate(chain.tiers, start=1):
        if tier.action is TierAction.FILE:
            return True
        if decided.get(number) is not DecisionOutcome.APPROVE:
            return False
    return True


def may_decide(
    pack: Pack,
    *,
    step_state: StepState,
    action: TierAction,
    outcome: DecisionOutcome,
    step_role: str,
    step_organisation_id: Hashable,
    person_roles: Iterable[tuple[Hashable, str]],
    person_organisation_id: Hashable,
    host_id: Hashable,
    seat: Seat,
    on_behalf: bool = False,
    has_scan: bool = False,
    comment: str = "",
    person: str | None = None,
    organisation: str | None = None,
    basis: Iterable[Basis] = (),
) -> Verdict:
    """Whether this person may decide this step so; the first thing that stands in the way is named.

    Asked in order: is the step open; can this tier decide so; does the person hold the step's role in the step's
    organisation, or record on behalf of it as its clerk with the scan of the stamped page; does nobody decide on the
    application of their own organisation (a role whose seat is the host is meant to); does a return or a rejection say
    why. `basis` is the tier's own; without it the clauses of this role's tiers in the pack stand for it. `person` and
    `organisation` (number and name) only fill in the advice on how a clerk is named.
    """
    roles = tuple(person_roles)
    label_zh, label_en = role_name(pack, step_role, "zh-CN"), role_name(pack, step_role, "en")
    rests_on = tuple(basis) or _tier_basis(pack, step_role, action)
    facts = {
        "step_state": str(step_state),
        "action": str(action),
        "outcome": str(outcome),
        "role": step_role,
        "on_behalf": on_behalf,
        "has_scan": has_scan,
    }

    def refused(key: str, zh: str, en: str, *, setting: Basis | None = None) -> Verdict:
        why = (setting, *rests_on) if setting else rests_on
        return Verdict(key=key, allowed=False, zh=zh, en=en, basis=why, facts=facts)

    if step_state is not StepState.OPEN:
        zh, en = STEP_NAMES[step_state]
        return refused(
            "step-not-open",
            f"本级审核{zh},此次操作未生效;请查看项目当前所在环节。",
            f"This tier is {en}; nothing was changed. See where the programme stands now.",
        )
    allowed = allowed_outcomes(action)
    if outcome not in allowed:
        zh = "、".join(OUTCOME_NAMES[one][0] for one in allowed)
        en = ", ".join(OUTCOME_NAMES[one][1] for one in allowed)
        return refused(
            "outcome-not-allowed",
            f"{label_zh}本级只能:{zh};不能“{OUTCOME_NAMES[outcome][0]}”。",
            f"{label_en} can only {en} at this tier, not {OUTCOME_NAMES[outcome][1]}.",
        )
    here = {role for organisation_id, role in roles if organisation_id == step_organisation_id}
    if on_behalf:
        if CLERK not in here:
            zh, en = clerk_advice(person, organisation)
            return refused(
                "not-the-clerk",
                f"代录须由{label_zh}所在单位的经办人(角色 {CLERK})办理;{zh}",
                f"Only a clerk (role {CLERK}) in the organisation of the {label_en} may record on behalf; {en}",
                setting=ON_BEHALF,
            )
        if not has_scan:
            return refused(
                "scan-missing",
                "代录须附签字盖章页扫描件;请上传后重试。",
                "Recording on behalf needs the scan of the signed and stamped page; attach it and try again.",
                setting=ON_BEHALF,
            )
    elif step_role not in here:
        hint_zh = ";经办人请用“代录”并附签字盖章页" if CLERK in here else ""
        hint_en = "; a clerk records on behalf, with the stamped page" if CLERK in here else ""
        return refused(
            "wrong-role",
            f"本级由{label_zh}办理,您在该单位没有此角色{hint_zh}。",
            f"This tier belongs to the {label_en}; you do not hold that role in that organisation{hint_en}.",
        )
    if seat != "host" and _belongs_to_host(host_id, step_organisation_id, person_organisation_id, roles):
        return refused(
            "conflict-of-interest",
            "不得审核本单位承担的项目;请由其他人员或上级单位办理。",
            "Nobody decides on a programme of their own organisation; another person or the next level must do it.",
            setting=Basis(setting="利益回避", setting_en="conflict of interest"),
        )
    if outcome in (DecisionOutcome.RETURN, DecisionOutcome.REJECT) and not comment.strip():
        return refused(
            "comment-missing",
            "退回修改或不予通过须写明意见。",
            "A return or a rejection must say why: write a comment.",
            setting=Basis(setting="退回和不予通过须说明理由", setting_en="reasons of a refusal"),
        )
    return Verdict(
        key="may-decide",
        allowed=True,
        zh=f"{label_zh}可以{OUTCOME_NAMES[outcome][0]}。",
        en=f"The {label_en} may {OUTCOME_NAMES[outcome][1]}.",
        basis=rests_on,
        facts=facts,
    )


def clerk_advice(person: str | None, organisation: str | None) -> tuple[str, str]:
    """How a person is named as a clerk, in both languages; what is not known here is left to be filled in.

    >>> clerk_advice("P-0009", "示例云溪区教委")[1]
    'the programme office names one with: songjiao role give P-0009 clerk --in 示例云溪区教委'
    """
    zh, en = giving_role(CLERK, person, organisation)
    return f"由项目办授予:{zh}", f"the programme office names one with: {en}"


def giving_role(role: str, person: str | None, organisation: str | None) -> tuple[str, str]:
    """The command that gives a person a role, in both languages; what is not known here is left to be filled in.

    >>> giving_role("teacher", "P-0009", None)[1]
    'songjiao role give P-0009 teacher --in ORGANISATION'
    """
    where = shlex.quote(organisation) if organisation and " " in organisation else organisation
    return (
        f"songjiao role give {person or '人员编号'} {role} --in {where or '单位名称'}",
        f"songjiao role give {person or 'PERSON'} {role} --in {where or 'ORGANISATION'}",
    )


def _belongs_to_host(
    host_id: Hashable,
    step_organisation_id: Hashable,
    person_organisation_id: Hashable,
    roles: Iterable[tuple[Hashable, str]],
) -> bool:
    return host_id in {step_organisation_id, person_organisation_id, *(organisation_id for organisation_id, _ in roles)}


def _tier_basis(pack: Pack, role: str, action: TierAction) -> tuple[Basis, ...]:
    """What the tiers of this role and action rest on in the pack, each once."""
    tiers = (tier for chain in pack.approval for tier in chain.tiers)
    return tuple(dict.fromkeys(tier.basis for tier in tiers if tier.role == role and tier.action is action))
