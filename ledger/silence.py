"""What an unanswered tier means once its time is over: never consent, unless the pack says so with its clause.

Where it does, the step is decided by nobody's hand (沉默视为同意) in the office's hours of the first workday after its
time, with the clause in the decision and in the event. Everywhere else the ladder goes on. Serves no clause of its own.
"""

from sqlmodel import select

from ledger.deciding import deem
from ledger.packs import chain_of
from models.act import Act
from models.documents import Obligation
from models.programme import Programme
from models.review import ApprovalStep, Vote
from models.states import DecisionOutcome, StepState
from policies.schema import Pack


def let_silence_speak(act: Act, programme: Programme, pack: Pack, row: Obligation) -> bool:
    """Decide a tier whose time is over where the pack says that its silence is consent; answers whether it did so.

    Somebody's voice, even one of several that are needed, is no silence.
    """
    if row.due_at >= act.now:
        return False
    step = act.session.get_one(ApprovalStep, row.step_id)
    tier = chain_of(pack, programme, step.subject).tiers[step.number - 1]
    if tier.on_silence is None or tier.on_silence.cites is None or step.state != StepState.OPEN:
        return False
    if act.session.exec(select(Vote.id).where(Vote.step_id == step.id).limit(1)).first() is not None:
        return False
    outcome = DecisionOutcome.FILE if step.action == "file" else DecisionOutcome.APPROVE
    deem(act, programme, step, outcome, tier.on_silence.cites)
    return True
