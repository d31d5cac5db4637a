"""What a refusal rests on where the order of the work refuses it, rather than a value or a check of its own.

Decides which part of the programme's pack an act out of its order goes against, and answers with that part's clause,
with the office's reason where the part rests on none, or with `EVERYWHERE`, which says that it is no law. Never names a
clause itself: no clause of one region may stand in a refusal of another.
"""

from models.values import Basis
from policies.schema import Pack, Phase, SelectionStep, Sourced

EVERYWHERE = Basis(
    setting="送教自身的办理次序(非条文规定)", setting_en="Songjiao's own order of work (no clause says it)"
)
"""What rests on no part of a pack: how Songjiao keeps its records, and nothing that a regulation says."""
PLAN_LODGED = "plan-lodged"
"""The condition of a start that no unapproved programme meets."""


def resting_on(*parts: Sourced | None) -> Basis:
    """What the first of these parts that has a clause rests on; else the first with a reason; else `EVERYWHERE`."""
    found = [part.basis for part in parts if part is not None]
    with_reason = next((basis for basis in found if basis.setting), EVERYWHERE)
    return next((basis for basis in found if basis.clause), with_reason)


def phase_for(pack: Pack, flow: str, subject: str | None = None, stage: str | None = None) -> Phase | None:
    """The phase that this flow carries, for a subject or a stage where one is named; None where the pack has none."""
    for phase in pack.phases:
        if phase.flow == flow and subject in (None, phase.subject) and stage in (None, phase.stage):
            return phase
    return None


def step_for(pack: Pack, key: str) -> SelectionStep | None:
    """The step of the trainee selection with this key; None where the pack has none."""
    steps = pack.selection.steps if pack.selection else ()
    return next((step for step in steps if step.key == key), None)


def review_ground(pack: Pack, subject: str) -> Basis:
    """What bars a submission that is not awaited: the phase that reviews this subject, else its chain."""
    phase = next((phase for phase in pack.phases if phase.subject == subject), None)
    return resting_on(phase, next((chain for chain in pack.approval if chain.subject == subject), None))


def start_ground(pack: Pack) -> Basis:
    """What bars an unapproved programme from starting: its check-in, where that asks for the approval; else the award."""
    check_in = phase_for(pack, "check-in")
    if check_in is not None and PLAN_LODGED in check_in.closes_when:
        return check_in.basis
    return resting_on(phase_for(pack, "award"), phase_for(pack, "tiered-review", subject="application"))


def selection_ground(pack: Pack, *steps: str) -> Basis:
    """What bars a nominee or a list out of its order: the steps that are meant, else the phase of the selection."""
    return resting_on(*(step_for(pack, key) for key in steps), phase_for(pack, "selection"), pack.selection)


def stage_ground(pack: Pack, key: str) -> Basis:
    """What bars work on a stage that is not open: its phase, which says what it opens after."""
    return resting_on(phase_for(pack, "training-stage", stage=key), phase_for(pack, "delivery"))


def document_ground(pack: Pack, key: str) -> Basis:
    """What a document is handed in by: what is owed with it, else its kind, else the phase that waits for it."""
    owed = next((one for one in pack.obligations if one.met_by == key), None)
    kind = next((one for one in pack.documents if one.key == key), None)
    waiting = next((phase for phase in pack.phases if f"document:{key}" in phase.closes_when), None)
    return resting_on(owed, kind, waiting)
