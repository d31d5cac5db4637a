"""Trainee selection (学员遴选), one run for each session: volunteer, recommend, notice, review, confirm, as the pack
orders them.

People take the steps in the ledger, which checks who acts and in which order; the run shows them and ends when the
list of the session is confirmed. Serves CQ2021-5.3, 5.9 and, where adopted, SL2017-5A.2.
"""

from prefect import State, flow

from tasks.lease import executing
from tasks.phase import await_acts, close_phase, open_phase, outcome_of


@flow(name="学员遴选", persist_result=False, validate_parameters=False)
def selection(programme_id: str, phase_id: str) -> "State[None]":
    """学员遴选:自愿报名、择优推荐、名单公示、审核报送、名单确认,按期次办理。"""
    with executing(programme_id, phase_id) as run_id:
        phase = open_phase(run_id, programme_id, phase_id)
        while not (outcome := outcome_of(phase)):
            await_acts(phase)
        return close_phase(phase, outcome)
