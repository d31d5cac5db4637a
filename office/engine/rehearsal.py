"""A dress rehearsal before the first fork: what a wake asks of the ledger is asked once of an empty one in memory.

SQLAlchemy works out its mappers at the first statement and compiles each statement when it first comes by: half of the
processor time of a flow run's process. Done here, in the warm parent, each child finds it done. Nothing of it reaches the
office's ledger or a person, and no connection is left open. A rehearsal that fails costs the children that time and
nothing else. Embedded ledger only; it serves no clause of a regulation.
"""

import uuid
from pathlib import Path

import yaml
from sqlalchemy.orm import configure_mappers
from sqlmodel import SQLModel, select

from ledger import runs
from ledger.people import add_organisation, add_person
from ledger.programmes import apply
from ledger.queries.forms import form_text
from ledger.review import decide_step
from models import tables
from models.act import SYSTEM, Actor
from models.people import Person
from models.programme import Phase
from models.review import ApprovalStep, OneTimeCode
from models.states import DecisionOutcome, Door, StepState
from models.values import Application
from office.runtime.database import engine_for, on_an_empty_database
from office.runtime.settings import REPOSITORY, Settings, settings
from office.runtime.transactions import reading, transaction
from policies.loader import Library

SAMPLE = REPOSITORY / "samples" / "application.yaml"
_COUNTY, _COMMISSION, _HOST = "county-education-authority", "municipal-education-commission", "school"


def rehearse(office: Settings) -> str | None:
    """Go once through what a wake does; gives why that was not possible, or None."""
    assert tables  # every table is known to the metadata by this import
    configure_mappers()
    engine = engine_for(office.ledger_url)
    if engine.dialect.name != "sqlite":
        return "the ledger is not the embedded one"
    try:
        with on_an_empty_database(engine):
            SQLModel.metadata.create_all(engine)
            _play(office, SAMPLE)
    except Exception as trouble:  # whatever it is: the show goes on without a rehearsal
        return f"{type(trouble).__name__}: {trouble}"
    finally:
        settings.cache_clear()  # a child reads its own
    return None


def _play(office: Settings, sample: Path) -> None:
    """A sample programme applies, a tier decides, and its run is executed as far as Prefect's part."""
    application = Application.model_validate(yaml.safe_load(sample.read_text(encoding="utf-8")))
    county, _ = _people(office, application)
    pack = Library(office.policies_dir).resolve(application.policy, application.kind)
    with transaction(Actor(door=Door.CLI, person_id=_person(office, _HOST)), office=office) as act:
        programme_id = apply(act, application, pack).id
    assert programme_id is not None
    _execute(office, programme_id)
    with reading(office) as act:
        step = act.session.exec(select(ApprovalStep).where(ApprovalStep.state == StepState.OPEN)).one()
        code = act.session.exec(select(OneTimeCode).where(OneTimeCode.step_id == step.id)).first()
        assert code is not None
        step_id, said = step.id, act.code_of(step.id, code.person_id, code.nonce)
    with transaction(Actor(door=Door.RESUME_FORM), office=office) as act:
        decide_step(act, step_id, county, said, DecisionOutcome.APPROVE)
    _execute(office, programme_id)


def _people(office: Settings, application: Application) -> tuple[str, str]:
    """The bodies of the sample and one person for each; gives the numbers of those who decide."""
    region, county = "示例市教委", application.sessions[0].county or "示例区教委"
    bodies = [(region, _COMMISSION, None), (county, _COUNTY, region), (application.host, _HOST, county)]
    bodies += [("示例市教师发展中心", "municipal-teacher-development-centre", region)]
    bodies += [("示例区教师进修学院", "county-teacher-development-institute", county)]
    bodies += [(school.name, _HOST, county) for one in application.sessions for school in one.schools]
    bodies += [(application.team, "training-team", county)] if application.team else []
    refs: list[str] = []
    for name, kind, above in bodies:
        roles = ("host-institution",) if name == application.host else (kind,)
        with transaction(SYSTEM, office=office) as act:
            add_organisation(act, name, kind, parent=above, sample=True)
        with transaction(SYSTEM, office=office) as act:
            refs.append(str(add_person(act, f"示例·{kind}", name, roles, email=f"{len(refs)}@example.test").ref))
    return refs[1], refs[0]


def _person(office: Settings, kind: str) -> uuid.UUID:
    with reading(office) as act:
        return act.session.exec(select(Person.id).where(Person.name == f"示例·{kind}").order_by(Person.ref)).all()[0]


def _execute(office: Settings, programme_id: uuid.UUID) -> None:
    """What an execution asks of the ledger, in the words of `tasks`, for each open phase and the lifecycle."""
    from tasks import lease, programme
    from tasks.phase import look_at_phase

    with reading(office) as act:
        phases = act.session.exec(select(Phase.id).where(Phase.programme_id == programme_id)).all()
    for phase_id in phases:
        run_id = uuid.uuid4()
        with transaction(SYSTEM, office=office) as act:
            runs.attach_run(act, programme_id, phase_id, run_id, 1)
        lease.take(str(run_id), run_id)
        with reading(office) as act:
            runs.open_asks(act, run_id, 2)
        seen = look_at_phase(programme_id, phase_id)
        if seen.step is not None:
            with transaction(SYSTEM, office=office) as act:
                question = runs.next_ask(act, run_id, seen.step.id)
                form_text(act, seen.step.id, runs.last_answer(act, run_id, seen.step.id))
            with transaction(SYSTEM, office=office) as act:
                runs.take_in(act, run_id, question.number, "")
        lease.give_back(str(run_id))
    programme.look_at_programme(programme_id)
