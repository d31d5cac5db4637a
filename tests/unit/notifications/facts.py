"""Whole sets of facts, one for each kind of message, as the ledger gives them. People and places are made up (示例)."""

from typing import Any

PROGRAMME: dict[str, Any] = {
    "programme": "CQ-2026-0001",
    "title": "示例云溪区2026年小学数学送教下乡培训",
    "short": "小学数学送教",
}
_OWED: dict[str, Any] = {
    "what": "档案资料",
    "what_en": "Archive documents",
    "owed_by": "示例云溪区实验小学",
    "owed_by_role": "承训机构",
    "due_on": "2026-11-17",
    "clause": "CQ2021-6.11",
    "quote": "培训结束后一周内报送档案资料",
    "setting": None,
}
_DECIDED: dict[str, Any] = {
    "organisation": "示例云溪区教师进修学院",
    "subject_name": "实施方案",
    "version": 1,
    "comment": "第二阶段课时表与需求调研结论不一致,\n请对应修改",
    "clause": "CQ2021-2.3",
}

FACTS: dict[str, dict[str, Any]] = {
    "decision-asked": {
        "organisation": "示例云溪区教师进修学院", "role": "区县教师发展机构", "subject_name": "实施方案",
        "action": "review", "tier": 1, "tiers": 3, "version": 2, "due_on": "2026-03-16", "clause": "CQ2021-2.3",
        "quote": "示例条文",
        "host": "示例云溪区实验小学", "subject": "implementation-plan", "url": "http://127.0.0.1:4200/runs/flow-run/1",
    },
    "submission-returned": _DECIDED,
    "submission-rejected": _DECIDED,
    "submission-passed": {"subject_name": "实施方案", "outcome": "filed", "organisation": "示例市教委"},
    "tier-passed": {"subject_name": "方案", "outcome": "approve", "organisation": "示例中心", "tier": 2, "tiers": 3},
    "awarded": {"organisation": "示例市教委", "host": "示例云溪区实验小学", "due_on": "2026-03-02"},
    "selection-opened": {"session": "第一期", "places": 12, "school": "示例石桥镇中心小学", "due_on": "2026-03-03"},
    "nomination-refused": {"session": "第一期", "count": 1, "reason": "尚在三年限制期内", "clause": "CQ2021-5.9"},
    "list-confirmed": {"session": "第一期", "count": 40},
    "stage-opened": {
        "stage": "第二阶段 诊断示范", "session": "第一期", "school": "示例石桥镇中心小学", "from": "2026-04-13",
        "to": "2026-04-14", "duties": ["听课诊断", "上示范课"], "products": ["问题清单", "研修任务"],
        "clause": "SL2017-2.6",
    },
    "stage-closed": {"stage": "第二阶段 诊断示范", "session": "第一期", "school": "示例石桥镇中心小学", "hours": "16"},
    "started": {"session": "第一期", "starts_on": "2026-03-23"},
    "start-postponed": {"session": "第一期", "old": "2026-03-23", "new": "2026-03-30", "reason": "连日大雨"},
    "start-brought-forward": {"session": "第一期", "old": "2026-03-23", "new": "2026-03-18", "reason": "场地调整"},
    "obligation-remind": _OWED | {"days": -3},
    "obligation-chase": _OWED | {"days": 1},
    "obligation-escalate": _OWED | {"days": 3},
    "trainee-returned": {"school": "示例青冈村小学", "until": "2029-03-25", "clause": "CQ2021-5.9"},
    "document-late": {"what": "档案资料", "late_days": 2, "due_on": "2026-11-17", "clause": "CQ2021-6.11"},
    "evaluation-result": {
        "total": "89.6",
        "parts": [
            {
                "source": "expert-inspection", "name": {"zh": "专家视导", "en": "Expert inspection"}, "weight": "0.30",
                "value": "88", "points": "26.4", "basis": {"clause": "CQ2021-9.3", "setting": None},
            },
            "档案资料 95 × 10% = 9.5",
        ],
        "clause": "CQ2021-9.3", "late_documents": 1,
    },
    "code-locked": {"organisation": "示例云溪区教师进修学院", "subject_name": "实施方案"},
    "run-lost": {"phase": "plan-review", "why": "Cancelled"},
    "nobody-reached": {"about": "obligation-chase", "owed_by": "示例小学", "what": "档案资料", "due_on": "2026-11-17"},
    "message-given-up": {"about": "decision-asked", "error": "mail server refused the recipient (550 no such person)"},
    "message-way-failed": {"to_whom": "P-0003", "way": "mail", "about": "decision-asked"},
    "run-crashed": {"run": "小学数学送教 · 学员遴选", "why": "Flow run process exited with status code -9."},
    "run-late": {"run": "小学数学送教 · 学员遴选"},
    "worker-silent": {"pool": "songjiao"},
    "digest": {
        "messages": [
            {"kind": "tier-passed", "facts": PROGRAMME | {"subject_name": "方案", "outcome": "approve", "tier": 1,
                                                          "tiers": 3, "organisation": "示例中心"}},
            {"kind": "list-confirmed", "facts": PROGRAMME | {"session": "第一期", "count": 40, "clause": "CQ2021-5.3"}},
        ],
        "count": 2,
    },
    "deadline-extended": _OWED | {"reason": "示例:问卷系统停机"},
    "clock-resumed": _OWED | {"reason": "示例:名单已到"},
    "decision-withdrawn": {"subject_name": "实施方案", "subject_name_en": "implementation plan", "reason": "示例:看错"},
    "watch-found": {"found": ["滞留的消息:1项"], "found_en": ["messages that are stuck: 1"], "count": 1},
    "watch-silent": {"watch": "deadline-watch", "since": "2026-03-10T09:00+08:00"},
    "programme-ended": {"ended_on": "2026-11-10", "due_on": "2026-11-17", "clause": "CQ2021-6.11"},
    "notice": {"what": "系统维护", "message": "周六上午停机两小时。"},
}  # fmt: skip
