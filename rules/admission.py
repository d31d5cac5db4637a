"""Whether an application or a plan meets the regulation's ratios and contents.

Decides each check of the pack from figures counted out of the courses and experts: a `block` check refuses, a `warn`
check ("in principle") asks for a recorded reason. Never weighs one check against another and holds no minimum itself.
Serves CQ2021-3.9 (on-site practice by hours), 3.10 and 3.11 (experts by head count), 2.6 (signature and seal).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from models.values import Basis, Course, Expert, Verdict
from policies.lookup import find
from policies.schema import Chain, Check, Pack

Figure = Decimal | int
SHARE = Decimal("0.0001")
MARK_NAMES: Mapping[str, tuple[str, str]] = {"signature": ("签字", "signature"), "seal": ("盖章", "seal")}


class UnknownFact(ValueError):
    """A check of the pack counts something that is not counted from an application."""


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


def _is_excellent(expert: Expert) -> bool:
    if expert.kind == "teacher":
        return bool((expert.title or "").strip())
    return expert.kind in ("researcher", "principal")


def admit(
    pack: Pack, subject: str, facts: Mapping[str, Figure], reasons: Mapping[str, str], on: date
) -> tuple[Verdict, ...]:
    """One verdict for each check of the pack on this subject, with its figures; `on` picks the minimum in force.

    A warned check below its minimum is allowed only with a reason under its key in `reasons`; the reason is kept in
    the verdict. Raises UnknownFact where the pack counts something that `facts_of` does not give.
    """
    return tuple(_judge(pack, check, facts, reasons, on) for check in pack.checks if subject in check.subjects)


def admitted(verdicts: Iterable[Verdict]) -> bool:
    """Whether nothing stands in the way: every check is allowed, or its reason is given."""
    return all(verdict.allowed for verdict in verdicts)


def _judge(pack: Pack, check: Check, facts: Mapping[str, Figure], reasons: Mapping[str, str], on: date) -> Verdict:
    found = find(pack, check.minimum, on)
    basis = tuple(dict.fromkeys((check.basis, found.basis)))
    minimum = Decimal(str(found.value))
    numerator = _figure(pack, check, check.numerator, facts)
    known: dict[str, str | int] = {"numerator": _plain(numerator), "minimum": _plain(minimum)}
    if check.kind == "ratio":
        denominator = _figure(pack, check, check.denominator or "", facts)
        meets = denominator > 0 and numerator >= minimum * denominator
        share = _share(numerator, denominator, minimum, meets)
        known |= {"denominator": _plain(denominator), "ratio": f"{share}"}
        counted = f"{_plain(numerator)}/{_plain(denominator)} = {_percent(share)}"
        asked = _percent(minimum)
    else:
        meets = numerator >= minimum
        counted, asked = _plain(numerator), _plain(minimum)
    if meets:
        return Verdict(
            key=check.key,
            allowed=True,
            zh=f"{check.name.zh}:{counted},符合不少于 {asked} 的要求。",
            en=f"{check.name.en}: {counted}, at least {asked} as required.",
            basis=basis,
            strength=check.strength,
            facts=known,
        )
    reason = reasons.get(check.key, "").strip()
    if check.strength == "warn" and reason:
        return Verdict(
            key=check.key,
            allowed=True,
            zh=f"{check.name.zh}:{counted},低于 {asked},已说明理由:{reason}",
            en=f"{check.name.en}: {counted}, below {asked}; reason given: {reason}",
            basis=basis,
            strength="warn",
            facts=known | {"reason": reason},
        )
    todo_zh = "请调整,或填写理由" if check.strength == "warn" else "请调整后重新提交"
    todo_en = "change it or give a reason" if check.strength == "warn" else "change it and submit again"
    return Verdict(
        key=check.key,
        allowed=False,
        zh=f"{check.name.zh}:{counted},低于 {asked};{todo_zh}。",
        en=f"{check.name.en}: {counted}, below {asked}; {todo_en}.",
        basis=basis,
        strength=check.strength,
        reason_needed=check.strength == "warn",
        facts=known,
    )


def _figure(pack: Pack, check: Check, fact: str, facts: Mapping[str, Figure]) -> Decimal:
    if fact not in facts:
        raise UnknownFact(
            f"pack {pack.pack}, check {check.key}: {fact!r} is not counted; counted are {', '.join(sorted(facts))}"
        )
    return Decimal(facts[fact])


def _share(numerator: Decimal, denominator: Decimal, minimum: Decimal, meets: bool) -> Decimal:
    """The share for display; a share below the minimum never looks as if it reached it."""
    if denominator <= 0:
        return Decimal(0)
    share = (numerator / denominator).quantize(SHARE, ROUND_HALF_UP)
    if not meets and share >= minimum:
        share = (numerator / denominator).quantize(SHARE, ROUND_DOWN)
    return share


def _plain(figure: Decimal) -> str:
    """A figure as people write it: no trailing zeros, no exponent."""
    text = format(figure, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent(share: Decimal) -> str:
    return f"{_plain(share * 100)}%"


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
