"""The three sample programmes, driven through the ledger alone on a moved clock: every day of theirs comes out as
worked out.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import col, select

from ledger.audit import verify
from models.documents import Obligation, RungFired
from models.office import Message
from models.programme import Phase, Programme, ProgrammeSession
from models.review import Submission
from models.training import Attendance, Ban, EvaluationResult, Nomination
from office.demo.samples import Sample
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from tests.support.road import Road
from tests.support.scenario import ZONE, Drive, nominated, play, sample


def driven(office: Settings, key: str) -> Road:
    """A sample programme from its application to its closed score."""
    drive = Drive.begin(office, key)
    road = Road(drive, sample(key))
    play(drive, road.doings())
    return road


def obligations(road: Road) -> list[tuple[str, int | None, date, str, int]]:
    """What was owed, bulletins and decisions left out: kind, session, due day, state, days late."""
    with reading(road.drive.office) as act:
        numbers = {row.id: row.number for row in act.session.exec(select(ProgrammeSession)).all()}
        rows = act.session.exec(
            select(Obligation).order_by(col(Obligation.due_on), col(Obligation.kind), col(Obligation.id))
        ).all()
        return [
            (row.kind, numbers.get(row.session_id) if row.session_id else None, row.due_on, row.state, row.late_days)
            for row in rows
            if row.kind not in ("weekly-report", "decision")
        ]


def due_days(road: Road, kind: str, session: int | None = None) -> list[date]:
    """The due days of one kind (of one session)."""
    with reading(road.drive.office) as act:
        query = select(Obligation.due_on).where(Obligation.kind == kind)
        if session is not None:
            query = query.join(ProgrammeSession).where(ProgrammeSession.number == session)
        return list(act.session.exec(query.order_by(col(Obligation.due_on), col(Obligation.id))).all())


def phases(road: Road) -> list[tuple[str, str | None, date, date | None]]:
    """Each phase that ran: key, outcome, first and last day; schools of one session together."""
    with reading(road.drive.office) as act:
        rows = act.session.exec(select(Phase).order_by(col(Phase.id))).all()
        return [
            (
                row.key,
                row.outcome,
                row.opened_at.astimezone(ZONE).date(),
                row.closed_at.astimezone(ZONE).date() if row.closed_at else None,
            )
            for row in rows
        ]


def messages(road: Road) -> dict[str, int]:
    """How many messages were queued of each kind, sent or not; nothing else was."""
    with reading(road.drive.office) as act:
        return dict(Counter(act.session.exec(select(Message.kind)).all()))


def rungs(road: Road) -> list[tuple[str, str, date, int]]:
    """The rungs after a due day: kind, rung, day, how many were reached."""
    with reading(road.drive.office) as act:
        rows = act.session.exec(
            select(RungFired, Obligation)
            .join(Obligation, col(Obligation.id) == RungFired.obligation_id)
            .where(RungFired.rung != "remind")
            .order_by(col(RungFired.fired_at), col(RungFired.id))
        ).all()
        return [(o.kind, r.rung, r.fired_at.astimezone(ZONE).date(), r.reached) for r, o in rows]


def score(road: Road) -> Decimal:
    """The closed score."""
    with reading(road.drive.office) as act:
        return act.session.exec(select(EvaluationResult.total)).one()


def bans(road: Road) -> list[date]:
    """Until when teachers are banned."""
    with reading(road.drive.office) as act:
        return sorted(act.session.exec(select(Ban.ends_on)).all())


def hours_of(road: Road) -> Counter[Decimal]:
    """How many trainees have how many credit hours."""
    with reading(road.drive.office) as act:
        rows = act.session.exec(select(Attendance.nomination_id, Attendance.hours)).all()
    by_trainee: Counter[object] = Counter()
    for nomination, hours in rows:
        by_trainee[nomination] += hours  # type: ignore[assignment]
    return Counter(by_trainee.values())  # type: ignore[arg-type]


def test_a_county_schools_programme_runs_from_application_to_score(each_office: Settings) -> None:
    road = driven(each_office, "S01")
    day = date
    assert phases(road) == [
        ("application", "done", day(2025, 12, 8), day(2025, 12, 8)),
        ("application-review", "passed", day(2025, 12, 8), day(2025, 12, 15)),
        ("award", "passed", day(2025, 12, 15), day(2026, 1, 12)),
        ("plan-review", "filed", day(2026, 1, 12), day(2026, 3, 18)),
        ("selection", "done", day(2026, 1, 12), day(2026, 3, 11)),
        ("check-in", "done", day(2026, 1, 12), day(2026, 3, 23)),
        ("stage-1", "done", day(2026, 3, 23), day(2026, 3, 25)),
        ("evaluation", "done", day(2026, 3, 23), day(2026, 11, 26)),
        ("stage-2", "done", day(2026, 3, 25), day(2026, 4, 14)),
        ("stage-2", "done", day(2026, 3, 25), day(2026, 4, 16)),
        ("stage-2", "done", day(2026, 3, 25), day(2026, 4, 21)),
        ("stage-2", "done", day(2026, 3, 25), day(2026, 4, 23)),
        ("stage-3", "done", day(2026, 4, 14), day(2026, 6, 26)),
        ("stage-3", "done", day(2026, 4, 16), day(2026, 6, 26)),
        ("stage-3", "done", day(2026, 4, 21), day(2026, 7, 3)),
        ("stage-3", "done", day(2026, 4, 23), day(2026, 6, 26)),
        ("stage-4", "done", day(2026, 7, 3), day(2026, 9, 16)),
        ("stage-5", "done", day(2026, 9, 16), day(2026, 11, 10)),
        ("archive", "done", day(2026, 11, 10), day(2026, 11, 16)),
    ]
    assert obligations(road) == [
        ("plan-into-review", None, day(2026, 3, 5), "met", 0),
        ("plan-correction", None, day(2026, 3, 12), "met", 0),
        ("check-in-notice", 1, day(2026, 3, 13), "met", 0),
        ("plan-target", None, day(2026, 3, 16), "met", 0),
        ("emergency-plan", 1, day(2026, 3, 20), "met", 0),
        ("needs-survey", None, day(2026, 3, 22), "met", 0),
        ("plan-limit", None, day(2026, 3, 22), "met", 0),
        ("safety-education", 1, day(2026, 3, 23), "met", 0),
        ("record-end", 1, day(2026, 11, 10), "met", 0),
        ("satisfaction-survey", 1, day(2026, 11, 10), "met", 0),
        ("archive", None, day(2026, 11, 17), "met", 0),
    ]
    # The week of the workshop, three weeks of diagnosis, study until the planned 26 June, showcase, review: none in summer.
    assert due_days(road, "weekly-report") == [
        *(day(2026, 3, 30), day(2026, 4, 20), day(2026, 4, 27)),
        *(day(2026, 5, 18), day(2026, 5, 25), day(2026, 6, 1), day(2026, 6, 8), day(2026, 6, 15), day(2026, 6, 22)),
        *(day(2026, 6, 29), day(2026, 9, 21), day(2026, 11, 11)),
    ]
    assert due_days(road, "decision") == [
        *(day(2025, 12, 15), day(2026, 1, 27), day(2026, 3, 12), day(2026, 3, 18), day(2026, 3, 20), day(2026, 3, 24))
    ]
    assert rungs(road) == [("weekly-report", "chase", day(2026, 4, 1), 1)]
    assert messages(road) == {
        "decision-asked": 6,
        "submission-passed": 3,
        "submission-returned": 1,
        "awarded": 1,
        "selection-opened": 5,
        "list-confirmed": 5,
        "started": 2,
        "trainee-returned": 3,
        "stage-opened": 31,
        "programme-ended": 1,
        "evaluation-result": 1,
        "obligation-remind": 19,
        "obligation-chase": 1,
    }
    assert nominated(road.drive, road.ref) == {"finished": 39, "returned": 1, "refused": 2, "alternate": 1}
    assert hours_of(road) == {Decimal(96): 39}
    assert bans(road) == [day(2027, 5, 14), day(2029, 3, 25)]
    assert score(road) == Decimal("89.6")
    assert road.drive.refused == [
        (
            "start",
            "“开班准备与报到”尚缺:实施方案审核通过并报备案、安全应急预案;请补齐。未经审核同意的项目不得开展。 [CQ2021-10.3]",
        )
    ]
    _proves_itself(road)
    _meets(road.sample, road)


def test_a_universitys_programme_runs_in_two_classes_with_a_late_archive(sqlite_office: Settings) -> None:
    road = driven(sqlite_office, "U01")
    day = date
    assert obligations(road) == [
        ("plan-into-review", None, day(2026, 3, 26), "met", 0),
        ("check-in-notice", 1, day(2026, 4, 3), "met", 0),
        ("check-in-notice", 2, day(2026, 4, 3), "met", 0),
        ("plan-target", None, day(2026, 4, 6), "met", 0),
        ("emergency-plan", 1, day(2026, 4, 10), "met", 0),
        ("emergency-plan", 2, day(2026, 4, 10), "met", 0),
        ("needs-survey", None, day(2026, 4, 12), "met", 0),
        ("plan-limit", None, day(2026, 4, 12), "met", 0),
        ("safety-education", 1, day(2026, 4, 13), "met", 0),
        ("safety-education", 2, day(2026, 4, 13), "met", 0),
        ("record-end", 1, day(2026, 12, 4), "met", 0),
        ("record-end", 2, day(2026, 12, 4), "met", 0),
        ("satisfaction-survey", 1, day(2026, 12, 4), "met", 0),
        ("satisfaction-survey", 2, day(2026, 12, 4), "met", 0),
        ("archive", None, day(2026, 12, 11), "met-late", 3),
    ]
    assert rungs(road) == [
        ("decision", "chase", day(2026, 4, 2), 1),
        ("decision", "escalate", day(2026, 4, 7), 3),  # Qingming is over
        ("weekly-report", "chase", day(2026, 4, 22), 1),
        ("weekly-report", "chase", day(2026, 4, 22), 1),
        ("archive", "chase", day(2026, 12, 14), 2),  # the 12th is a Saturday; it came in on that Monday
    ]
    assert messages(road) == {
        "decision-asked": 5,
        "submission-passed": 3,
        "awarded": 1,
        "selection-opened": 8,
        "list-confirmed": 8,
        "started": 4,
        "stage-opened": 48,
        "programme-ended": 1,
        "evaluation-result": 1,
        "document-late": 1,
        "obligation-remind": 38,
        "obligation-chase": 5,
        "obligation-escalate": 3,
    }
    assert nominated(road.drive, road.ref) == {"finished": 59, "broken-off": 1, "refused": 2}
    assert bans(road) == []
    assert score(road) == Decimal("88.8")
    _proves_itself(road)
    _meets(road.sample, road)


def test_a_publishers_programme_runs_in_two_sessions_without_five_stages(sqlite_office: Settings) -> None:
    road = driven(sqlite_office, "O01")
    day = date
    assert phases(road) == [
        ("application", "done", day(2025, 12, 10), day(2025, 12, 10)),
        ("application-review", "passed", day(2025, 12, 10), day(2025, 12, 10)),
        ("award", "passed", day(2025, 12, 10), day(2026, 1, 12)),
        ("plan-review", "filed", day(2026, 1, 12), day(2026, 4, 15)),
        ("selection", "done", day(2026, 1, 12), day(2026, 4, 9)),
        ("selection", "done", day(2026, 1, 12), day(2026, 9, 8)),
        ("check-in", "done", day(2026, 1, 12), day(2026, 4, 20)),
        ("check-in", "done", day(2026, 1, 12), day(2026, 9, 14)),
        ("delivery", "done", day(2026, 4, 20), day(2026, 6, 26)),
        ("evaluation", "done", day(2026, 4, 20), day(2026, 12, 7)),
        ("delivery", "done", day(2026, 9, 14), day(2026, 11, 20)),
        ("archive", "done", day(2026, 11, 20), day(2026, 11, 27)),
    ]
    assert [row for row in obligations(road) if row[0].startswith(("plan", "archive", "record"))] == [
        ("plan-into-review", None, day(2026, 4, 2), "met-late", 5),
        ("plan-target", None, day(2026, 4, 13), "met", 0),
        ("plan-limit", None, day(2026, 4, 19), "met", 0),
        ("record-end", 1, day(2026, 6, 26), "met", 0),
        ("archive-part", 1, day(2026, 7, 3), "met", 0),
        ("record-end", 2, day(2026, 11, 20), "met", 0),
        ("archive", None, day(2026, 11, 27), "met", 0),
        ("archive-part", 2, day(2026, 11, 27), "met", 0),
    ]
    assert nominated(road.drive, road.ref) == {"finished": 119, "returned": 1, "refused": 4}
    with reading(road.drive.office) as act:
        grounds = act.session.exec(select(Nomination.refusal_basis).where(Nomination.state == "refused")).all()
        given = act.session.exec(select(Submission).where(Submission.subject == "application")).one()
        warned = [
            (v["key"], v["allowed"], v["facts"]["ratio"])
            for v in given.verdicts
            if v["strength"] == "warn" and "reason" in v["facts"]
        ]
    assert sorted(str(one) for one in grounds)[:3] == ["CQ2021-5.3"] * 3
    assert warned == [("outside-experts", True, "0.1250")]
    assert road.drive.refused[0] == ("seal", "签字盖章页缺少:盖章;请补齐后重新提交。 [CQ2021-2.6]")
    assert bans(road) == [day(2029, 6, 22)]
    assert score(road) == Decimal("86.0")
    _proves_itself(road)
    _meets(road.sample, road)


def _proves_itself(road: Road) -> None:
    """The chain of events holds, the programme is at its end, and nothing is open any more."""
    with reading(road.drive.office) as act:
        assert verify(act).ok
        assert act.session.exec(select(Programme.state)).one() == "evaluated"
        assert act.session.exec(select(Obligation.id).where(Obligation.state == "open")).all() == []
        assert act.session.exec(select(Phase.id).where(Phase.state != "closed")).all() == []


def _meets(given: Sample, road: Road) -> None:
    """The sample's own `expect` block, where the ledger decides it."""
    expect = given.expect
    checked: dict[str, Callable[[], object]] = {
        "plan_target_date": lambda: due_days(road, "plan-target")[0],
        "archive_due": lambda: due_days(road, "archive")[0],
        "score": lambda: float(score(road)),
        "returned_trainee_banned_until": lambda: bans(road)[-1],
        "archive_late_days": lambda: next(row[4] for row in obligations(road) if row[0] == "archive"),
    }
    assert {key: read() for key, read in checked.items() if key in expect} == {
        key: expect[key] for key in checked if key in expect
    }


pytestmark = pytest.mark.filterwarnings("error")
