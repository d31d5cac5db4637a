"""How a teacher comes into a session: the steps in their order, the tests each nominee stands, the public notice.

Decides which step comes next, who may take it, and whether a nominee is eligible. Never takes a step for anybody: the
voluntary enrolment (自愿报名) is an act of the teacher and of nobody else. Serves CQ2021-5.3, 5.9, SL2017-5A.2, 5A.6.
"""

import itertools
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from models.states import ProgrammeLevel
from models.values import Basis, Verdict
from policies.force import in_force
from policies.lookup import find, role_name
from policies.schema import Pack, SelectionStep
from rules.approval import CLERK, ON_BEHALF, clerk_advice, giving_role
from rules.bans import BanFact, banned
from rules.workdays import add_workdays, count_workdays, next_workday

NO_REASONS: Mapping[str, str] = {}
VOLUNTEER = "volunteer"
TEACHER = "teacher"
COUNTY = "county-education-authority"


def next_step(pack: Pack, done: Iterable[str]) -> SelectionStep | None:
    """The first step of the pack's selection that is not done, or None when all are (or the pack has none)."""
    taken = set(done)
    for step in _steps(pack):
        if step.key not in taken:
            return step
    return None


def reviewer(pack: Pack) -> str:
    """The role that reviews what schools nominate; the county's education authority where the pack names none."""
    return next((step.role for step in _steps(pack) if step.key == "review"), COUNTY)


def may_take_step(
    pack: Pack,
    step: str,
    done: Iterable[str],
    *,
    actor_roles: Iterable[str],
    actor_is_teacher: bool = False,
    on_behalf: bool = False,
    has_scan: bool = False,
    person: str | None = None,
    organisation: str | None = None,
) -> Verdict:
    """Whether this actor may take this step now.

    `actor_roles` are the roles that the actor holds in the organisation whose step it is; `actor_is_teacher` says that
    the actor is the nominee; `person` and `organisation` name the actor in the advice. Steps keep their order. A clerk
    may record a step on behalf with the stamped page, but never the voluntary one.
    """
    taken, roles = set(done), set(actor_roles)
    mine = next((one for one in _steps(pack) if one.key == step), None)
    facts = {"step": step, "done": sorted(taken), "roles": sorted(roles), "on_behalf": on_behalf}
    if mine is None:
        return Verdict(
            key="no-such-step",
            allowed=False,
            zh=f"本政策的学员遴选没有“{step}”这一步。",
            en=f"The selection under this policy has no step {step!r}.",
            basis=(Basis(setting=f"{pack.pack} 的学员遴选", setting_en=f"selection of pack {pack.pack}"),),
            facts=facts,
        )

    def verdict(key: str, allowed: bool, zh: str, en: str, *basis: Basis) -> Verdict:
        return Verdict(key=key, allowed=allowed, zh=zh, en=en, basis=basis or (mine.basis,), facts=facts)

    if step in taken:
        return verdict(
            "step-done",
            False,
            f"“{mine.name.zh}”已完成,不必重复。",
            f"{mine.name.en} is done already; nothing was changed.",
        )
    missing = [one for one in _steps_before(pack, step) if one.key not in taken]
    if missing:
        return verdict(
            "step-out-of-order",
            False,
            f"须先完成:{'、'.join(one.name.zh for one in missing)};再办理“{mine.name.zh}”。",
            f"First comes: {', '.join(one.name.en for one in missing)}; then {mine.name.en}.",
            *dict.fromkeys((*(one.basis for one in missing), mine.basis)),
        )
    label_zh, label_en = role_name(pack, mine.role, "zh-CN"), role_name(pack, mine.role, "en")
    if step == VOLUNTEER:
        zh = "自愿报名须由教师本人办理,任何单位和个人不得代报。"
        en = "Enrolment is voluntary: only the teacher can do it, nobody on the teacher's behalf."
        if on_behalf:
            return verdict("not-voluntary", False, zh, en)
        if not actor_is_teacher:
            give_zh, give_en = giving_role(TEACHER, person, organisation)
            zh = f"{zh}您没有教师角色({TEACHER});您就是教师的,由项目办授予:{give_zh}"
            en = f"{en} You do not hold the role {TEACHER}; if you are one, the programme office gives it with: {give_en}"
            return verdict("not-voluntary", False, zh, en)
    elif on_behalf:
        if CLERK not in roles or not has_scan:
            zh, en = clerk_advice(None, None)
            return verdict(
                "not-the-clerk",
                False,
                f"代录须由{label_zh}的经办人(角色 {CLERK})办理,并附签字盖章页;{zh}",
                f"Only a clerk (role {CLERK}) of the {label_en} records on behalf, with the stamped page; {en}",
                ON_BEHALF,
                mine.basis,
            )
    elif mine.role not in roles:
        return verdict(
            "wrong-role",
            False,
            f"“{mine.name.zh}”由{label_zh}办理,您没有此角色。",
            f"{mine.name.en} belongs to the {label_en}; you do not hold that role there.",
        )
    return verdict("may-take-step", True, f"可以办理“{mine.name.zh}”。", f"{mine.name.en} may be done now.")


