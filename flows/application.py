"""The application (项目申报): the application form has come in and was checked against the pack; it goes to its chain.

The ledger takes the application in and closes this phase by rule; its review is a phase of its own (`tiered_review`).
Serves CQ2021-2.1.
"""

from prefect import State, flow

from tasks.lease import executing
from tasks.phase import await_acts, close_phase, open_phase, outcome_of


@flow(name="项目申报", persist_result=False, validate_parameters=False)
def application(programme_id: str, phase_id: str) -> "State[None]":
    """项目申报书已收到并按制度核对,转入逐级审核。"""
    with executing(programme_id, phase_id) as run_id:
        phase = open_phase(run_id, programme_id, phase_id)
        while not (outcome := outcome_of(phase)):
            await_acts(phase)
        return close_phase(phase, outcome)
