"""One sweep of the ledger's deadlines, and one look of the hourly audit over what stands where it should not.

Decides nothing: the ledger climbs each rung once, in order, with its event and its messages. Each leaves word that it has
looked, since its silence is an alarm. Serves the pack's deadlines.
"""

from datetime import UTC, datetime

from ledger.absences import hand_over_due
from ledger.standing_opening import MOST_AT_ONCE, open_by_itself
from ledger.standing_sweeping import sweep_standing
from ledger.sweeping import Swept, sweep
from ledger.watching import SWEEP, look_over, looked
from models.act import SYSTEM
from office.runtime.stop_points import stop_point
from office.runtime.transactions import transaction
from tasks.thin import thin


@thin("督办到期事项")
def sweep_once() -> Swept:
    """Climb the rungs that are due now, oldest first, as many as one transaction takes."""
    with transaction(SYSTEM) as act:
        hand_over_due(act)
        swept = sweep(act)
        opened = open_by_itself(act)
        climbed = sweep_standing(act)
        looked(act, SWEEP, datetime.now(UTC))
    stop_point("flow.sweep.committed")
    more = swept.more or climbed.more or opened == MOST_AT_ONCE
    return Swept(fired=swept.fired + climbed.fired, more=more)


@thin("核查台账")
def audit_once() -> list[str]:
    """Look for open matters without a next moment, what is stuck, what waits for nothing; gives what was found."""
    with transaction(SYSTEM) as act:
        found = look_over(act, datetime.now(UTC))
    return [one.words()[0] for one in found]
