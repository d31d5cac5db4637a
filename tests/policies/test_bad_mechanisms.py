"""What goes wrong in registers, indicators, duties, computations, bars, checks and phases is said so that it can be put right."""

from datetime import date
from pathlib import Path

import pytest

from policies.loader import Library, check_file
from policies.problems import PackError

from .conftest import HERE, PACKS, SMALL

RULES = """  visits.goal:
    says: {zh: 目标, en: goal}
    unit: ratio
    reading: Sample.
    values:
      - {from: 2020-01-06, value: 0.5, cites: CQ2021-6.13}
settings:
  report.every:
    says: {zh: 每, en: every}
    unit: month
    why: Sample.
    values:
      - {from: 2020-01-06, value: 6}
  report.begins:
    says: {zh: 起, en: begins}
    unit: start_day
    why: Sample.
    values:
      - {from: 2020-01-06, value: 01-01}
  report.due:
    says: {zh: 期限, en: due}
    unit: calendar_day
    counted_from: period.ends_on
    why: Sample.
    values:
      - {from: 2020-01-06, value: 0}
"""
WHOLE = SMALL.replace("settings:\n", RULES, 1) + "\n" + (HERE / "mechanisms-2021.yaml").read_text(encoding="utf-8")


def _said(folder: Path, *changes: tuple[str, str]) -> list[str]:
    """What is said of the whole pack after some changes, without file and line; each line is that of its place."""
    text = WHOLE
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    path = folder / "small-2021.yaml"
    path.write_text(text, encoding="utf-8")
    problems = [one for one in check_file(path, PACKS) if " says " not in one.what and " has no list " not in one.what]
    assert all(one.file == "small-2021.yaml" and one.line > 0 for one in problems)
    return [str(one).partition(": ")[2] for one in problems]


def test_the_whole_pack_itself_has_no_problem(tmp_path: Path) -> None:
    assert _said(tmp_path) == []


