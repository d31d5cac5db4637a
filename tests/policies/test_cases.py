"""The worked cases of the packs (policies/cases/<pack>/*.yaml): sentences of policy people, answered by the rules.

A case gives facts and expects answers; `rules.cases` and `rules.case_questions` say which. `cites` (clauses) or `setting`
(an id) is what the answers must rest on.
"""

import pytest

from policies.loader import Library
from policies.schema import Pack
from policies.worked import Case, worked
from rules.cases import NoQuestion, answer, right

from .conftest import PACKS

NAMES = sorted(path.name for path in (PACKS / "cases").iterdir() if path.is_dir())
CASES = [case for name in NAMES for case in worked(PACKS, name).cases]


def _pack(library: Library, case: Case) -> Pack:
    return library.resolve(case.pack, case.kind) if case.kind else library.load(case.pack)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(library: Library, case: Case) -> None:
    found = answer(_pack(library, case), case)
    assert found.answers == dict(case.expect)
    assert right(case, found), found.basis


@pytest.mark.parametrize("name", NAMES)
def test_the_files_of_cases_can_be_read(name: str) -> None:
    assert worked(PACKS, name).problems == ()


def test_every_pack_has_cases() -> None:
    assert Library(PACKS).names() == NAMES


def test_no_two_cases_say_the_same_sentence() -> None:
    sentences = [str(case) for case in CASES]
    assert sorted(set(sentences)) == sorted(sentences)


def test_a_case_that_no_rule_answers_says_so(library: Library) -> None:
    pack = library.load("chongqing-2021")
    case = Case("chongqing-2021", "x.yaml", 1, "示例", None, (), None, {}, {"weather": "fine"})
    with pytest.raises(NoQuestion, match="a case cannot expect 'weather'"):
        answer(pack, case)
    short = Case("chongqing-2021", "x.yaml", 1, "示例", None, (), None, {"work_out": "scope"}, {"result": "true"})
    with pytest.raises(NoQuestion, match="`result` needs 'facts' under `given`"):
        answer(pack, short)


def test_a_wrong_answer_and_a_clause_it_does_not_rest_on_are_not_right(library: Library) -> None:
    pack = library.load("chongqing-2021")
    given, expect = {"work_out": "scope", "facts": {"school_kinds": ["primary"]}}, {"result": "true"}
    case = Case("chongqing-2021", "x.yaml", 1, "示例", None, ("CQ2021-0.1",), None, given, expect)
    assert right(case, answer(pack, case))
    other = Case("chongqing-2021", "x.yaml", 1, "示例", None, ("CQ2021-9.1",), None, given, expect)
    assert not right(other, answer(pack, other))
    wrong = Case("chongqing-2021", "x.yaml", 1, "示例", None, (), None, given, {"result": "false"})
    assert not right(wrong, answer(pack, wrong))
