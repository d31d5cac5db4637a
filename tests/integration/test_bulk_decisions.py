"""Many steps decided in one go at the command line: each in a transaction of its own, each with its own code."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from ledger import bulk
from ledger.bulk import Pick, decide_each
from ledger.queries.choices import StepFilter, choices
from ledger.review import decide_step
from models.act import SYSTEM, Act
from models.office import AuditEvent, Wake
from models.programme import Phase, Programme
from models.review import ApprovalStep, Decision, OneTimeCode
from models.states import DecisionOutcome, ReviewSubject
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from tests.integration.cli_world import PDF, Answer, paper, songjiao
from tests.integration.sample_world import COMMISSION, COUNTY, World

SCAN = "签批页.pdf"


@dataclass
class Day:
    """A deadline day: several programmes wait for the county."""

    office: Settings
    world: World
    refs: list[str]

    def codes(self, kind: str = COUNTY) -> dict[str, str]:
        """The codes that a body's person was sent, by programme."""
        with reading(self.office) as act:
            rows = act.session.exec(
                select(Programme.ref, OneTimeCode)
                .join(ApprovalStep, col(ApprovalStep.programme_id) == col(Programme.id))
                .join(OneTimeCode, col(OneTimeCode.step_id) == col(ApprovalStep.id))
                .where(ApprovalStep.state == "open", OneTimeCode.person_id == self.world.ids[kind])
            ).all()
            return {ref: act.code_of(code.step_id, code.person_id, code.nonce) for ref, code in rows}

    def file(self, folder: Path, rows: Mapping[str, str], *heads: str) -> Path:
        """A CSV of programmes and codes."""
        text = io.StringIO()
        csv.writer(text).writerows([*([heads] if heads else []), *rows.items()])
        return paper(folder, "codes.csv", text.getvalue())

    def decide(self, all_of: object, *more: object, who: str | None = None) -> Answer:
        """`approval decide --all-of …` by the county's person."""
        return songjiao(
            "approval", "decide", "--all-of", all_of, "--as", who or self.world.refs[COUNTY], *more, lang="en"
        )

    def decided(self) -> list[tuple[str, str, str]]:
        """What was decided so far: programme, subject, outcome."""
        with reading(self.office) as act:
            rows = act.session.exec(
                select(Programme.ref, ApprovalStep.subject, Decision.outcome)
                .join(ApprovalStep, col(ApprovalStep.programme_id) == col(Programme.id))
                .join(Decision, col(Decision.step_id) == col(ApprovalStep.id))
                .order_by(col(Decision.id))
            ).all()
            return [(str(ref), str(subject), str(outcome)) for ref, subject, outcome in rows]

    def attempts(self) -> list[str]:
        """Why attempts were refused, in order."""
        with reading(self.office) as act:
            rows = act.session.exec(
                select(AuditEvent).where(AuditEvent.kind == "decision_refused").order_by(col(AuditEvent.number))
            ).all()
            return [str(row.facts["why"]) for row in rows]


@pytest.fixture
def deadline_day(sqlite_office: Settings) -> Day:
    """Three programmes wait for the county's decision."""
    world = World(sqlite_office, "1").build()
    return Day(sqlite_office, world, [world.apply(f"示例{name}")[1] for name in "甲乙丙"])


def test_a_file_of_programmes_and_codes_decides_them_all(deadline_day: Day, tmp_path: Path) -> None:
    file = deadline_day.file(tmp_path, deadline_day.codes())
    answer = deadline_day.decide(file, "--decision", "approve")
    assert (answer.status, answer.out.splitlines()[-1]) == (0, "3 decided, 0 not decided")
    assert deadline_day.decided() == [(ref, "application", "approve") for ref in deadline_day.refs]