REGISTER = "numerator: {register: visit, where: {way: site-visit}, sum: money}"
CASES: list[tuple[str, tuple[tuple[str, str], ...], list[str]]] = [
    # --- YAML ---------------------------------------------------------------------------------------------------------
    (
        "a key that stands twice in a register",
        (("    about: programme\n", "    about: programme\n    about: region\n"),),
        ["registers[0].about: stands here a second time (first on line 109); keep one of the two"],
    ),
    ("a flag written as no", (("type: number}", "type: number, required: no}"),),
     ["registers[0].fields[2].required: 'no' is not a flag; write true or false"]),
    ("a list that was left empty", (("choices: [site-visit, meeting]}", "choices: }"),),
     ["registers[0].fields[0].choices: a list is expected, not ''; write it as [a, b]"]),
    ("an unknown key in a bar", (("decided_by: [inspection-panel], cites: CQ2021-6.3",
                                  "desided_by: [inspection-panel], cites: CQ2021-6.3"),),
     ["bars[0].decided_by: the key 'decided_by' is missing; add it",
      "bars[0].desided_by: unknown key 'desided_by'; did you mean decided_by?"]),
    ("an unknown formula", (("formula: weighted-sum", "formula: weighted_sum"),),
     ["computations[0].formula: 'weighted_sum' is not allowed here; did you mean weighted-sum?"]),
    ("an unknown type of a field", (("type: flag", "type: bool"),),
     [("registers[0].fields[4].type: 'bool' is not allowed here; use one of: choice, choices, day, flag, number, "
      "organisation, person, text, whole")]),
    # --- ground -------------------------------------------------------------------------------------------------------
    ("a register that rests on nothing", (("    cites: CQ2021-6.15\n", ""),),
     ["registers[0]: rests on nothing; add `cites:` with its clause, or `why:` if the office chose it"]),
    ("a register of a clause that does not exist", (("    cites: CQ2021-6.15\n", "    cites: CQ2021-6.155\n"),),
     ["registers[0].cites: there is no clause 'CQ2021-6.155' in regulations/clauses.yaml; did you mean CQ2021-6.15?"]),
    ("a further clause that does not exist",
     (("begins: report.begins,", "begins: report.begins, also_cites: [CQ2021-1.77],"),),
     ["duties[0].also_cites[0]: there is no clause 'CQ2021-1.77' in regulations/clauses.yaml; did you mean CQ2021-1.7?"]),
    ("a clause not kept that does not exist", (("clause: CQ2021-10.6", "clause: CQ2021-10.66"),),
     ["not_kept[0].clause: there is no clause 'CQ2021-10.66' in regulations/clauses.yaml; did you mean CQ2021-10.6?"]),
    ("a clause without a value", (("{from: 2020-01-06, value: 0.5, cites: CQ2021-6.13}",
                                   "{from: 2020-01-06, cites: CQ2021-6.13}"),),
     ["rules.visits.goal.values[0].value: the key 'value' is missing; add it"]),
    ("a text that nobody knows", (("source: CQ2021", "source: CQ2012"),),
     ["source: no text 'CQ2012' has clauses in regulations/clauses.yaml; did you mean CQ2021?"]),
    ("a role that stands for another and is none", (("worked_out_by: [inspection-panel],",
     "worked_out_by: [inspection-panel], reading: Sample., stands_for: {inspection-pannel: municipal-education-commission},"),),
     [("computations[0].stands_for.inspection-pannel: no role 'inspection-pannel' stands under `roles`; did you mean "
      "inspection-panel?")]),
    # --- head and keys ------------------------------------------------------------------------------------------------
    ("a time zone that does not exist", (("Asia/Shanghai", "Asia/Shanghia"),),
     ["time_zone: there is no time zone 'Asia/Shanghia'; did you mean Asia/Shanghai?"]),
    ("a code that no number can begin with", (("region_code: XS", "region_code: xs"),),
     ["region_code: 'xs' cannot begin the number of a programme; write two to six capital letters, such as CQ"]),
    ("a key that is no word", (("- {key: barred,", "- {key: 'barred: 1',"),),
     ["bars[0].key: 'barred: 1' is no key; use small letters, digits and dashes, such as site-visit"]),
    # --- values -------------------------------------------------------------------------------------------------------
    ("a first day that is none", (("value: 01-01}", "value: 02-29}"),),
     [("settings.report.begins.values[0].value: '02-29' is not a first day such as 09-01 or 2021-01-01 "
      "(unit start_day); correct the value or the unit")]),
    ("a first day written as a time", (("value: 01-01}", "value: 1:30}"),),
     [("settings.report.begins.values[0].value: '1:30' is not a first day such as 09-01 or 2021-01-01 "
      "(unit start_day); correct the value or the unit")]),
    ("an exception that leaves a gap",
     (("      - {from: 2020-01-06, value: 6}\n", ("      - {from: 2020-01-06, value: 6}\n    exceptions:\n      - "
       "{name: national, when: {fact: programme.level, equals: national}, values: [{from: 2022-01-01, value: 3}]}\n")),),
     [("settings.report.every.exceptions[0].values[0].from: 'national' has no value from 2020-01-06 (holds_from) to "
      "2022-01-01; begin with the day on which the pack holds, and the value of everybody else")]),
    ("weights that do not sum to one", (("meeting: '0.4'", "meeting: '0.5'"),),
     [("computations[0].table: the weights sum to 1.1; they must sum to 1, or say under `reading` how the clause was "
      "read")]),
    ("a weight that is a word", (("meeting: '0.4'", "meeting: rest"),),
     ["computations[0].table.meeting: 'rest' is no weight; write a share of one, such as 0.4"]),
    ("a goal in the wrong unit", (("goal: visits.goal", "goal: report.every"),),
     ["rules.visits.goal: nothing reads it; use it in the structure, or take it out",
      "indicators[0].goal: report.every counts in month; here it must be in ratio"]),
    # --- words and fields ---------------------------------------------------------------------------------------------
    ("a word without a name", (("  meeting: {zh: 座谈, en: meeting}\n", ""),),
     ["registers[0].fields[0].choices: 'meeting' has no name; add it under `words`: meeting: {zh: …, en: …}",
      "computations[0].table.meeting: 'meeting' has no name; add it under `words` with zh and en"]),
    ("a word that never stands in the field", (("where: {way: site-visit}", "where: {way: site-visits}"),),
     ["indicators[0].numerator.where.way: 'site-visits' never stands in the field way; did you mean site-visit?"]),
    ("a flag that is compared with no", (("where: {bad: 'true'}", "where: {bad: no}"),),
     ["bars[0].where.bad: 'no' never stands in the field bad; write true or false"]),
    ("a field that the register does not have", (("where: {bad: 'true'}", "where: {badly: 'true'}"),),
     ["bars[0]: the register visit has no field 'badly'; did you mean bad?"]),
    ("a check for a case that no entry has", (("when: {bad: 'false'}", "when: {badly: 'false'}"),),
     ["checks[0].when.badly: the register visit has no field 'badly'; did you mean bad?"]),
    ("a sum over words", (("sum: money", "sum: way"),),
     ["indicators[0].numerator.sum: way is a choice, no number; sum a field of the type number"]),
    ("a bar that starts on no day", (("starts: on,", "starts: money,"),),
     ["bars[0].starts: the register visit has no day 'money'; use one of: on"]),
    ("a check for a word that cannot be chosen",
     (("numerator: way, words: [site-visit]", "numerator: way, words: [teachers]"),
      ("  meeting: {zh: 座谈, en: meeting}\n", "  meeting: {zh: 座谈, en: meeting}\n  teachers: {zh: 教师, en: teachers}\n")),
     ["checks[0].words[0]: 'teachers' never stands in the field way; use one of: meeting, site-visit"]),
    ("a formula without its table", ((", table: {site-visit: '0.6', meeting: '0.4'}", ""),),
     ["computations[0].table: weighted-sum reads a table; write it under `table`"]),
    ("a formula without its inputs", (("inputs: [scores]", "inputs: []"),),
     ["computations[0].inputs: weighted-sum works with 1 input, 0 named; name the facts that it is worked out from"]),
    # --- roles --------------------------------------------------------------------------------------------------------
    ("a register that nobody keeps", (("    recorded_by: [inspection-panel]\n", "    recorded_by: []\n"),),
     ["registers[0].recorded_by: the list is empty; name at least one"]),
    ("a register of a role that nobody has", (("    recorded_by: [inspection-panel]\n", "    recorded_by: [panel]\n"),),
     [("registers[0].recorded_by[0]: no role 'panel' stands under `roles`; use one of: county-education-authority, "
      "host-institution, inspection-panel, system")]),
    ("a mark of a role that nobody has", (("en: checked}, role: county-education-authority", "en: checked}, role: county"),),
     [("registers[0].marks[0].role: no role 'county' stands under `roles`; use one of: county-education-authority, "
      "host-institution, inspection-panel, system")]),
    ("a duty of a role that nobody has", (("owed_by: county-education-authority, every", "owed_by: county, every"),),
     [("duties[0].owed_by: no role 'county' stands under `roles`; use one of: county-education-authority, "
      "host-institution, inspection-panel, system")]),
    # --- what would never end -----------------------------------------------------------------------------------------
    ("a duty that nothing meets", (("met_by: 'register:visit'", "met_by: 'register:visits'"),),
     ["duties[0].met_by: nothing is 'register:visits'; did you mean register:visit?"]),
    ("a clock that stands for no number of days", (("met_by: 'register:visit'",
                                                    "stop_budget: report.every, met_by: 'register:visit'"),),
     ["duties[0].stop_budget: report.every counts in month; here it must be in calendar_day or working_day"]),
    ("a duty that neither recurs nor follows", (("every: report.every, begins", "begins"),),
     ["settings.report.every: nothing reads it; use it in the structure, or take it out",
      "duties[0]: it recurs (`every`) or follows an entry (`opens_with`); give one of the two",
      "duties[0].due: report.due counts from period.ends_on; count from entry.recorded_on"]),
    ("a phase that waits for itself to close",
     (("closes_when: ['document:archive-documents']", "closes_when: ['phase:archive']"),),
     ["phases[3].closes_when: archive would never close: it waits for archive; cut the circle"]),
    ("a phase that waits for one which opens after it",
     (("per: session, opens_after: [review], why", ("per: session, opens_after: [review], closes_when: ['phase:archive'], "
       "why")),),
     ["phases[2].closes_when: delivery would never close: it waits for archive; cut the circle"]),
    ("scores that nobody gives", ((WHOLE[WHOLE.index("evaluation:\n") : WHOLE.index("words:\n")], ""),
                                  ("closes_when: ['document:archive-documents']", "closes_when: [scores]")),
     ["rules.weight.inspection: nothing reads it; use it in the structure, or take it out",
      "settings.score.decimals: nothing reads it; use it in the structure, or take it out"]),
    ("a list that nobody confirms",
     (("closes_when: ['document:archive-documents']", "closes_when: [list-confirmed]"),),
     [("phases[3].closes_when: archive would never close: no trainees are selected: no phase has the flow selection; add "
      "one, or take list-confirmed out")]),
    ("a stage whose entry nobody may write",
     (("words:\n", ("stages:\n  - {key: stage-1, number: 1, name: {zh: 一, en: one}, owners: [host-institution], why: "
       "Sample., requires: [{key: seen, name: {zh: 视导, en: seen}, register: visit, recorded_by: host-institution, "
       "covers: {way: [site-visits]}, why: Sample.}]}\nwords:\n")),
      ("flow: delivery, per: session,", "flow: training-stage, stage: stage-1, per: session,")),
     ["stages[0].requires[0].covers.way: 'site-visits' never stands in the field way; did you mean site-visit?",
      ("stages[0].requires[0].recorded_by: host-institution does not record in visit, so the stage would never close; "
      "use one of: inspection-panel")]),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "changes", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_bad_mechanism_says(
    tmp_path: Path, sentence: str, changes: tuple[tuple[str, str], ...], expected: list[str]
) -> None:
    assert _said(tmp_path, *changes) == expected


@pytest.mark.parametrize("word", ["no", "on", "yes", "1:30", "2020-01-06", "0x10", "null", "~", "1_000"])
def test_words_of_a_choice_keep_what_they_say(tmp_path: Path, word: str) -> None:
    text = WHOLE.replace("choices: [site-visit, meeting]", f"choices: [site-visit, meeting, {word}]")
    text = text.replace("words:\n", "words:\n  x-word: {zh: 示例, en: " + word + "}\n", 1)
    path = tmp_path / "small-2021.yaml"
    path.write_text(text, encoding="utf-8")
    said = [one.what for one in check_file(path, PACKS)]
    assert [one for one in said if "has no name" in one] == [f"{word!r} has no name"]


def test_a_field_named_on_and_a_bar_on_a_subject_are_words(tmp_path: Path) -> None:
    (tmp_path / "regulations").symlink_to(PACKS / "regulations")
    (tmp_path / "small-2021.yaml").write_text(WHOLE, encoding="utf-8")
    pack = Library(tmp_path).load("small-2021")
    assert ([field.key for field in pack.registers[0].fields][1], pack.bars[0].on) == ("on", "subject")


def test_three_packs_that_adopt_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "regulations").symlink_to(PACKS / "regulations")
    names = ("one-2021", "two-2021", "three-2021")
    for mine, theirs in zip(names, (*names[1:], names[0]), strict=True):
        adopts = (
            f"adopts:\n  - {{pack: {theirs}, kinds: [blended], parts: [stages], because: {{zh: 示例, en: sample}}}}\n"
        )
        text = SMALL.replace("pack: small-2021", f"pack: {mine}").replace("rules:\n", f"{adopts}rules:\n", 1)
        (tmp_path / f"{mine}.yaml").write_text(text, encoding="utf-8")
    for name in names:
        with pytest.raises(PackError, match="adopts from this pack in turn"):
            Library(tmp_path).load(name)


