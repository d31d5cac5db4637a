"""Packs made in code: a small, whole one in the shape of Chongqing's, so that a rule's test needs no file.

Its numbers are those of the clauses it cites. `small_pack(**changes)` replaces whole top-level keys; `with_rule` and
`with_setting` replace or add one value.
"""

from typing import Any

from policies.schema import Pack

FROM = "2020-01-06"


def _says(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def rule(value: Any, unit: str, cites: str | None = None, **more: Any) -> dict[str, Any]:
    """A rule (with a clause) or a setting (without) that holds one value from the pack's first day."""
    text = more.pop("says", _says("示例", "sample"))
    why = {} if cites else {"why": "chosen for the tests"}
    return {"says": text, "unit": unit, "values": [{"from": FROM, "value": value, "cites": cites}], **why, **more}


def tier(role: str, action: str, cites: str | None = None, **more: Any) -> dict[str, Any]:
    """A tier that has five working days."""
    return {"role": role, "action": action, "cites": cites, "decision_days": "decision.time", **more}


RULES: dict[str, Any] = {
    "plan.target": rule(7, "calendar_day", "CQ2021-6.10", counted_from="programme.starts_on", direction="before"),
    "plan.limit": rule(1, "calendar_day", "CQ2021-6.10", counted_from="programme.starts_on", direction="before"),
    "archive.due": rule(
        7, "calendar_day", "CQ2021-6.11", counted_from="programme.ended_on", ends_on_closed_day="next_working_day"
    ),
    "practice.minimum": rule("0.5", "ratio", "CQ2021-3.9"),
    "outside.minimum": rule("0.2", "ratio", "CQ2021-3.10"),
    "excellent.minimum": rule("0.5", "ratio", "CQ2021-3.11"),
    "ethics.minimum": rule(1, "item", "CQ2021-3.2"),
    "weight.inspection": rule("0.3", "ratio", "CQ2021-9.3"),
    "weight.satisfaction": rule("0.3", "ratio", "CQ2021-9.3"),
    "weight.outcome": rule("0.3", "ratio", "CQ2021-9.3"),
    "weight.archive": rule("0.1", "ratio", "CQ2021-9.3"),
    "ban.years": rule(3, "year", "CQ2021-5.9"),
    "travel.long_training.more_than": rule(3, "training_day", "SL2017-5B.3", adopted_from="shulan-2017"),
    "travel.long_training.meal_days": rule(2, "allowance_day", "SL2017-5B.3", adopted_from="shulan-2017"),
}

SETTINGS: dict[str, Any] = {
    "message.hour": rule(9, "hour_of_day"),
    "decision.time": rule(5, "working_day", counted_from="step.opened_on"),
    "notice.days": rule(5, "working_day"),
    "score.decimals": rule(1, "decimal_place"),
    "report.every": rule(7, "calendar_day"),
    "report.due": rule(1, "calendar_day", counted_from="period.ends_on", ends_on_closed_day="next_working_day"),
}

ROLES: dict[str, Any] = {
    "host-institution": {"name": _says("项目承担机构", "host institution"), "seat": "host"},
    "university-head": {"name": _says("学校主要领导", "head of the university"), "seat": "host"},
    "legal-representative": {"name": _says("法定代表人", "legal representative"), "seat": "host"},
    "county-education-authority": {"name": _says("区县教育行政部门", "county education authority")},
    "county-teacher-development-institute": {"name": _says("区县教师发展机构", "county institute")},
    "municipal-teacher-development-centre": {"name": _says("市中小学教师发展中心", "municipal centre")},
    "municipal-education-commission": {"name": _says("市教委", "municipal commission")},
    "school": {"name": _says("学校", "school")},
    "teacher": {"name": _says("教师", "teacher")},
    "programme-office": {"name": _says("项目办", "programme office"), "seat": "office"},
}

LEVELS = ["national", "municipal"]


def chain(
    subject: str, kinds: list[str], cites: str | None, tiers: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """A chain for these kinds of applicant at the national and municipal levels."""
    return {"subject": subject, "applicant_kinds": kinds, "levels": LEVELS, "cites": cites, "tiers": tiers, **more}


CENTRE = "municipal-teacher-development-centre"
COMMISSION = "municipal-education-commission"
APPROVAL: list[Any] = [
    chain("application", ["school"], "CQ2021-2.2", [tier("county-education-authority", "approve", "CQ2021-2.2")]),
    chain(
        "award",
        ["school", "university", "other-institution"],
        None,
        [tier(COMMISSION, "award", why="the award is a step of its own")],
        why="the award is a step of its own",
    ),
    chain(
        "implementation-plan",
        ["school"],
        "CQ2021-2.3",
        [
            tier("county-teacher-development-institute", "review", "CQ2021-2.3"),
            tier(CENTRE, "review", "CQ2021-2.3"),
            tier(COMMISSION, "file", "CQ2021-2.3"),
        ],
    ),
    chain(
        "implementation-plan",
        ["other-institution"],
        "CQ2021-2.6",
        [
            tier("legal-representative", "sign-and-seal", "CQ2021-2.6", marks=["signature", "seal"]),
            tier(CENTRE, "review", "CQ2021-2.6"),
            tier(COMMISSION, "file", "CQ2021-2.6"),
        ],
    ),
]


def phase(key: str, per: str, after: list[str], **more: Any) -> dict[str, Any]:
    """A phase that cites SL2017-2.1 unless told otherwise."""
    return {
        "key": key,
        "name": _says(more.pop("zh", key), more.pop("en", key)),
        "flow": "sample",
        "per": per,
        "opens_after": after,
        "cites": more.pop("cites", "SL2017-2.1"),
        **more,
    }


START_NEEDS = ["plan-lodged", "list-confirmed", "budget-confirmed", "document:emergency-plan"]
PHASES: list[Any] = [
    phase("application", "programme", []),
    phase("award", "programme", ["application"]),
    phase("plan-review", "programme", ["award"]),
    phase("selection", "session", ["award"]),
    phase(
        "check-in",
        "session",
        ["award"],
        zh="开班准备与报到",
        en="Preparation and check-in",
        cites="CQ2021-10.3",
        closes_when=START_NEEDS,
    ),
    phase("stage-1", "session", ["check-in"], kinds=["send-teaching"]),
    phase("stage-2", "school", ["stage-1"], kinds=["send-teaching"]),
    phase("stage-3", "school", ["stage-2"], kinds=["send-teaching"]),
    phase("stage-4", "session", ["stage-3"], kinds=["send-teaching"]),
    phase("stage-5", "session", ["stage-4"], kinds=["send-teaching"]),
    phase("delivery", "session", ["check-in"], kinds=["blended"]),
    phase("archive", "programme", ["stage-5", "delivery"]),
    phase("evaluation", "programme", ["check-in"], opens_on="first"),
]

STAGES: list[Any] = [
    {
        "key": "stage-2",
        "number": 2,
        "name": _says("诊断示范", "Diagnosis and demonstration"),
        "owners": ["training-team"],
        "cites": "SL2017-2.1",
        "adopted_from": "shulan-2017",
        "products": [
            {"document": "problem-list", "owed_by": "training-team", "cites": "SL2017-2.7"},
            {"document": "study-tasks", "owed_by": "training-team", "per": "trainee", "cites": "SL2017-2.9"},
            {"document": "diagnosis-record", "owed_by": "rural-school", "per": "school", "cites": "SL2017-2.6"},
            {
                "document": "personal-study-plan",
                "owed_by": "trainee",
                "per": "trainee",
                "blocks": False,
                "cites": "SL2017-6A.4.3",
            },
        ],
    }
]


def document(key: str, zh: str, en: str) -> dict[str, Any]:
    """A kind of document."""
    return {"key": key, "name": _says(zh, en), "why": "collected by the office"}


DOCUMENTS: list[Any] = [
    document("emergency-plan", "安全应急预案", "Emergency plan"),
    document("diagnosis-record", "现场诊断记录", "Diagnosis record"),
    document("problem-list", "问题清单", "Problem list"),
    document("study-tasks", "研修任务", "Study tasks"),
    document("personal-study-plan", "个人研修计划", "Personal study plan"),
]

OBLIGATIONS: list[Any] = [
    {
        "key": "weekly-report",
        "name": _says("工作简报", "Weekly report"),
        "owed_by": "host-institution",
        "per": "session",
        "opens_with": "check-in.closed",
        "due": "report.due",
        "met_by": "weekly-report",
        "ladder": "standard",
        "every": "report.every",
        "why": "a report while sessions take place",
    }
]

LADDERS: list[Any] = [
    {
        "key": "standard",
        "why": "remind, chase, escalate",
        "rungs": [
            {"days": -3, "rung": "remind", "to": ["owner"]},
            {"days": 0, "rung": "remind", "to": ["owner"]},
            {"days": 1, "rung": "chase", "to": ["owner", "head"]},
            {"days": 3, "rung": "escalate", "to": ["next-level", "programme-office"]},
        ],
    }
]


def source(key: str, zh: str, weight: str) -> dict[str, Any]:
    """A source of the score."""
    return {"key": key, "name": _says(zh, key), "owner": "programme-office", "weight": weight, "cites": "CQ2021-9.3"}


EVALUATION: dict[str, Any] = {
    "cites": "CQ2021-9.3",
    "decimals": "score.decimals",
    "sources": [
        source("expert-inspection", "专家视导", "weight.inspection"),
        source("trainee-satisfaction", "学员满意度", "weight.satisfaction"),
        source("outcome-quality", "培训成果质量", "weight.outcome"),
        source("archive-documents", "培训档案资料", "weight.archive"),
    ],
}


def check(key: str, zh: str, counts: tuple[str, str | None], minimum: str, strength: str, cites: str) -> dict[str, Any]:
    """A check on application and plan: a ratio where there is a denominator, else a presence."""
    return {
        "key": key,
        "name": _says(zh, key),
        "kind": "ratio" if counts[1] else "presence",
        "subjects": ["application", "implementation-plan"],
        "numerator": counts[0],
        "denominator": counts[1],
        "minimum": minimum,
        "strength": strength,
        "cites": cites,
    }


CHECKS: list[Any] = [
    check(
        "practice-share", "现场实践占比", ("practice_hours", "course_hours"), "practice.minimum", "block", "CQ2021-3.9"
    ),
    check("outside-experts", "市外专家占比", ("experts_outside", "experts"), "outside.minimum", "warn", "CQ2021-3.10"),
    check(
        "excellent-experts",
        "优秀教师、教研员和校长占比",
        ("experts_excellent", "experts"),
        "excellent.minimum",
        "warn",
        "CQ2021-3.11",
    ),
    check("ethics-course", "师德课程", ("ethics_courses", None), "ethics.minimum", "block", "CQ2021-3.2"),
]


def step(key: str, role: str, zh: str, cites: str) -> dict[str, Any]:
    """A step of the selection."""
    return {"key": key, "role": role, "name": _says(zh, key), "cites": cites}


SELECTION: dict[str, Any] = {
    "cites": "CQ2021-5.3",
    "notice_days": "notice.days",
    "steps": [
        step("volunteer", "teacher", "自愿报名", "CQ2021-5.3"),
        step("recommend", "school", "择优推荐", "CQ2021-5.3"),
        {**step("notice", "school", "名单公示", "SL2017-5A.2"), "adopted_from": "shulan-2017"},
        step("review", "county-education-authority", "审核报送", "CQ2021-5.3"),
        step("confirm", "host-institution", "名单确认", "CQ2021-5.3"),
    ],
    "eligibility": [
        {"key": "ban", "strength": "block", "cites": "CQ2021-5.9"},
        {"key": "repeat", "strength": "warn", "cites": "SL2017-5A.6", "adopted_from": "shulan-2017"},
        {"key": "rural-school", "strength": "block", "kinds": ["send-teaching"], "cites": "CQ2021-10.4"},
        {"key": "target-group", "strength": "block", "cites": "CQ2021-10.4"},
    ],
}

BANS: list[Any] = [
    {"key": "returned", "trigger": "returned", "years": "ban.years", "levels": LEVELS, "cites": "CQ2021-5.9"}
]


TRAVEL: dict[str, Any] = {
    "cites": "SL2017-5B.3",
    "full": "SL2017-5B.2",
    "adopted_from": "shulan-2017",
    "levels": LEVELS,
    "more_than": "travel.long_training.more_than",
    "meal_days": "travel.long_training.meal_days",
}


def small_pack(**changes: Any) -> Pack:
    """The small pack, with whole top-level keys replaced by `changes`."""
    whole: dict[str, Any] = {
        "pack": "sample-2021",
        "source": "CQ2021",
        "region": _says("示例市", "Sample"),
        "region_code": "SM",
        "time_zone": "Asia/Shanghai",
        "holds_from": FROM,
        "level_names": {"national": _says("国培", "national"), "municipal": _says("市培", "municipal")},
        "kinds": {"send-teaching": _says("送教下乡培训", "send-teaching"), "blended": _says("混合式培训", "blended")},
        "roles": ROLES,
        "rules": RULES,
        "settings": SETTINGS,
        "approval": APPROVAL,
        "phases": PHASES,
        "stages": STAGES,
        "documents": DOCUMENTS,
        "obligations": OBLIGATIONS,
        "ladders": LADDERS,
        "evaluation": EVALUATION,
        "checks": CHECKS,
        "selection": SELECTION,
        "bans": BANS,
        "travel": TRAVEL,
    }
    return Pack.model_validate(whole | changes)


def with_rule(rule_id: str, value: dict[str, Any]) -> Pack:
    """The small pack with one rule added or replaced."""
    return small_pack(rules=RULES | {rule_id: value})


def with_setting(rule_id: str, value: dict[str, Any]) -> Pack:
    """The small pack with one setting added or replaced."""
    return small_pack(settings=SETTINGS | {rule_id: value})
