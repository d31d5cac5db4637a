"""Whether an application or a plan meets the regulation's ratios and contents.

Decides each check of the pack from figures counted out of the courses and experts: a `block` check refuses, a `warn`
check ("in principle") asks for a recorded reason. Never weighs one check against another and holds no minimum itself.
Serves CQ2021-3.9 (on-site practice by hours), 3.10 and 3.11 (experts by head count), 2.6 (signature and seal).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from models.values import Basis, Course, Expert, Verdict
from policies.schema import Chain, Pack
from rules.checks import UnknownFact, at_door

Figure = Decimal | int
__all__ = ["Figure", "UnknownFact", "admit", "admitted", "before_force", "declared_facts", "facts_of", "marks"]

MARK_NAMES: Mapping[str, tuple[str, str]] = {"signature": ("签字", "signature"), "seal": ("盖章", "seal")}


def facts_of(courses: Iterable[Course], experts: Iterable[Expert]) -> dict[str, Figure]:
    """The figures that checks are made of: hours are credit hours (学时), experts are heads.

    Each expert counts once among the excellent teachers, teaching researchers and principals (CQ2021-3.11: the union);
    a teacher is an excellent one by a recorded honour or title. Outside means by the expert's employer (3.10).
    """
    course_list, expert_list = tuple(courses), tuple(experts)
    return {
        "courses": len(course_list),
        "course_hours": sum((course.hours for course in course_list), Decimal(0)),
        "practice_hours": sum((course.practice for course in course_list), Decimal(0)),
        "ethics_courses": sum(course.ethics for course in course_list),
        "ethics_hours": sum((course.hours for course in course_list if course.ethics), Decimal(0)),
        "five_education_courses": sum(course.five_educations for course in course_list),
        "five_education_hours": sum((course.hours for course in course_list if course.five_educations), Decimal(0)),
        "experts": sum(expert.count for expert in expert_list),
        "experts_outside": sum(expert.count for expert in expert_list if expert.origin == "outside"),
        "experts_inside": sum(expert.count for expert in expert_list if expert.origin == "inside"),
        "experts_excellent": sum(expert.count for expert in expert_list if _is_excellent(expert)),
    }


def before_force(pack: Pack, starts_on: date) -> str | None:
    """What is wrong with a first day before the pack holds: no value would be found for it. None when nothing is."""
    if starts_on >= pack.holds_from:
        return None
    return f"{starts_on} is before {pack.pack} holds ({pack.holds_from}); give a day from then on, or another pack"


def declared_facts(pack: Pack) -> frozenset[str]:
    """The facts that the pack's checks ask of an application or a plan beyond courses, experts and the programme itself."""
    asked: set[str] = set()
    for check in pack.checks:
        if not {"application", "implementation-plan"}.isdisjoint(check.subjects):
            named = {
                check.numerator,
                *(check.per or ()),
                *check.when,
                *([check.denominator] if check.denominator else []),
            }
            asked |= named - set(check.facts)
    return frozenset(name for name in asked - set(facts_of((), ())) if not name.startswith("programme."))


def _is_excellent(expert: Expert) -> bool:
    if expert.kind == "teacher":
        return bool((expert.title or "").strip())
    return expert.kind in ("researcher", "principal")


def admit(
    pack: Pack,
    subject: str,
    facts: Mapping[str, Any],
    reasons: Mapping[str, str],
    on: date,
    acting_as: Iterable[str] | None = None,
) -> tuple[Verdict, ...]:
    """One verdict for each check of the pack on this subject, with its figures; `on` picks the minimum in force.

    A warned check below its minimum is allowed only with a reason under its key in `reasons`; the reason is kept in
    the verdict. `acting_as` are the roles of whoever applies. Raises UnknownFact where the pack counts something that
    neither `facts_of` gives nor the application declares.
    """
    return at_door(pack, subject, facts, on, reasons=reasons, acting_as=acting_as)


def admitted(verdicts: Iterable[Verdict]) -> bool:
    """Whether nothing stands in the way: every check is allowed, or its reason is given."""
    return all(verdict.allowed for verdict in verdicts)


def marks(chain: Chain, *, signed: bool, sealed: bool) -> Verdict | None:
    """Whether the signature page bears the marks that the chain's tiers ask for; None where they ask for none."""
    tiers = tuple(tier for tier in chain.tiers if tier.marks)
    if not tiers:
        return None
    present = {"signature": signed, "seal": sealed}
    missing = [mark for mark in present if not present[mark] and any(mark in tier.marks for tier in tiers)]
    basis: tuple[Basis, ...] = tuple(dict.fromkeys(tier.basis for tier in tiers))
    facts = {"signed": signed, "sealed": sealed, "missing": list(missing)}
    if not missing:
        return Verdict(
            key="marks",
            allowed=True,
            zh="签字盖章齐全。",
            en="The signature page bears the marks that are asked for.",
            basis=basis,
            facts=facts,
        )
    zh = "、".join(MARK_NAMES[mark][0] for mark in missing)
    en = " and ".join(MARK_NAMES[mark][1] for mark in missing)
    return Verdict(
        key="marks",
        allowed=False,
        zh=f"签字盖章页缺少:{zh};请补齐后重新提交。",
        en=f"The signature page lacks: {en}; complete it and submit again.",
        basis=basis,
        facts=facts,
    )
