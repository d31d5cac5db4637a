"""A small sample world (示例) for tests that drive a whole office: bodies of one county and the municipality, a host
school.

Everybody acts through the ledger's own operations; codes come from the mail that the office sent.
"""

import re
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ledger.people import add_organisation, add_person
from ledger.programmes import apply
from ledger.review import submit_plan
from models.act import SYSTEM, Act, Actor
from models.states import ApplicantKind, Door, ProgrammeLevel
from models.values import Application, BudgetLine, Course, Expert, Plan, PlannedSession, PlannedStage
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from office.smtp_sink import SmtpSink
from tests.support.libraries import library_of

COUNTY, INSTITUTE = "county-education-authority", "county-teacher-development-institute"
COMMISSION, CENTRE = "municipal-education-commission", "municipal-teacher-development-centre"

COURSES = (
    Course(name="师德案例", part="第一期", hours=Decimal(8), practice=Decimal(0), ethics=True),
    Course(name="课堂观摩(含五育并举)", part="第一期", hours=Decimal(16), practice=Decimal(16), five_educations=True),
)
EXPERTS = (
    Expert(count=1, origin="outside", kind="university", employer="示例东江师范大学"),
    Expert(count=3, origin="inside", kind="researcher", employer="示例云溪区教师进修学院"),
)


@dataclass
class World:
    """One host with the bodies above it. `refs` are the numbers that people type."""

    office: Settings
    mark: str
    refs: dict[str, str] = field(default_factory=dict)
    ids: dict[str, uuid.UUID] = field(default_factory=dict)
    mails: dict[str, str] = field(default_factory=dict)

    def build(self) -> "World":
        """Record the bodies and their people."""
        self._body("municipal-education-commission", f"示例市教委{self.mark}", None)
        self._body(CENTRE, f"示例市教师发展中心{self.mark}", COMMISSION)
        self._body(COUNTY, f"示例区教委{self.mark}", COMMISSION)
        self._body(INSTITUTE, f"示例区教师进修学院{self.mark}", COUNTY)
        self._body("school", f"示例实验小学{self.mark}", COUNTY, "host-institution", "contact")
        return self

    def _body(self, kind: str, name: str, parent: str | None, *roles: str) -> None:
        above = self._name(parent) if parent else None
        with transaction(SYSTEM, office=self.office) as act:
            add_organisation(act, name, kind, parent=above, sample=True)
        mail = f"{kind}-{self.mark}@example.org"
        with transaction(SYSTEM, office=self.office) as act:
            done = add_person(act, f"示例人员{kind}{self.mark}", name, roles or (kind,), email=mail)
        self.refs[kind], self.ids[kind], self.mails[kind] = str(done.ref), done.id, mail  # type: ignore[assignment]
        self._names = {**getattr(self, "_names", {}), kind: name}

    def _name(self, kind: str) -> str:
        return str(self._names[kind])

    def as_(self, kind: str) -> Actor:
        """The actor of a body's person at the command line."""
        return Actor(door=Door.CLI, person_id=self.ids[kind])

    def apply(self, short: str) -> tuple[uuid.UUID, str]:
        """The host school applies for a programme without five stages; gives its id and ref."""
        pack = library_of(self.office.policies_dir).resolve("chongqing-2021", "blended")
        with transaction(self.as_("school"), office=self.office) as act:
            done = apply(act, application_of(act, short, self._name("school"), self._name(COUNTY)), pack)
        assert done.id is not None
        assert done.ref is not None
        return done.id, done.ref

    def submit_plan(self, ref: str) -> None:
        """The host sends its implementation plan, or the corrected one."""
        plan = Plan(target_group="示例小学教师", numbers=20, courses=COURSES, experts=EXPERTS)
        with transaction(self.as_("school"), office=self.office) as act:
            submit_plan(act, ref, plan)

    def code_for(self, sink: SmtpSink, kind: str, short: str, seconds: float = 60) -> str:
        """The one-time code in the newest question that a body's person was mailed on a programme."""
        mine = self.mails[kind]

        def asked(mails: list[Any]) -> list[Any]:
            return [mail for mail in mails if mail.recipient == mine and short in mail.text and code_in(mail.text)]

        return code_in(asked(sink.wait_for(lambda mails: bool(asked(mails)), seconds))[-1].text) or ""


def application_of(act: Act, short: str, host: str, county: str) -> Application:
    """An application (示例) for 20 places, ninety days from now."""
    first = act.today + timedelta(days=90)
    last = first + timedelta(days=2)
    part = PlannedStage(key="part-1", name="集中培训", starts_on=first, ends_on=last, hours=Decimal(24))
    return Application(
        title=f"示例{short}培训",
        short=short,
        policy="chongqing-2021",
        kind="blended",
        level=ProgrammeLevel.MUNICIPAL,
        subject="小学数学",
        theme="课堂提问",
        host=host,
        host_kind=ApplicantKind.SCHOOL,
        starts_on=first,
        ends_on=last,
        places=20,
        sessions=(PlannedSession(number=1, name="第一期", places=20, county=county, stages=(part,)),),
        courses=COURSES,
        experts=EXPERTS,
        budget=(
            BudgetLine(line="培训费", basis="20人", amount=Decimal(8000), norm="office-setting", payer="programme"),
        ),
        budget_total=Decimal(8000),
        sample=True,
    )


def code_in(text: str) -> str | None:
    """The one-time code in a message."""
    found = re.search(r"(?<!\d)\d{8}(?!\d)", text.replace(" ", ""))
    return found.group() if found else None


def row_count(office: Settings, table: Any) -> int:
    """How many rows a table of the ledger has."""
    from sqlmodel import func, select

    with reading(office) as act:
        return int(act.session.exec(select(func.count()).select_from(table)).one())
