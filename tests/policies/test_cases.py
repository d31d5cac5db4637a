"""The worked cases of the packs (policies/cases/<pack>/*.yaml): sentences of policy people, answered by the rules.

A case gives facts and expects answers. `due`: days of rules counted from the anchors given. `value`: values
on `as_of`. `tiers`: the chain of a subject. `barred_until`, `score`, `missing`, `refused`, `in_full` and
`meal_days` as they say. `cites` (a clause) or `setting` (an id) is what at least one of the answers must rest
on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.states import ApplicantKind, ProgrammeLevel
from models.values import Basis
from policies.loader import Library
from policies.lookup import chain_for, find
from policies.reading import read_source
from policies.schema import Pack
from rules.admission import admit
from rules.bans import ban_for
from rules.deadlines import due_on
from rules.evaluation import score
from rules.travel import school_pays

from .conftest import PACKS

ON = date(2026, 3, 2)


@dataclass(frozen=True)
class Case:
    """A sentence with its pack, what is given and what is expected."""

    pack: str
    content: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.pack}: {self.content['name']}"


def _cases() -> Iterator[Case]:
    for path in sorted((PACKS / "cases").glob("*/*.yaml")):
        source = read_source(path)
        assert source.problems == [], f"{path}: {source.problems}"
        yield from (Case(path.parent.name, content) for content in source.content)


CASES = list(_cases())


def _answer(pack: Pack, given: dict[str, Any], expect: dict[str, Any]) -> tuple[dict[str, Any], list[Basis]]:
    """The answers to what a case expects, as text like the case's own, and all that they rest on."""
    rests: list[Basis] = []
    answers: dict[str, Any] = {}
    for wanted in expect:
        if wanted == "due":
            anchors = {name: date.fromisoformat(day) for name, day in given.items()}
            due = {rule_id: due_on(pack, rule_id, anchors) for rule_id in expect["due"]}
            answers["due"] = {rule_id: one.on.isoformat() for rule_id, one in due.items()}
            rests += [one.basis for one in due.values()]
        elif wanted == "value":
            held = {rule_id: find(pack, rule_id, date.fromisoformat(given["as_of"])) for rule_id in expect["value"]}
            answers["value"] = {rule_id: str(one.value) for rule_id, one in held.items()}
            rests += [one.basis for one in held.values()]
        elif wanted == "tiers":
            chain = chain_for(pack, given["subject"], ApplicantKind(given["applicant"]), ProgrammeLevel(given["level"]))
            answers["tiers"] = [f"{tier.role} {tier.action}" for tier in chain.tiers] if chain else []
            rests += [chain.basis] if chain else []
        elif wanted == "barred_until":
            ban = ban_for(pack, "returned", date.fromisoformat(given["returned_on"]))
            assert ban is not None
            answers["barred_until"] = ban.ends_on.isoformat()
            rests.append(ban.basis)
        elif wanted in ("score", "missing"):
            sheet = score(pack, {key: Decimal(text) for key, text in given["scores"].items()}, ON)
            answers[wanted] = str(sheet.total) if wanted == "score" else list(sheet.missing)
            rests += [part.basis for part in sheet.parts]
        elif wanted == "refused":
            facts = {key: Decimal(text) for key, text in given["facts"].items()}
            verdicts = admit(pack, "application", facts, {}, on=ON)
            answers["refused"] = [f"{one.key} {one.strength}" for one in verdicts if not one.allowed]
            rests += [basis for one in verdicts for basis in one.basis]
        elif wanted in ("in_full", "meal_days"):
            verdict = school_pays(pack, ProgrammeLevel(given["level"]), int(given["training_days"]), ON)
            answers[wanted] = str(verdict.facts[wanted]).lower()
            rests += verdict.basis
        else:
            raise AssertionError(f"a case cannot expect {wanted!r}")
    return answers, rests


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(library: Library, case: Case) -> None:
    content = case.content
    pack = library.resolve(case.pack, content["kind"])
    answers, rests = _answer(pack, content["given"], content["expect"])
    assert answers == content["expect"]
    if "cites" in content:
        assert content["cites"] in {basis.clause for basis in rests}
    if "setting" in content:
        assert [(basis.clause, basis.setting) for basis in rests] == [(None, content["setting"])]


def test_every_pack_has_cases() -> None:
    assert sorted({case.pack for case in CASES}) == Library(PACKS).names()


def test_no_two_cases_say_the_same_sentence() -> None:
    sentences = [str(case) for case in CASES]
    assert sorted(set(sentences)) == sorted(sentences)