def test_one_wrong_code_stops_nobody_else_and_is_an_attempt(deadline_day: Day, tmp_path: Path) -> None:
    first, second, third = deadline_day.refs
    codes = deadline_day.codes()
    codes[second] = "00000000" if codes[second] != "00000000" else "00000001"
    answer = deadline_day.decide(deadline_day.file(tmp_path, codes, "ref", "code"), "--decision", "approve")
    assert answer.status == 1
    assert answer.err == f"{second}: the code is wrong (4 tries left)\n"
    assert answer.out.splitlines()[-1] == "2 decided, 1 not decided"
    assert [ref for ref, _, _ in deadline_day.decided()] == [first, third]
    assert deadline_day.attempts() == ["wrong-code"]


def test_a_filter_chooses_among_what_waits_for_this_person(deadline_day: Day, tmp_path: Path) -> None:
    first, second, _ = deadline_day.refs
    codes = deadline_day.file(tmp_path, deadline_day.codes())
    answer = deadline_day.decide(
        f"programme={first},programme={second},subject=application,tier=county",
        *("--codes", codes, "--decision", "reject", "--comment", "示例:不符合规划", "--json"),
    )
    assert (answer.status, [one["programme"] for one in answer.data["decided"]]) == (0, [first, second])
    assert deadline_day.decided() == [(first, "application", "reject"), (second, "application", "reject")]
    nothing = deadline_day.decide("tier=centre", "--codes", codes, "--decision", "approve")
    assert (nothing.status, nothing.out) == (1, "")
    assert nothing.err.startswith("no step that fits waits for your decision (1 wait in all")


def test_a_dry_run_lists_and_changes_nothing(deadline_day: Day, tmp_path: Path) -> None:
    first, second, third = deadline_day.refs
    file = deadline_day.file(tmp_path, {first: deadline_day.codes()[first], third: "", "CQ-1999-0001": "1"})
    listed = deadline_day.decide(file, "--decision", "approve", "--dry-run", "--json")
    assert listed.status == 0
    assert [(one["programme"], one["tier"], one["may"], one["code"]) for one in listed.data["chosen"]] == [
        (first, "1/1", ["approve", "return", "reject"], True),
        (third, "1/1", ["approve", "return", "reject"], False),
    ]
    assert [(one["programme"], one["en"]) for one in listed.data["refused"]] == [
        ("CQ-1999-0001", "line 3: no step waits for your decision")
    ]
    shown = deadline_day.decide("until=2099-12-31", "--dry-run")
    assert [row[0] for row in shown.rows] == [first, second, third]
    none = deadline_day.decide("until=2020-01-01", "--dry-run")
    assert (none.status, none.rows) == (0, [])
    assert (deadline_day.decided(), deadline_day.attempts()) == ([], [])


def test_another_persons_steps_are_not_offered(deadline_day: Day, tmp_path: Path) -> None:
    file = deadline_day.file(tmp_path, deadline_day.codes())
    answer = deadline_day.decide(file, "--decision", "approve", who=deadline_day.world.refs[COMMISSION])
    assert answer.status == 1
    assert answer.out == "0 decided, 3 not decided\n"
    assert (deadline_day.decided(), deadline_day.attempts()) == ([], [])


def test_rows_may_decide_differently_and_what_has_no_code_is_left_alone(deadline_day: Day, tmp_path: Path) -> None:
    first, second, third = deadline_day.refs
    codes = deadline_day.codes()
    file = paper(
        tmp_path,
        "codes.yaml",
        f"- {{ref: {first}, code: '{codes[first]}'}}\n"
        f"- {{ref: {second}, code: '{codes[second]}', decision: 退回修改, comment: 示例:课时不足}}\n"
        f"- {third}\n",
    )
    answer = deadline_day.decide(file, "--decision", "approve")
    assert (answer.status, answer.err) == (1, f"{third}: no code was given; it was left alone\n")
    assert deadline_day.decided() == [(first, "application", "approve"), (second, "application", "return")]
    assert deadline_day.attempts() == []


