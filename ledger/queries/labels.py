"""What a run is called and tagged in Prefect: one function, computed from the ledger, so that name and truth agree.

Roles and organisations only: no person's name stands in a run name, a tag or a parameter.
"""

import uuid

from pydantic import BaseModel

from ledger.lifecycle import over
from ledger.packs import pack_of
from ledger.queries.phases import PhaseView, phase_view
from models.act import Act
from models.people import Organisation
from models.programme import Phase, Programme, ProgrammeSession
from models.states import PhaseState
from policies.lookup import phase_of
from policies.schema import Pack

OUTCOME_WORDS = {"done": "已办结", "passed": "已通过", "filed": "已备案", "rejected": "不予通过"}


class RunLabel(BaseModel):
    """A run's name and tags."""

    name: str
    tags: list[str]


def run_label(act: Act, programme_id: uuid.UUID, phase_id: uuid.UUID | None) -> RunLabel:
    """The name people would say (`简称 · 环节 · 对象 · 第二级`) and the tags `programme:` `region:` `phase:` `waiting-for:`."""
    programme = act.session.get_one(Programme, programme_id)
    tags = [f"programme:{programme.ref}", f"region:{programme.region_code}"]
    if phase_id is None:
        done = over(act, programme)
        return RunLabel(
            name=f"{programme.short_name} · 项目全流程" + (" · 已办结" if done else ""), tags=[*tags, "phase:lifecycle"]
        )
    return label_with(act, phase_view(act, phase_id))


def label_with(act: Act, view: PhaseView) -> RunLabel:
    """The label of a phase's run by a view of the phase that was read already."""
    phase = act.session.get_one(Phase, view.phase_id)
    programme = act.session.get_one(Programme, phase.programme_id)
    tags = [f"programme:{programme.ref}", f"region:{programme.region_code}"]
    parts = [programme.short_name, phase_name(pack_of(act, programme), phase), *_target(act, phase)]
    tags.append(f"phase:{view.key}")
    if view.step is not None:
        parts.append(f"第{view.step.number}级")
        tags += [f"waiting-for:{view.step.role_key}", f"tier:{view.step.number}"]
    elif phase.state == PhaseState.CLOSED:
        parts.append(OUTCOME_WORDS[phase.outcome or "done"])
    else:
        tags.append(f"waiting-for:{_awaited_role(view.flow)}")
    return RunLabel(name=" · ".join(parts), tags=tags)


def phase_name(pack: Pack, phase: Phase) -> str:
    """What a phase is called; the plan's review says that it ends with filing."""
    return phase_of(pack, phase.key).name.zh


def _target(act: Act, phase: Phase) -> list[str]:
    if phase.school_id is not None:
        return [act.session.get_one(Organisation, phase.school_id).name]
    if phase.session_id is not None:
        return [act.session.get_one(ProgrammeSession, phase.session_id).name]
    return []


def _awaited_role(flow: str) -> str:
    return {
        "selection": "school",
        "training-stage": "training-team",
        "evaluation": "municipal-teacher-development-centre",
    }.get(flow, "host-institution")
