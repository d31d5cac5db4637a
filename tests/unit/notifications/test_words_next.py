"""What a message tells its reader to do next is what is open to that reader."""

import pytest

from notifications.words import words
from tests.unit.notifications.facts import FACTS, PROGRAMME


@pytest.mark.parametrize(
    ("locale", "asked", "command", "form"),
    [
        (
            "zh-CN",
            "请负责人审定，由您代录。",
            "--as P-0009 --decision approve --on-behalf-of 负责人姓名 --scan 签字盖章页.pdf",
            "任选一种",
        ),
        (
            "en",
            "which you record on behalf",
            "--as P-0009 --decision approve --on-behalf-of NAME --scan PAGE.pdf",
            "1.",
        ),
    ],
)
def test_a_clerk_is_told_to_record_on_behalf_and_no_form(locale: str, asked: str, command: str, form: str) -> None:
    facts = PROGRAMME | FACTS["decision-asked"] | {"on_behalf": True}
    body = words(
        {"kind": "decision-asked", "locale": locale, "facts": facts, "person_ref": "P-0009", "code": "04711147"}
    ).body
    assert asked in body
    assert command in body
    assert "04711147" in body
    assert form not in body
    assert "/runs/" not in body


@pytest.mark.parametrize(
    ("locale", "corrects", "day", "command"),
    [
        ("zh-CN", "application", "最迟2026年3月16日（周一）（本办公室设置的时间，不是法规条款）", "programme correct"),
        ("zh-CN", "implementation-plan", "最迟2026年3月16日（周一）", "plan submit"),
        (
            "en",
            "application",
            "by 16 March 2026 (Monday) (a time set by this office, not by a clause)",
            "programme correct",
        ),
        ("en", "implementation-plan", "by 16 March 2026 (Monday)", "plan submit"),
    ],
)
def test_a_return_tells_until_when_and_by_which_command(locale: str, corrects: str, day: str, command: str) -> None:
    due = {"due_on": "2026-03-16", "due_by_office": True, "corrects": corrects}
    facts = PROGRAMME | FACTS["submission-returned"] | due
    letter = {"kind": "submission-returned", "locale": locale, "facts": facts, "person_ref": "P-0001"}
    body = words(letter).body
    file = "修改后的文件.yaml" if locale == "zh-CN" else "FILE.yaml"
    assert day in body
    assert f"songjiao {command} CQ-2026-0001 {file} --as P-0001\n\n" in body
    assert "songjiao" not in words(letter | {"facts": PROGRAMME | FACTS["submission-returned"]}).body.split("\n\n")[3]
