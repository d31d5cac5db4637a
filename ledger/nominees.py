"""What the ledger knows of the nominees of a session, read at once: a list of two hundred costs as many questions as one
of five.

Decides nothing itself: `rules.selection` does. Serves CQ2021-5.3, 5.9, 10.4 and SL2017-5A.1 to 5A.6.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlmodel import col, select

from ledger.errors import NotFound
from ledger.nominations import IN_SESSION, allow
from ledger.nominee_facts import bars_on, nomination_notes
from ledger.people import no_seat, seats_of
from models.act import Act
from models.people import Organisation, Person
from models.programme import Programme, ProgrammeSession, SessionSchool
from models.states import NominationState, ProgrammeLevel
from models.training import Ban, Nomination, NominationStep, PastTraining, PublicNotice
from models.values import Verdict
from policies.schema import Pack
from rules.bans import BanFact
from rules.checks import warned
from rules.selection import eligible, notice_over, reviewer

NO_REASONS: Mapping[str, str] = {}


class Nominees:
    """The nominees of a session with their schools, counties, steps, bans and former trainings."""

    def __init__(
        self,
        act: Act,
        programme: Programme,
        session: ProgrammeSession,
        pack: Pack,
        rows: Sequence[Nomination],
        reasons: Mapping[str, str] = NO_REASONS,
    ) -> None:
        """Read everything about `rows`; what is recorded later in the act is not seen.

        `reasons` go by check, or by nominee and check (`P-0007:repeat`).
        """
        self._act, self._programme, self._session, self._pack = act, programme, session, pack
        self.rows = list(rows)
        self.refs = self._refs()
        self.schools = self._schools()
        self._reviewer = reviewer(pack)
        self._counties = seats_of(act, self._reviewer, list(self.schools.values()))
        self._steps = self._steps_done()
        self._notices = self._posted()
        self._bans = self._banned()
        self._before = self._took_part()
        self._visits_schools = act.session.exec(
            select(SessionSchool.id).where(SessionSchool.session_id == session.id).limit(1)
        ).first()
        self._reasons = {row.id: reasons_for(reasons, self.refs[row.person_id]) for row in self.rows}
        self.notes = nomination_notes(act, programme, session, pack, self.rows, self.refs, self.schools, self._reasons)
        self._barred = bars_on(act, programme, session, pack, self.rows, self.refs, self._reasons)

    def county_of(self, row: Nomination) -> Organisation:
        """The body that reviews for a nominee's school: the county's, by the pack. Raises `NotFound`."""
        found = self._counties.get(row.school_id)
        if found is None:
            raise no_seat(self._reviewer, self.schools[row.school_id])
        return found

    def steps_done(self, row: Nomination) -> list[str]:
        """The steps that a nomination has taken."""
        return self._steps[row.id]

    def notice_must_be_over(self, row: Nomination) -> None:
        """Where the pack has a public notice, the school's must have stood long enough. Raises `Refused`."""
        if self._pack.selection is None or not any(step.key == "notice" for step in self._pack.selection.steps):
            return
        notice = self._notices.get(row.school_id)
        if notice is not None:
            verdict = notice_over(self._pack, notice.from_on, notice.to_on, self._act.today)
            allow(verdict, about=self.schools[row.school_id].name)

    def tests(self, row: Nomination) -> tuple[Verdict, ...]:
        """One verdict for each test that the pack sets a nominee."""
        verdicts = eligible(
            self._pack,
            level=ProgrammeLevel(self._programme.level),
            starts_on=self._session.starts_on,
            bans=self._bans[row.person_id],
            took_part=bool(self._before[row.person_id] - {row.id}),
            rural=self.schools[row.school_id].rural or self._visits_schools is None,
            voluntary="volunteer" in self.steps_done(row),
            on=self._act.today,
            kind=self._programme.kind,
            reasons=self._reasons[row.id],
        )
        return (*verdicts, *self._barred.get(row.id, ()), *self.notes.get(row.id, ()))

    def noted(self) -> list[list[str]]:
        """Who was warned of without being held up: (number, check) pairs for the event."""
        people = {row.id: self.refs[row.person_id] for row in self.rows}
        return [[people[key], one.key] for key, verdicts in self.notes.items() for one in verdicts if warned(one)]

    def _refs(self) -> dict[uuid.UUID, str]:
        query = (
            select(Person.id, Person.ref)
            .join(Nomination, col(Nomination.person_id) == col(Person.id))
            .where(Nomination.session_id == self._session.id)
        )
        return dict(self._act.session.exec(query).all())

    def _schools(self) -> dict[uuid.UUID, Organisation]:
        query = (
            select(Organisation)
            .join(Nomination, col(Nomination.school_id) == col(Organisation.id))
            .where(Nomination.session_id == self._session.id)
            .distinct()
        )
        found = {school.id: school for school in self._act.session.exec(query).all()}
        for row in self.rows:
            if row.school_id not in found:
                raise NotFound(f"the school of a nominee of {self._session.name} is not recorded")
        return found

    def _steps_done(self) -> dict[uuid.UUID, list[str]]:
        query = (
            select(NominationStep.nomination_id, NominationStep.step)
            .join(Nomination, col(Nomination.id) == col(NominationStep.nomination_id))
            .where(Nomination.session_id == self._session.id)
            .order_by(col(NominationStep.id))
        )
        found: dict[uuid.UUID, list[str]] = defaultdict(list)
        for nomination_id, step in self._act.session.exec(query).all():
            found[nomination_id].append(step)
        return found

    def _posted(self) -> dict[uuid.UUID, PublicNotice]:
        query = select(PublicNotice).where(PublicNotice.session_id == self._session.id)
        return {row.school_id: row for row in self._act.session.exec(query).all()}

    def _banned(self) -> dict[uuid.UUID, list[BanFact]]:
        query = (
            select(Ban)
            .join(Nomination, col(Nomination.person_id) == col(Ban.person_id))
            .where(Nomination.session_id == self._session.id)
            .order_by(col(Ban.id))
        )
        found: dict[uuid.UUID, list[BanFact]] = defaultdict(list)
        for ban in self._act.session.exec(query).all():
            levels = tuple(ProgrammeLevel(level) for level in ban.levels.split(","))
            found[ban.person_id].append(BanFact(levels=levels, ends_on=ban.ends_on, starts_on=ban.starts_on))
        return found

    def _took_part(self) -> dict[uuid.UUID, set[uuid.UUID]]:
        """For each nominee the nominations and former trainings of the same kind and subject that they took part in."""
        people = select(Nomination.person_id).where(Nomination.session_id == self._session.id)
        here = (
            select(Nomination.person_id, Nomination.id)
            .join(Programme, col(Programme.id) == col(Nomination.programme_id))
            .where(
                col(Nomination.person_id).in_(people),
                col(Nomination.state).in_([*IN_SESSION, NominationState.RETURNED]),
                Programme.kind == self._programme.kind,
                Programme.subject == self._programme.subject,
            )
        )
        before = select(PastTraining.person_id, PastTraining.id).where(
            col(PastTraining.person_id).in_(people),
            PastTraining.kind == self._programme.kind,
            PastTraining.subject == self._programme.subject,
        )
        found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
        for query in (here, before):
            for person_id, known in self._act.session.exec(query).all():
                found[person_id].add(known)
        return found


def reasons_for(reasons: Mapping[str, str], ref: str) -> dict[str, str]:
    """The reasons that count for one nominee, by check: their own before those given for everybody."""
    general = {key: text for key, text in reasons.items() if ":" not in key}
    own = {key.removeprefix(f"{ref}:"): text for key, text in reasons.items() if key.startswith(f"{ref}:")}
    return general | own
