"""Class preparation and check-in (开班准备与报到), one run for each session: the join before the start.

The plan lodged for filing, the list confirmed, the budget confirmed, the emergency plan and the check-in notice: the
ledger lets the start be recorded only when all hold. A postponed start moves every derived date there. Serves
CQ2021-10.3.
"""

from prefect import State, flow

from tasks.lease import executing
from tasks.phase import await_acts, close_phase, open_phase, outcome_of


@flow(name="开班准备与报到", persist_result=False, validate_parameters=False)
def check_in(programme_id: str, phase_id: str) -> "State[None]":
    """开班准备与报到:实施方案已报备、名单已确认、经费已落实、应急预案和报到通知书齐备后方可开班。"""
    with executing(programme_id, phase_id) as run_id:
        phase = open_phase(run_id, programme_id, phase_id)
        while not (outcome := outcome_of(phase)):
            await_acts(phase)
        return close_phase(phase, outcome)