def test_a_code_that_lost_its_noughts_in_a_spreadsheet_is_taken(deadline_day: Day, tmp_path: Path) -> None:
    with transaction(SYSTEM, office=deadline_day.office) as act:
        row = act.session.exec(select(OneTimeCode)).first()
        assert row is not None
        ref = act.session.get_one(Programme, act.session.get_one(ApprovalStep, row.step_id).programme_id).ref
        number = next(
            number for number in range(10_000) if act.code_of(row.step_id, row.person_id, str(number)).startswith("0")
        )
        row.nonce = str(number)
        act.session.add(row)
    code = deadline_day.codes()[ref].lstrip("0")
    assert deadline_day.decide(deadline_day.file(tmp_path, {ref: code}), "--decision", "approve").status == 0


def test_a_tier_that_only_files_is_not_asked_to_approve(deadline_day: Day) -> None:
    [choice] = [one for one in _choices(deadline_day) if one.programme == deadline_day.refs[0]]
    filing = choice.model_copy(update={"outcomes": [DecisionOutcome.FILE]})
    picks = [Pick(choice=filing, outcome=DecisionOutcome.APPROVE, code="12345678")]
    done = decide_each(lambda key: transaction(SYSTEM, key), picks, deadline_day.world.refs[COUNTY])
    assert [one.en for one in done.refused] == ["this tier does not decide so; it may: file"]
    assert deadline_day.attempts() == []


def _choices(day: Day, key: str | None = None) -> list[bulk.Choice]:
    with reading(day.office) as act:
        return choices(act, day.world.refs[COUNTY], key)


# --- one key, one go ------------------------------------------------------------------------------------------------


def test_the_same_go_again_under_its_key_decides_nothing_twice_and_says_the_same(
    deadline_day: Day, tmp_path: Path
) -> None:
    first, second, third = deadline_day.refs
    codes = deadline_day.codes()
    half = deadline_day.file(tmp_path, {first: codes[first], second: "11111111"})
    go = ("--decision", "approve", "--key", "day-1", "--json")
    before = deadline_day.decide(half, *go)
    assert [len(before.data[name]) for name in ("decided", "refused")] == [1, 1]
    whole = deadline_day.file(tmp_path, codes)  # put right: the wrong code, and one more
    again = deadline_day.decide(whole, *go)
    assert again.status == 0
    assert [(one["programme"], one["before"]) for one in again.data["decided"]] == [
        (first, True),
        (second, False),
        (third, False),
    ]
    assert deadline_day.decided() == [(ref, "application", "approve") for ref in deadline_day.refs]
    by_filter = deadline_day.decide("subject=application", *go)
    assert (by_filter.status, [one["before"] for one in by_filter.data["decided"]]) == (0, [True] * 3)
    told = deadline_day.decide("subject=application", "--decision", "approve", "--key", "day-1").out
    assert told.splitlines()[-1] == "3 decided (3 of them before), 0 not decided"
    assert len(deadline_day.decided()) == 3


def test_a_key_decides_a_matter_once_whatever_opens_next(deadline_day: Day, tmp_path: Path) -> None:
    """A go that is repeated must not take its answer for the next tier's."""
    ref = deadline_day.refs[0]
    file = deadline_day.file(tmp_path, {ref: deadline_day.codes()[ref]})
    returned = deadline_day.decide(file, "--decision", "return", "--comment", "示例", "--key", "day-1")
    assert returned.status == 0
    with transaction(SYSTEM, office=deadline_day.office) as act:  # the corrected version waits for the county again
        step = act.session.exec(select(ApprovalStep).where(ApprovalStep.state == "decided")).one()
        act.session.add(ApprovalStep(**(step.model_dump(exclude={"id"}) | {"state": "open", "number": 9})))
        act.session.flush()
        fresh = act.session.exec(select(ApprovalStep).where(ApprovalStep.number == 9)).one()
        code = act.session.exec(select(OneTimeCode).where(OneTimeCode.step_id == step.id)).first()
        assert code is not None
        act.session.add(OneTimeCode(**(code.model_dump(exclude={"id"}) | {"step_id": fresh.id, "used_at": None})))
    again = [one for one in _choices(deadline_day, "day-1") if one.programme == ref]
    assert [(one.tier, one.before) for one in again] == [(1, True)]
    other = [one for one in _choices(deadline_day, "day-2") if one.programme == ref]
    assert [(one.tier, one.before) for one in other] == [(9, False)]