def _steps(pack: Pack) -> tuple[SelectionStep, ...]:
    return pack.selection.steps if pack.selection else ()


def _steps_before(pack: Pack, step: str) -> tuple[SelectionStep, ...]:
    return tuple(itertools.takewhile(lambda one: one.key != step, _steps(pack)))


def eligible(
    pack: Pack,
    *,
    level: ProgrammeLevel,
    starts_on: date,
    bans: Iterable[BanFact],
    took_part: bool,
    rural: bool,
    voluntary: bool,
    on: date,
    in_target_group: bool = True,
    kind: str | None = None,
    reasons: Mapping[str, str] = NO_REASONS,
) -> tuple[Verdict, ...]:
    """One verdict for each test that the pack sets a nominee, and one for the voluntary enrolment where it asks for it.

    A ban counts by the programme's first day (CQ2021-5.9); `took_part` means in the same or an equivalent programme
    (SL2017-5A.6); `rural` and `in_target_group` speak of the nominee's school and of the programme's target group. A
    warned test is allowed with a reason under its key. `on` is the day of the test; `kind` is the kind of programme and
    leaves out the tests that are not meant for it.
    """
    if pack.selection is None:
        return ()
    barring = banned(bans, level, starts_on)
    last_day = barring.ends_on.isoformat() if barring else ""
    tests: dict[str, tuple[bool, str, str]] = {
        "ban": (
            barring is None,
            f"该教师曾被退回,{last_day}前(含当日)不得参加此级别项目;请换人。",
            f"The teacher was returned from a programme and is barred up to and including {last_day}; name another.",
        ),
        "repeat": (
            not took_part,
            "该教师已参加过同类培训,属重复参训;请换人。",
            "The teacher already took part in the same or an equivalent training; name another one.",
        ),
        "rural-school": (
            rural,
            "该教师不在乡村学校任教,不属本项目培训对象;请换人。",
            "The teacher does not work at a rural school, for which this programme is meant; name another one.",
        ),
        "target-group": (
            in_target_group,
            "该教师不属本项目培训对象;请换人。",
            "The teacher is not in the programme's target group; name another one.",
        ),
    }
    facts = {
        "level": str(level),
        "starts_on": starts_on.isoformat(),
        "tested_on": on.isoformat(),
        "barred_until": last_day,
    }
    verdicts = []
    for step in pack.selection.steps:
        if step.key == VOLUNTEER:
            sentence = (
                "该教师没有自愿报名;请先由教师本人报名。",
                "The teacher has not enrolled; only the teacher can do so.",
            )
            verdicts.append(_tested("voluntary", voluntary, sentence, step.basis, facts))
    for test in pack.selection.eligibility:
        if kind is not None and test.kinds and kind not in test.kinds:
            continue
        passes, zh, en = tests[test.key]
        strength = in_force(pack, test.strength)
        reason = reasons.get(test.key, "").strip() if strength == "warn" else ""
        verdicts.append(_tested(test.key, passes, (zh, en), test.basis, facts, strength=strength, reason=reason))
    return tuple(verdicts)


def _tested(
    key: str,
    passes: bool,
    sentence: tuple[str, str],
    basis: Basis,
    facts: Mapping[str, str],
    *,
    strength: Literal["block", "warn"] = "block",
    reason: str = "",
) -> Verdict:
    if passes:
        return Verdict(
            key=key,
            allowed=True,
            zh="符合条件。",
            en="Meets the condition.",
            basis=(basis,),
            strength=strength,
            facts=dict(facts),
        )
    warns = strength == "warn"
    if reason:
        return Verdict(
            key=key,
            allowed=True,
            zh=f"{sentence[0]}已说明理由:{reason}",
            en=f"{sentence[1]} Reason given: {reason}",
            basis=(basis,),
            strength=strength,
            facts={**facts, "reason": reason},
        )
    return Verdict(
        key=key,
        allowed=False,
        zh=sentence[0] + ("确有理由的,请说明理由。" if warns else ""),
        en=sentence[1] + (" Where there is a reason, give it." if warns else ""),
        basis=(basis,),
        strength=strength,
        reason_needed=warns,
        facts=dict(facts),
    )


