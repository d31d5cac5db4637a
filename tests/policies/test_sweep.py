"""Every pack over the years 2015 to 2035: each dated value holds once on each day from which the pack holds.

A value changes on its own first days only, so the days looked at are those and their neighbours, beside one in every
month: what holds on them holds on every day between.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

import pytest

from models.states import ApplicantKind
from policies.loader import Library
from policies.lookup import NoValue, find
from policies.schema import DatedValue, Pack, Rule

from .conftest import PACKS

FIRST, LAST = date(2015, 1, 1), date(2035, 12, 31)
NAMES = Library(PACKS).names()


def _rules(pack: Pack) -> Iterator[tuple[str, Rule]]:
    yield from pack.rules.items()
    yield from pack.settings.items()


def _runs(rule: Rule) -> Iterator[tuple[DatedValue, ...]]:
    """The rows of values that hold for somebody: the rule's own, and each exception's."""
    yield rule.values
    yield from (exception.values for exception in rule.exceptions)


def _days(pack: Pack, rule: Rule) -> list[date]:
    turns = {value.from_ for values in _runs(rule) for value in values} | {pack.holds_from, LAST}
    near = {turn + timedelta(days=step) for turn in turns for step in (-1, 0, 1)}
    months = {date(year, month, 15) for year, month in product(range(FIRST.year, LAST.year + 1), range(1, 13))}
    return sorted(day for day in near | months if FIRST <= day <= LAST)


def _cases(pack: Pack, rule: Rule, kind: str) -> Iterator[dict[str, str]]:
    """Every kind of programme that can make a difference to the rule."""
    if not rule.exceptions:
        yield {"programme.kind": kind}
        return
    for level, host in product(pack.level_names, ApplicantKind):
        yield {"programme.kind": kind, "programme.level": str(level), "host.kind": str(host)}


@pytest.mark.parametrize("name", NAMES)
def test_every_value_holds_once_on_every_day_from_which_the_pack_does(library: Library, name: str) -> None:
    pack = library.load(name)
    looked = 0
    for kind in pack.kinds:
        whole = library.resolve(name, kind)
        for rule_id, rule in _rules(whole):
            for case in _cases(whole, rule, kind):
                for day in _days(whole, rule):
                    if day >= pack.holds_from:
                        assert find(whole, rule_id, day, case).rule is rule, (rule_id, day)
                        looked += 1
    assert looked > len(list(_rules(pack))) * 12


@pytest.mark.parametrize("name", NAMES)
def test_no_two_values_begin_on_one_day(library: Library, name: str) -> None:
    for rule_id, rule in _rules(library.load(name)):
        for values in _runs(rule):
            days = [value.from_ for value in values]
            assert days == sorted(set(days)), rule_id


@pytest.mark.parametrize("name", NAMES)
def test_before_its_first_day_a_value_is_an_error_and_no_guess(library: Library, name: str) -> None:
    pack = library.load(name)
    for rule_id, rule in _rules(pack):
        with pytest.raises(NoValue):
            find(pack, rule_id, rule.values[0].from_ - timedelta(days=1))


def test_a_gap_is_found_by_the_sweep(library: Library) -> None:
    pack = library.load("chongqing-2021")
    rule = pack.rules["closing.archive.due"]
    late = rule.model_copy(update={"values": (rule.values[0].model_copy(update={"from_": date(2022, 1, 1)}),)})
    broken = pack.model_copy(update={"rules": {**pack.rules, "closing.archive.due": late}})
    with pytest.raises(NoValue):
        for day in _days(broken, late):
            if day >= broken.holds_from:
                find(broken, "closing.archive.due", day)