def test_a_key_that_decided_otherwise_is_named(deadline_day: Day, tmp_path: Path) -> None:
    ref = deadline_day.refs[0]
    file = deadline_day.file(tmp_path, {ref: deadline_day.codes()[ref]})
    assert deadline_day.decide(file, "--decision", "approve", "--key", "day-1").status == 0
    other = deadline_day.decide(file, "--decision", "reject", "--comment", "示例", "--key", "day-1")
    assert other.status == 1
    assert "was used for decide-step before" in other.err
    assert deadline_day.decided() == [(ref, "application", "approve")]


def test_a_go_that_a_trouble_ends_goes_on_under_its_key(deadline_day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = deadline_day.codes()
    picks = [
        Pick(choice=one, outcome=DecisionOutcome.APPROVE, code=codes[one.programme]) for one in _choices(deadline_day)
    ]
    number = iter(range(100))

    def breaks(act: Act, *said: object) -> object:
        if next(number) == 1:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))
        return decide_step(act, *said)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk, "decide_step", breaks)
    go = {"begin": lambda key: transaction(SYSTEM, key), "person_ref": deadline_day.world.refs[COUNTY], "key": "day-1"}
    done = decide_each(picks=picks, **go)  # type: ignore[arg-type]
    assert (len(done.decided), done.refused) == (1, [])
    assert done.stopped == f"{deadline_day.refs[1]}: database or disk is full"
    done = decide_each(picks=picks, **go)  # type: ignore[arg-type]
    assert (len(done.decided), done.refused, done.stopped) == (3, [], None)
    assert len(deadline_day.decided()) == 3


def test_two_goes_at_once_decide_once_and_the_later_one_says_so(deadline_day: Day) -> None:
    """Both looked at the steps before either decided one."""
    codes = deadline_day.codes()
    picks = [
        Pick(choice=one, outcome=DecisionOutcome.APPROVE, code=codes[one.programme]) for one in _choices(deadline_day)
    ]
    go = {"begin": lambda key: transaction(SYSTEM, key), "person_ref": deadline_day.world.refs[COUNTY]}
    first, later = (decide_each(picks=picks, key="day-1", **go) for _ in range(2))  # type: ignore[arg-type]
    assert [[one.before for one in done.decided] for done in (first, later)] == [[False] * 3, [True] * 3]
    for key in (None, "day-2"):  # another command is another act: what is decided is not decided again
        other = decide_each(picks=picks, key=key, **go)  # type: ignore[arg-type]
        assert (other.decided, len(other.refused)) == ([], 3)
    assert len(deadline_day.decided()) == 3


# --- on behalf ------------------------------------------------------------------------------------------------------


def test_a_clerk_records_one_stamped_page_for_all(deadline_day: Day, tmp_path: Path) -> None:
    from ledger.people import add_person

    with transaction(SYSTEM, office=deadline_day.office) as act:
        clerk = add_person(act, "示例·经办", "示例区教委1", ("clerk",), email="clerk@example.org")
    deadline_day.world.ids["clerk"] = clerk.id  # type: ignore[assignment]
    more = [deadline_day.world.apply(f"示例{name}")[1] for name in "丁戊"]
    codes = {ref: code for ref, code in deadline_day.codes("clerk").items() if ref in more}
    answer = deadline_day.decide(
        deadline_day.file(tmp_path, codes),
        *("--decision", "approve", "--on-behalf-of", "示例·钱主任", "--scan", paper(tmp_path, SCAN, PDF)),
        who=clerk.ref,
    )
    assert answer.status == 0, answer.err
    with reading(deadline_day.office) as act:
        rows = act.session.exec(select(Decision.door, Decision.on_behalf_of, Decision.document_id)).all()
    assert len({document for _, _, document in rows}) == 1
    assert [(door, name) for door, name, _ in rows] == [("on-behalf", "示例·钱主任")] * 2


