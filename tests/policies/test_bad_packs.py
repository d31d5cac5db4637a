"""A bad pack fails with file, line, key, what is wrong and what to do; every problem at once."""

from pathlib import Path

import pytest

from policies.loader import Library
from policies.problems import PackError

from .conftest import PACKS, SMALL, Break, problems_of

RULE = "- {from: 2020-01-06, value: 7, cites: CQ2021-6.11}"
TIER = "{role: county-education-authority, action: approve"

ADOPTS = "adopts:\n  - {{pack: {}, kinds: [blended], parts: [stages], because: {{zh: 示例, en: sample}}}}\n"

CASES: list[tuple[str, tuple[tuple[str, str], ...], list[str]]] = [
    (
        "an unknown key names the nearest",
        (("    unit: calendar_day", "    unti: calendar_day"),),
        [
            "small-2021.yaml:18: rules.archive.due.unit: the key 'unit' is missing; add it",
            "small-2021.yaml:20: rules.archive.due.unti: unknown key 'unti'; did you mean unit?",
        ],
    ),
    (
        "a key that stands twice names both lines",
        (("region_code: XS", "region_code: XS\nregion_code: XT"),),
        [
            "small-2021.yaml:5: region_code: stands here a second time (first on line 4); keep one of the two",
        ],
    ),
    (
        "a value without a clause is no law",
        ((RULE, "- {from: 2020-01-06, value: 7}"),),
        [
            ("small-2021.yaml:23: rules.archive.due.values[0]: the value cites no clause; "
            "add `cites:`, or move the rule to `settings` with its `why`"),
        ],
    ),
    (
        "a clause that does not exist names the nearest",
        ((RULE, "- {from: 2020-01-06, value: 7, cites: CQ2021-6.111}"),),
        [
            ("small-2021.yaml:23: rules.archive.due.values[0].cites: there is no clause 'CQ2021-6.111' in "
            "regulations/clauses.yaml; did you mean CQ2021-6.11?"),
        ],
    ),
    (
        "a clause of another region is not this region's law",
        ((RULE, "- {from: 2020-01-06, value: 7, cites: HN2023-2.2.7}"),),
        [
            ("small-2021.yaml:23: rules.archive.due.values[0].cites: HN2023-2.2.7 is a clause of HN2023, not of "
            "CQ2021; cite this region's own clause, or adopt from the pack of that source"),
        ],
    ),
    (
        "an office setting does not dress as law",
        (("- {from: 2020-01-06, value: 9}", "- {from: 2020-01-06, value: 9, cites: CQ2021-6.11}"),),
        [
            ("small-2021.yaml:48: settings.message.hour.values[0].cites: an office setting cites a clause as if it "
            "were law; move the rule to `rules`, or name the model under `like:`"),
        ],
    ),
    (
        "a unit that is not in the list",
        (("    unit: calendar_day", "    unit: calendar_days"),),
        [
            "small-2021.yaml:20: rules.archive.due.unit: unknown unit 'calendar_days'; did you mean calendar_day?",
        ],
    ),
    (
        "a value that does not fit its unit",
        ((RULE, "- {from: 2020-01-06, value: no, cites: CQ2021-6.11}"),),
        [
            ("small-2021.yaml:23: rules.archive.due.values[0].value: 'no' is not a whole number (unit calendar_day); "
            "correct the value or the unit"),
        ],
    ),
    (
        "days that do not ascend",
        ((RULE, f"{RULE}\n      - {{from: 2020-01-06, value: 8, cites: CQ2021-6.11}}"),),
        [
            ("small-2021.yaml:24: rules.archive.due.values[1].from: 2020-01-06 does not come after 2020-01-06; "
            "put the days in ascending order"),
        ],
    ),
    (
        "a gap before the first value",
        ((RULE, "- {from: 2021-01-01, value: 7, cites: CQ2021-6.11}"),),
        [
            ("small-2021.yaml:23: rules.archive.due.values[0].from: there is no value from 2020-01-06 (holds_from) to "
            "2021-01-01; begin with the day on which the pack holds"),
        ],
    ),
    (
        "a role that nobody has",
        ((TIER, "{role: county-education-autority, action: approve"),),
        [
            ("small-2021.yaml:55: approval[0].tiers[0].role: no role 'county-education-autority' stands under `roles`; "
            "did you mean county-education-authority?"),
        ],
    ),
    (
        "an action that no tier takes",
        ((TIER, "{role: county-education-authority, action: aprove"),),
        ["small-2021.yaml:55: approval[0].tiers[0].action: 'aprove' is not allowed here; did you mean approve?"],
    ),
    (
        "weights that do not sum to one",
        (("- {from: 2020-01-06, value: 1, cites: CQ2021-9.3}", "- {from: 2020-01-06, value: 0.9, cites: CQ2021-9.3}"),),
        ["small-2021.yaml:74: evaluation.sources: the weights sum to 0.9 on 2020-01-06; they must sum to 1"],
    ),
    (
        "phases that wait for each other",
        (("per: session, opens_after: [review]", "per: session, opens_after: [archive]"),),
        [
            ("small-2021.yaml:59: phases[2].opens_after: phases wait for each other: delivery → archive → delivery; "
            "cut the circle"),
        ],
    ),
    (
        "a phase that nothing carries",
        (("flow: delivery,", "flow: delivry,"),),
        ["small-2021.yaml:59: phases[2].flow: no flow 'delivry'; did you mean delivery?"],
    ),
    (
        "a document that nobody can hand in",
        (("met_by: archive-documents", "met_by: archive-document"),),
        [
            ("small-2021.yaml:64: obligations[0].met_by: nothing is handed in or done as 'archive-document'; "
            "did you mean archive-documents?"),
        ],
    ),
    (
        "a setting that nothing reads",
        (("  message.hour:", "  message.hours:"),),
        [
            (
                "small-2021.yaml:29: settings: the setting 'message.hour' is missing; "
                "add it: the code reads it in every pack"
            ),
            "small-2021.yaml:43: settings.message.hours: nothing reads it; use it in the structure, or take it out",
        ],
    ),
    (
        "a ladder that goes down",
        (("{days: 1, rung: chase", "{days: -4, rung: chase"),),
        ["small-2021.yaml:70: ladders[0].rungs[1].days: day -4 does not come after day -3; order the rungs"],
    ),
    (
        "a part that rests on nothing",
        (("en: delivery}, flow: delivery, per: session, opens_after: [review], why: Sample.}",
          "en: delivery}, flow: delivery, per: session, opens_after: [review]}"),),
        [
            ("small-2021.yaml:59: phases[2]: rests on nothing; add `cites:` with its clause, or `why:` if the office "
            "chose it"),
        ],
    ),
    (
        "a day that the calendar does not have",
        (("holds_from: 2020-01-06", "holds_from: 2020-02-30"),),
        ["small-2021.yaml:6: holds_from: '2020-02-30' is not a day of the calendar; write one, such as 2020-01-06"],
    ),
    (
        "a day in another order",
        (("holds_from: 2020-01-06", "holds_from: 20200106"),),
        ["small-2021.yaml:6: holds_from: '20200106' is not a day; write it as 2020-01-06"],
    ),
    (
        "an adoption of what is not there",
        (("rules:\n", f"{ADOPTS.format('shulan-2018')}rules:\n"),),
        ["small-2021.yaml:18: adopts[0].pack: there is no other pack 'shulan-2018'; did you mean shulan-2017?"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "changes", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_bad_pack_says(
    broken: Break, sentence: str, changes: tuple[tuple[str, str], ...], expected: list[str]
) -> None:
    assert [str(problem) for problem in broken(*changes)] == expected


def test_the_small_pack_itself_breaks_no_contract(broken: Break) -> None:
    assert [str(problem) for problem in broken()] == []


def test_a_number_other_than_the_clauses_is_found(broken: Break) -> None:
    problems = broken((RULE, "- {from: 2020-01-06, value: 8, cites: CQ2021-6.11}"), against_clauses=True)
    assert next(str(problem) for problem in problems) == (
        "small-2021.yaml:23: rules.archive.due.values[0].value: CQ2021-6.11 says 7 (days_after_end), the pack says 8; "
        "write what the clause says"
    )


def test_a_number_that_the_clause_does_not_give_asks_for_its_reading(broken: Break) -> None:
    problems = broken((RULE, "- {from: 2020-01-06, value: 8, cites: CQ2021-6.7}"))
    assert [str(problem) for problem in problems] == [
        (
            "small-2021.yaml:23: rules.archive.due.values[0].value: CQ2021-6.7 states no number in calendar days; "
            "move the rule to `settings`, or say under `reading` how the clause was read"
        )
    ]


FIXED = (
    ("    unit: calendar_day\n    counted_from: programme.ended_on\n", "    unit: fixed_day\n"),
    (RULE, "- {from: 2020-01-06, value: DAY, cites: CQ2021-6.11}"),
)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2023-02-29", "'2023-02-29' is not a day such as 2023-11-20 (unit fixed_day)"),
        ("20231120", "'20231120' is not a day such as 2023-11-20 (unit fixed_day)"),
        ("2023-11-20", "CQ2021-6.11 says no day (day), the pack says 2023-11-20"),
    ],
)
def test_a_fixed_day_is_a_day_and_the_clauses_own(broken: Break, day: str, said: str) -> None:
    changes = [(old, new.replace("DAY", day)) for old, new in FIXED]
    assert said in " ".join(one.what for one in broken(*changes, against_clauses=True))


def test_tiers_other_than_the_clauses_are_found(broken: Break) -> None:
    problems = broken((TIER, "{role: host-institution, action: approve"), against_clauses=True)
    assert [str(one) for one in problems if "2.2 says" in one.what] == [
        (
            "small-2021.yaml:54: approval[0].tiers: CQ2021-2.2 says county-education-authority approve (tiers), the "
            "pack says host-institution approve; write what the clause says"
        )
    ]


def test_all_problems_come_at_once(broken: Break) -> None:
    problems = broken(
        ("    unit: calendar_day", "    unit: fortnight"),
        ("region_code: XS", "region_cod: XS"),
        ("cites: CQ2021-2.2\n", "cites: CQ2021-22\n"),
    )
    assert [problem.line for problem in problems] == [1, 4, 20, 53]


def test_a_library_refuses_a_bad_pack_with_all_its_problems(tmp_path: Path) -> None:
    path = tmp_path / "small-2021.yaml"
    path.write_text(SMALL.replace("\nkinds:", "\nkids:"), encoding="utf-8")
    with pytest.raises(PackError) as caught:
        Library(PACKS).load_file(path)
    assert str(caught.value).splitlines() == [
        "small-2021.yaml:1: kinds: the key 'kinds' is missing; add it",
        "small-2021.yaml:11: kids: unknown key 'kids'; did you mean kinds?",
    ]


def test_packs_that_adopt_from_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "regulations").symlink_to(PACKS / "regulations")
    for mine, theirs in (("one-2021", "two-2021"), ("two-2021", "one-2021")):
        adopts = ADOPTS.format(theirs)
        text = SMALL.replace("pack: small-2021", f"pack: {mine}").replace("rules:\n", f"{adopts}rules:\n", 1)
        (tmp_path / f"{mine}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PackError) as caught:
        Library(tmp_path).load("one-2021")
    assert str(caught.value) == (
        "one-2021.yaml:18: adopts[0].pack: pack 'two-2021' cannot be used (1 problem of its own, the first: "
        "adopts[0].pack: 'one-2021' adopts from this pack in turn); run `songjiao policy check two-2021.yaml`"
    )


def test_a_pack_is_named_as_its_file(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, SMALL.replace("pack: small-2021", "pack: little-2021"), against_clauses=False)
    assert [str(problem) for problem in problems] == [
        "small-2021.yaml:1: pack: the pack is named 'little-2021', its file small-2021.yaml; give both one name"
    ]
