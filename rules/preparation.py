"""Whether a class may start: the join of all that must be ready before it.

Decides from the conditions of the check-in phase (`closes_when`) and the facts, and names each one that is missing.
Never starts anything unapproved: CQ2021-10.3, on which the phase rests, bars the start until the plan has passed and is
lodged; the filing receipt is not awaited (CQ2021-2.3).
"""

from collections.abc import Mapping
from datetime import date

from models.values import Verdict
from policies.grounds import EVERYWHERE, PLAN_LODGED
from policies.lookup import LookupFailure, document_of, phase_of, register_of
from policies.schema import Pack, Phase

CONDITION_NAMES: Mapping[str, tuple[str, str]] = {
    PLAN_LODGED: ("实施方案审核通过并报备案", "the implementation plan passed and lodged for filing"),
    "list-confirmed": ("参训学员名单确认", "the list of trainees confirmed"),
    "budget-confirmed": ("经费预算确认", "the budget confirmed"),
    "act:end": ("登记实际结束日期", "the actual end recorded"),
    "scores": ("各项考评分数齐全", "a score from every source"),
}


def may_start(pack: Pack, phase: Phase, facts: Mapping[str, bool]) -> Verdict:
    """Whether the phase's conditions all hold, with the missing ones named; a condition without a fact does not hold.

    Facts go by condition: `plan-lodged`, `list-confirmed`, `budget-confirmed`, `document:<kind>`,
    `register:<key>`, `phase:<key>`, `act:end`, `scores`.
    """
    missing = [condition for condition in phase.closes_when if not facts.get(condition, False)]
    known = {"conditions": list(phase.closes_when), "missing": missing}
    if not missing:
        return Verdict(
            key="may-start",
            allowed=True,
            zh=f"“{phase.name.zh}”的各项条件已具备。",
            en=f"Everything that “{phase.name.en}” needs is ready.",
            basis=(phase.basis,),
            facts=known,
        )
    zh = "、".join(condition_name(pack, condition)[0] for condition in missing)
    en = "; ".join(condition_name(pack, condition)[1] for condition in missing)
    guard_zh = "未经审核同意的项目不得开展。" if PLAN_LODGED in missing else ""
    guard_en = " A programme that has not been approved must not run." if PLAN_LODGED in missing else ""
    return Verdict(
        key="may-start",
        allowed=False,
        zh=f"“{phase.name.zh}”尚缺:{zh};请补齐。{guard_zh}",
        en=f"“{phase.name.en}” still lacks: {en}; complete it first.{guard_en}",
        basis=(phase.basis,),
        facts=known,
    )


def day_has_come(planned_on: date, today: date, ref: str, session: int) -> Verdict:
    """Whether the day has come on which the session is planned to start; a start that comes earlier is moved first.

    A start before the plan's day would leave every derived day where it was: stages that cannot close, duties too late. No clause
    says so; it is how Songjiao keeps its dates.
    """
    moving = f"songjiao programme postpone {ref} --session {session} --to {today} --reason"
    allowed = today >= planned_on
    zh = f"计划于 {planned_on} 开班,今天是 {today},尚不能开班;确需提前的,请先更改开班日期:{moving} 事由"
    en = (
        f"the start is planned for {planned_on} and today is {today}: it cannot start yet; if it is to start earlier, move "
        f"the start first: {moving} TEXT"
    )
    return Verdict(
        key="start.day",
        allowed=allowed,
        zh="已到计划的开班日期。" if allowed else zh,
        en="The planned day has come." if allowed else en,
        basis=(EVERYWHERE,),
        facts={"planned_on": planned_on.isoformat(), "today": today.isoformat()},
    )


def condition_name(pack: Pack, condition: str) -> tuple[str, str]:
    """A condition in both languages; documents and phases go by their name in the pack."""
    if condition in CONDITION_NAMES:
        return CONDITION_NAMES[condition]
    sort, _, key = condition.partition(":")
    try:
        if sort == "document":
            name = document_of(pack, key).name
            return name.zh, name.en
        if sort == "register":
            name = register_of(pack, key).name
            return f"{name.zh}登记", f"an entry of {name.en}"
        if sort == "phase":
            name = phase_of(pack, key).name
            return f"{name.zh}办结", f"{name.en} closed"
    except LookupFailure:
        pass  # the pack's own check reports the unknown key; a person still has to read something here
    return condition, condition
