"""Delivery (培训实施) of a programme without five stages, one run for each session.

Its parts take place, attendance and documents come in, and it closes when each part is closed in the ledger.
Serves CQ2021 section 6.
"""

from prefect import State, flow

from tasks.lease import executing
from tasks.phase import await_acts, close_phase, open_phase, outcome_of


@flow(name="培训实施", persist_result=False, validate_parameters=False)
def delivery(programme_id: str, phase_id: str) -> "State[None]":
    """培训实施:按期次授课、考勤、提交过程材料。"""
    with executing(programme_id, phase_id) as run_id:
        phase = open_phase(run_id, programme_id, phase_id)
        while not (outcome := outcome_of(phase)):
            await_acts(phase)
        return close_phase(phase, outcome)