def test_a_value_taken_over_must_hold_from_the_day_of_the_pack(tmp_path: Path) -> None:
    (tmp_path / "regulations").symlink_to(PACKS / "regulations")
    (tmp_path / "shulan-2017.yaml").symlink_to(PACKS / "shulan-2017.yaml")
    adopts = (
        "adopts:\n  - {pack: shulan-2017, kinds: [blended], parts: [travel], roles: {school: host-institution}, "
        "because: {zh: 示例, en: sample}}\n"
    )
    text = SMALL.replace("rules:\n", f"{adopts}rules:\n", 1).replace("2020-01-06", "2016-01-01")
    (tmp_path / "small-2021.yaml").write_text(text, encoding="utf-8")
    said = [str(one) for one in check_file(tmp_path / "small-2021.yaml") if "has no value" in one.what]
    assert len(said) == 2
    assert all("of shulan-2017 has no value from 2016-01-01 (holds_from) to " in one for one in said)
    assert Library(PACKS).load("shulan-2017").holds_from > date(2016, 1, 1)


def test_a_file_of_ten_megabytes_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "small-2021.yaml"
    path.write_bytes(b"# " + b"x" * 10_000_000)
    assert [str(one) for one in check_file(path, PACKS)] == [
        "small-2021.yaml: the file has 10000002 bytes; a pack has at most 1000000; split it"
    ]
