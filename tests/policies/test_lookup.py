"""Which value holds on a day, for which programme."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from policies.loader import Library
from policies.lookup import AmbiguousException, NoValue, UnknownId, find, find_or_none, role_name
from policies.schema import Pack, Rule

START = date(2020, 1, 6)


def _with(library: Library, rule: dict[str, object]) -> Pack:
    pack = library.load("chongqing-2021")
    return pack.model_copy(update={"rules": {**pack.rules, "sample.rule": Rule.model_validate(rule)}})


def _rule(**more: object) -> dict[str, object]:
    return {
        "says": {"zh": "示例", "en": "sample"},
        "unit": "calendar_day",
        "values": [
            {"from": "2020-01-06", "value": "7", "cites": "CQ2021-6.11"},
            {"from": "2024-09-01", "value": "5", "cites": "CQ2021-6.10"},
        ],
        **more,
    }


@pytest.mark.parametrize(
    ("on", "value", "clause"),
    [
        (date(2020, 1, 6), 7, "CQ2021-6.11"),
        (date(2024, 8, 31), 7, "CQ2021-6.11"),
        (date(2024, 9, 1), 5, "CQ2021-6.10"),
        (date(2031, 1, 1), 5, "CQ2021-6.10"),
    ],
)
def test_the_value_begins_on_its_day_and_cites_its_own_clause(
    library: Library, on: date, value: int, clause: str
) -> None:
    found = find(_with(library, _rule()), "sample.rule", on)
    assert (found.value, found.unit, found.basis.clause) == (value, "calendar_day", clause)


def test_a_day_before_the_first_value_is_an_error_with_that_day(library: Library) -> None:
    with pytest.raises(NoValue) as caught:
        find(_with(library, _rule()), "sample.rule", date(2020, 1, 5))
    assert str(caught.value) == (
        "pack chongqing-2021, sample.rule: no value on 2020-01-05; the first one holds from 2020-01-06"
    )
    assert find_or_none(_with(library, _rule()), "sample.rule", date(2020, 1, 5)) is None


def test_an_unknown_rule_is_an_error_that_says_where_to_look(library: Library) -> None:
    with pytest.raises(UnknownId) as caught:
        find(library.load("chongqing-2021"), "archive.due", START)
    assert str(caught.value) == (
        "pack chongqing-2021: there is no rule or setting 'archive.due'; see `songjiao policy show chongqing-2021`"
    )


def _exception(name: str, fact: str, equals: str, value: str) -> dict[str, object]:
    values = [{"from": "2020-01-06", "value": value, "cites": "CQ2021-6.11"}]
    return {"name": name, "when": {"fact": fact, "equals": equals}, "values": values}


def test_a_fitting_exception_replaces_the_value(library: Library) -> None:
    pack = _with(library, _rule(exceptions=[_exception("remote", "programme.kind", "send-teaching", "14")]))
    assert find(pack, "sample.rule", START, {"programme.kind": "send-teaching"}).value == 14
    assert find(pack, "sample.rule", START, {"programme.kind": "blended"}).value == 7
    assert find(pack, "sample.rule", START).value == 7


def test_two_fitting_exceptions_are_not_decided(library: Library) -> None:
    pack = _with(
        library,
        _rule(
            exceptions=[
                _exception("remote", "programme.kind", "send-teaching", "14"),
                _exception("national", "programme.level", "national", "10"),
            ]
        ),
    )
    assert find(pack, "sample.rule", START, {"programme.kind": "blended", "programme.level": "national"}).value == 10
    with pytest.raises(AmbiguousException) as caught:
        find(pack, "sample.rule", START, {"programme.kind": "send-teaching", "programme.level": "national"})
    assert str(caught.value) == (
        "pack chongqing-2021, sample.rule: the exceptions remote, national fit at once and the pack does not say which "
        "goes first; narrow one of them"
    )


def test_a_setting_is_no_clause(library: Library) -> None:
    found = find(library.load("chongqing-2021"), "decision.county.days", START)
    assert (found.value, found.basis.clause, found.basis.setting) == (5, None, "decision.county.days")


def test_ratios_are_decimals(library: Library) -> None:
    found = find(library.load("chongqing-2021"), "evaluation.weight.archive_documents", START)
    assert found.value == Decimal("0.1")
    assert isinstance(found.value, Decimal)


def test_roles_go_by_the_packs_own_names(library: Library) -> None:
    pack = library.load("chongqing-2021")
    assert role_name(pack, "municipal-education-commission") == "市教委"
    assert role_name(pack, "municipal-education-commission", "en") == "municipal education commission"
    assert role_name(pack, "nobody") == "nobody"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("chongqing-2021", "send-teaching"), ("chongqing-2021", "blended"), ("shulan-2017", "send-teaching")],
)
def test_a_sweep_over_the_calendar_finds_no_gap(library: Library, name: str, kind: str) -> None:
    pack = library.resolve(name, kind)
    day, gaps = pack.holds_from, []
    while day < date(2032, 1, 1):
        facts = {"programme.kind": kind, "programme.level": "national", "host.kind": "school"}
        gaps += [
            (rule_id, day)
            for rule_id in (*pack.rules, *pack.settings)
            if find_or_none(pack, rule_id, day, facts) is None
        ]
        day += timedelta(days=91)
    assert gaps == []