# --- usage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("tier", "--decision", "approve"), "tier: no such file, and no filter (tier=centre)"),
        (("level=3", "--decision", "approve"), "--all-of: 'level=3' is not understood; write name=value, with one of"),
        (("until=morgen", "--decision", "approve"), "morgen is not a day; write it as 2026-03-23"),
        (("tier=1", "CQ-2027-0001", "--decision", "approve"), "--all-of goes with neither a programme nor --code"),
        (("tier=1", "--key", "x" * 180, "--decision", "approve"), "--key has at most 163 signs"),
    ],
)
def test_what_cannot_be_meant_is_said(deadline_day: Day, more: tuple[str, ...], words: str) -> None:
    answer = deadline_day.decide(*more)
    assert answer.status in (1, 2)
    assert words in " ".join(answer.err.split())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "ref,code,when\nCQ-1,2,3\n",
            "codes.csv:1: unknown column 'when'; known are ref, code, decision, comment, subject",
        ),
        ("ref,decision\nCQ-1,maybe\n", "codes.csv:2: decision 'maybe' is none of approve, return, reject, file"),
        ("code,ref\n12345678,\n", "codes.csv:2: the programme is missing (ref)"),
        ("", "codes.csv: is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(
    deadline_day: Day, tmp_path: Path, content: str, words: str
) -> None:
    answer = deadline_day.decide(paper(tmp_path, "codes.csv", content), "--decision", "approve")
    assert (answer.status, answer.err.strip()) == (1, words)


def test_without_all_of_the_programme_and_the_decision_are_asked_for(deadline_day: Day) -> None:
    answer = songjiao("approval", "decide", "--as", deadline_day.world.refs[COUNTY], lang="en")
    assert answer.status == 2
    assert "name the programme and --decision" in answer.err


def test_a_filter_fits_by_words_numbers_and_signs(deadline_day: Day) -> None:
    [one, *_] = _choices(deadline_day)
    plan = one.model_copy(
        update={"subject": ReviewSubject.PLAN.value, "role_key": "municipal-teacher-development-centre", "tier": 2}
    )
    fitting = [{}, {"tier": ("centre",)}, {"tier": ("2",)}, {"subject": ("plan",)}, {"programme": ("cq-*",)}]
    assert [StepFilter(**given).fits(plan) for given in fitting] == [True] * 5  # type: ignore[arg-type]
    not_fitting = [{"tier": ("1",)}, {"subject": ("award",)}, {"host": ("示例别处",)}, {"programme": ("SL-*",)}]
    assert [StepFilter(**given).fits(plan) for given in not_fitting] == [False] * 4  # type: ignore[arg-type]


# --- wakes ----------------------------------------------------------------------------------------------------------


def test_two_hundred_acts_on_twenty_programmes_leave_one_wake_a_run(sqlite_office: Settings) -> None:
    world = World(sqlite_office, "1").build()
    for number in range(20):
        world.apply(f"示例{number}")
    day = Day(sqlite_office, world, [])
    offered, codes = _choices(day), day.codes()
    assert len(offered) == 20
    wrong = [
        Pick(choice=one, outcome=DecisionOutcome.APPROVE, code=codes[one.programme], comment="")
        for one in offered
        for _ in range(9)
    ]
    # a return without its comment is refused nine times over, each an attempt that wakes the run; then all are decided
    returns = [pick.model_copy(update={"outcome": DecisionOutcome.RETURN}) for pick in wrong]
    go = {"begin": lambda key: transaction(SYSTEM, key), "person_ref": world.refs[COUNTY]}
    assert len(decide_each(picks=returns, **go).refused) == 180  # type: ignore[arg-type]
    assert len(decide_each(picks=wrong[::9], **go).decided) == 20  # type: ignore[arg-type]
    with reading(sqlite_office) as act:
        wakes = act.session.exec(select(Wake.programme_id, Wake.phase_id).where(col(Wake.done_at).is_(None))).all()
        carriers = act.session.exec(select(Phase.programme_id, Phase.id)).all()
        whole = [(programme_id, None) for programme_id in act.session.exec(select(Programme.id)).all()]
    assert sorted(map(str, wakes)) == sorted(map(str, [*carriers, *whole]))
