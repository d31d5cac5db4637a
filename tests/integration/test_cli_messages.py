"""Messages at the command line: how people are reached, what is wrong with the office's own words, sending once more."""

import io
from pathlib import Path

import pytest

from office.runtime.settings import Settings, settings
from tests.integration.cli_world import done, people_the_office, songjiao

ADDRESS = "wecombot://GEHEIM-42"
HINT = "wecom:// is PushPlus in Apprise and not WeCom; use wecombot:// (group robot) or wechat:// (application)"


@pytest.fixture
def refs(sqlite_office: Settings) -> dict[str, str]:
    """An office with its people."""
    return dict(people_the_office(sqlite_office))


def test_how_a_person_is_reached_is_changed_and_no_address_shown(refs: dict[str, str]) -> None:
    host = refs["host"]
    done(
        "person",
        "change",
        host,
        "--channel",
        ADDRESS,
        "--fallback",
        ADDRESS,
        "--quiet",
        "21:00-07:30",
        "--digest",
        "08:00",
    )
    listed = done("person", "list", "--names", "--json")
    [row] = [row for row in listed.data if row["ref"] == host]
    assert (row["has_channel"], row["has_fallback"], row["quiet_hours"], row["digest_at"]) == (
        True, True, "21:00-07:30", "08:00",
    )  # fmt: skip
    assert "GEHEIM-42" not in listed.out
    done("person", "change", host, "--channel", "", "--quiet", "", "--digest", "")
    [row] = [row for row in done("person", "list", "--json").data if row["ref"] == host]
    assert (row["has_channel"], row["has_fallback"], row["quiet_hours"], row["digest_at"]) == (False, True, None, None)


def test_a_secret_address_need_not_stand_in_the_command(refs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADDRESS}\n"))
    done("organisation", "change", "示例云溪区教委", "--channel", "-")
    [row] = [row for row in done("organisation", "list", "--json").data if row["name"] == "示例云溪区教委"]
    assert row["has_channel"] is True
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert songjiao("organisation", "change", "示例云溪区教委", "--channel", "-").status != 0


def test_hours_that_are_none_are_a_mistake_of_input(refs: dict[str, str]) -> None:
    wrong = songjiao("person", "change", refs["host"], "--quiet", "late", lang="en")
    assert (wrong.status, wrong.out) == (1, "")
    assert "write them as 21:00-07:30" in wrong.err


def test_check_names_every_channel_that_cannot_be_used_and_no_key(refs: dict[str, str]) -> None:
    assert done("message", "check", lang="en").out == "no fault was found\n"
    done("person", "change", refs["host"], "--channel", "wecom://GEHEIM-42", "--fallback", "nonsense")
    checked = songjiao("message", "check", "--json")
    assert checked.status == 1
    assert checked.data["faults"] == [
        f"{refs['host']} (channel): {HINT}",
        f"{refs['host']} (fallback): channels of the kind nonsense:// are not used; see docs/messages.md",
    ]
    said = songjiao("message", "check").err
    assert f"{refs['host']}(fallback):不使用 nonsense:// 类通道" in said
    assert "请用 wecombot://(群机器人)" in said
    assert "GEHEIM" not in said


def test_check_reads_the_offices_own_words(
    refs: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "obligation-chase.zh-CN.txt").write_text("[body]\n{{ owed_by }}请尽快办理{{ what }}。\n")
    (tmp_path / "obligation-chace.zh-CN.txt").write_text("[body]\nx\n")
    monkeypatch.setenv("SONGJIAO_TEMPLATES_DIR", str(tmp_path))
    settings.cache_clear()
    assert songjiao("message", "check").err.splitlines() == [
        "obligation-chace.zh-CN.txt:没有叫这个名字的消息;名称见 docs/messages.md",
        "obligation-chase.zh-CN.txt [body]:读者需要 {{ due_on }},模板里却没有",
    ]
    checked = songjiao("message", "check", lang="en")
    assert (checked.status, checked.out) == (1, "")
    assert checked.err.splitlines() == [
        "obligation-chace.zh-CN.txt: no message is called so; see docs/messages.md for the names",
        "obligation-chase.zh-CN.txt [body]: its reader needs {{ due_on }}, and it does not say it",
    ]
    elsewhere = songjiao("message", "check", tmp_path / "not-there")
    assert (elsewhere.status, "没有文件夹" in elsewhere.err) == (1, True)
    elsewhere = songjiao("message", "check", tmp_path / "not-there", lang="en")
    assert (elsewhere.status, "there is no such folder" in elsewhere.err) == (1, True)


def test_a_state_that_is_none_is_named_with_those_that_are(refs: dict[str, str]) -> None:
    wrong = songjiao("message", "list", "--state", "lost", lang="en")
    assert wrong.status == 1
    assert "failed-for-good" in wrong.err


def test_there_is_nothing_to_send_again_under_an_unknown_number(refs: dict[str, str]) -> None:
    assert songjiao("message", "resend", "00000000", "--as", refs["office"]).status == 1
