"""A list of nominees costs as many questions to the ledger with fifty names as with five."""

from datetime import date
from pathlib import Path

from sqlmodel import col, select

from ledger.selection import Selected, review
from models.act import SYSTEM
from models.people import Organisation, Person
from models.programme import Programme, ProgrammeSession
from models.states import NominationState
from models.training import Ban, Nomination, NominationStep
from office.runtime.database import engine_for
from office.runtime.settings import Settings
from office.runtime.transactions import transaction
from tests.integration.test_ledger_costs import Counted
from tests.support.road import Road
from tests.support.scenario import Drive, play, sample

REVIEWED_ON = date(2026, 3, 6)


def _recommended(folder: Path, count: int) -> Road:
    """A programme whose schools have recommended `count` teachers; every fifth is banned."""
    office = Settings(data_dir=folder)
    road = Road(Drive.begin(office, "S01"), sample("S01"))
    doings = [
        doing for doing in road.doings() if doing[1] not in ("volunteer", "recommend", "notice", "object", "review")
    ]
    play(road.drive, doings, REVIEWED_ON)
    with transaction(SYSTEM, office=office) as act:
        programme = act.session.exec(select(Programme).where(Programme.ref == road.ref)).one()
        session = act.session.exec(
            select(ProgrammeSession).where(ProgrammeSession.programme_id == programme.id)
        ).first()
        assert session is not None
        schools = sorted({one.school for one in road.nominees})
        rows = act.session.exec(select(Organisation).where(col(Organisation.name).in_(schools))).all()
        for number in range(count):
            school = rows[number % len(rows)]
            who = Person(ref=f"P-9{number:03}", name=f"示例教师{number}", organisation_id=school.id, created_at=act.now)
            act.session.add(who)
            act.session.flush()
            nomination = Nomination(
                programme_id=programme.id,
                session_id=session.id,
                person_id=who.id,
                school_id=school.id,
                state=NominationState.RECOMMENDED,
                created_at=act.now,
            )
            act.session.add(nomination)
            act.session.flush()
            for step in ("volunteer", "recommend", "notice"):
                act.session.add(
                    NominationStep(
                        nomination_id=nomination.id,
                        step=step,
                        basis="CQ2021-5.3",
                        acted_at=act.now,
                        created_at=act.now,
                    )
                )
            if number % 5 == 0:
                act.session.add(
                    Ban(
                        person_id=who.id,
                        key="returned",
                        levels=programme.level,
                        starts_on=date(2025, 1, 1),
                        ends_on=date(2028, 1, 1),
                        cause="示例",
                        created_at=act.now,
                    )
                )
    return road


def _cost(folder: Path, count: int) -> tuple[int, Selected]:
    road = _recommended(folder, count)
    county = f"{road.raw['host']['county']}·人事科"
    with Counted(road.drive.office) as counted:
        done = road.drive.do(county, review, road.ref, 1)
    engine_for(road.drive.office.ledger_url).dispose()
    return counted.count, done


def test_a_county_review_costs_the_same_for_five_and_for_fifty_nominees(tmp_path: Path) -> None:
    few, done = _cost(tmp_path / "few", 5)
    assert (done.taken, len(done.refused)) == (4, 1)
    many, done = _cost(tmp_path / "many", 50)
    assert (done.taken, [ref for ref, _, _ in done.refused]) == (40, [f"P-9{number:03}" for number in range(0, 50, 5)])
    assert many == few
    assert many < 40
