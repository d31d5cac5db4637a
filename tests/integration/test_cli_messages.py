"""Messages at the command line: how people are reached, what is wrong with the office's own words, sending once more."""

import io
from pathlib import Path

import pytest

from ledger.reach import change_person
from models.act import SYSTEM
from office.runtime.secrets import seal
from office.runtime.settings import Settings, server_key, settings
from office.runtime.transactions import transaction
from tests.integration.cli_world import Answer, done, head, people_the_office, songjiao

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
    key = server_key(settings())
    with transaction(SYSTEM) as act:  # as an office may still hold them from before they were refused
        change_person(act, refs["host"], channel=seal("wecom://GEHEIM-42", key), fallback=seal("nonsense", key))
    checked = songjiao("message", "check", "--json")
    assert checked.status == 1
    assert checked.data["faults"] == [
        f"{refs['host']} (channel): {HINT}",
        f"{refs['host']} (fallback): channels of the kind (none):// are not used; see docs/messages.md",
    ]
    said = songjiao("message", "check").err
    assert f"{refs['host']}(fallback):不使用 (none):// 类通道" in said
    assert "请用 wecombot://(群机器人)" in said
    assert "GEHEIM" not in said


WRONG = (
    (
        "file://passwords",
        "不使用 file:// 类通道;见 docs/messages.md",
        "channels of the kind file:// are not used; see docs/messages.md",
    ),
    (
        "foo://GEHEIM-42",
        "不使用 foo:// 类通道;见 docs/messages.md",
        "channels of the kind foo:// are not used; see docs/messages.md",
    ),
    (
        "GEHEIM-42",
        "不是通道地址,应如 wecombot://KEY;见 docs/messages.md",
        "channels of the kind (none):// are not used; see docs/messages.md",
    ),
    (
        "wecom://GEHEIM-42",
        "wecom:// 在 Apprise 中是 PushPlus,不是企业微信;请用 wecombot://(群机器人)或 wechat://(应用)",
        HINT,
    ),
    (
        "wecombot://",
        "通道地址缺少密钥或有误;请重新复制",
        "the channel's key is missing or misspelt; copy the address anew",
    ),
    (
        "json://sample.localhost/?attach=/etc/passwd",
        "参数 attach 会读取本机文件,不予使用;请删去",
        "the parameter attach would read files of this machine and is not used; leave it out",
    ),
    (
        "tgram://x/",
        "tgram:// 地址不能使用(Apprise 无法解读);请对照 docs/messages.md",
        "the tgram:// address cannot be used (not an address that Apprise understands); compare it with docs/messages.md",
    ),
)


@pytest.mark.parametrize(("address", "zh", "en"), WRONG, ids=[one[0] for one in WRONG])
def test_an_address_that_no_message_would_go_to_is_refused_where_it_is_given(
    refs: dict[str, str], monkeypatch: pytest.MonkeyPatch, address: str, zh: str, en: str
) -> None:
    before = head()
    county = "示例云溪区教委"
    for command in (
        ("person", "change", refs["host"]),
        ("person", "add", "示例·新人", "--in", county),
        ("organisation", "change", county),
        ("organisation", "add", "示例新校", "--kind", "school"),
    ):
        options = ("--channel", "--fallback") if "change" in command else ("--channel",)
        for option in options:
            assert songjiao(*command, option, address) == Answer(1, "", f"{option}: {zh}\n")
            assert songjiao(*command, option, address, lang="en") == Answer(1, "", f"{option}: {en}\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{address}\n"))
    assert songjiao("person", "change", refs["host"], "--channel", "-").status == 1
    assert head() == before
    assert done("message", "check", lang="en").out == "no fault was found\n"


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