def may_post(
    pack: Pack,
    from_on: date,
    to_on: date,
    *,
    since: date | None = None,
    stands: tuple[date, date] | None = None,
) -> Verdict:
    """Whether a list may be posted from one day to another, both included: late on paper is usual, too short is not.

    `since` is the day on which the last of the names came through the step before the notice: nothing is posted
    earlier. `stands` is the notice that is posted already: it keeps its first day and may only be given a later last one.
    """
    posting = _Posting(pack, from_on, to_on)
    if stands is not None and from_on != stands[0]:
        return posting.says(
            "notice-began",
            False,
            f"名单自 {stands[0]} 起公示,开始日不再更改;要延长公示,请写 --from {stands[0]} 和更晚的 --to。",
            f"The list has been posted since {stands[0]}, and that day stays; to extend the notice, give --from {stands[0]} "
            "and a later --to.",
        )
    if stands is not None and to_on <= stands[1]:
        return posting.says(
            "notice-posted",
            False,
            f"名单已登记公示至 {stands[1]},不必重复;要延长公示,--to 须晚于 {stands[1]}。",
            f"The list is posted up to and including {stands[1]} already; to extend the notice, give a --to after it.",
        )
    if since is not None and from_on < since:
        return posting.says(
            "notice-too-early",
            False,
            f"公示开始日({from_on})早于推荐之日({since});名单推荐后才能公示,--from 最早为 {since}。",
            f"The notice begins on {from_on}, before its names were recommended on {since}; the earliest --from is {since}.",
        )
    return posting.fault() or posting.says("may-post", True, "可以公示。", "The list may be posted.")


def notice_over(pack: Pack, from_on: date, to_on: date, on: date) -> Verdict:
    """Whether the public notice has stood long enough and is over on this day.

    It counts the workdays from its first day to its last one, both included, against the pack's `notice_days` (a
    setting: SL2017-5A.2 gives no length), and is over from the day after the last one. Without such a setting, or
    where the pack has no public notice, any notice that has ended will do.
    """
    posting = _Posting(pack, from_on, to_on, on)
    fault = posting.fault()
    if fault is not None:
        return fault
    if on <= to_on:
        return posting.says(
            "notice-running",
            False,
            f"公示期至 {to_on}(含当日),尚未结束;请于次日起办理。",
            f"The notice still stands up to and including {to_on}; go on from the day after.",
        )
    return posting.says(
        "notice-over",
        True,
        f"公示已满 {posting.stood} 个工作日。",
        f"The notice has stood for {posting.stood} working days and is over.",
    )


class _Posting:
    """A notice from one day to another: what verdicts on it rest on, and their facts."""

    def __init__(self, pack: Pack, from_on: date, to_on: date, on: date | None = None) -> None:
        step = next((one for one in _steps(pack) if one.key == "notice"), None)
        days = pack.selection.notice_days if pack.selection and step else None
        found = find(pack, days, from_on) if days else None
        self.from_on, self.to_on = from_on, to_on
        self.basis = tuple(dict.fromkeys(one.basis for one in (step, found) if one is not None))
        self.asked = int(str(found.value)) if found and found.value is not None else 0
        self.stood = count_workdays(from_on, to_on)
        self.on = {"on": on.isoformat()} if on else {}

    def says(self, key: str, allowed: bool, zh: str, en: str) -> Verdict:
        facts = {
            "from_on": self.from_on.isoformat(),
            "to_on": self.to_on.isoformat(),
            "workdays": self.stood,
            "workdays_asked": self.asked,
            **self.on,
        }
        return Verdict(key=key, allowed=allowed, zh=zh, en=en, basis=self.basis, facts=facts)

    def fault(self) -> Verdict | None:
        """What is wrong with the days themselves: in the wrong order, or too few of them."""
        if self.to_on < self.from_on:
            return self.says(
                "notice-dates",
                False,
                f"公示结束日({self.to_on})早于开始日({self.from_on});请更正。",
                f"The notice ends on {self.to_on}, before it begins on {self.from_on}; correct the dates.",
            )
        if self.stood >= self.asked:
            return None
        least = add_workdays(next_workday(self.from_on), self.asked - 1)
        return self.says(
            "notice-too-short",
            False,
            f"公示期只有 {self.stood} 个工作日,不足 {self.asked} 个;请延长公示,--to 最早为 {least}。",
            f"The notice stands for {self.stood} working days, {self.asked} are asked for; post it longer: the earliest "
            f"--to is {least}.",
        )
