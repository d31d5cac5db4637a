"""One sweep of the ledger's deadlines: reminds, chases and escalates what is due.

Decides nothing: the ledger climbs each rung once, in order, with its event and its messages. Serves the pack's
deadlines.
"""

from ledger.obligations import Swept, sweep
from models.act import SYSTEM
from office.runtime.stop_points import stop_point
from office.runtime.transactions import transaction
from tasks.thin import thin


@thin("督办到期事项")
def sweep_once() -> Swept:
    """Climb the rungs that are due now, oldest first, as many as one transaction takes."""
    with transaction(SYSTEM) as act:
        swept = sweep(act)
    stop_point("flow.sweep.committed")
    return swept
