"""Archive submission (档案报送): summary, course resources and process records, due after the actual end of the last
stage.

The ledger owes it from the recorded end on, reminds, escalates and takes a late archive in, marked late. Serves
CQ2021-6.11.
"""

from prefect import State, flow

from tasks.lease import executing
from tasks.phase import await_acts, close_phase, open_phase, outcome_of


@flow(name="档案报送", persist_result=False, validate_parameters=False)
def archive(programme_id: str, phase_id: str) -> "State[None]":
    """档案报送:培训总结、课程资源、过程档案,按制度规定的期限报送;逾期仍收,记为逾期。"""
    with executing(programme_id, phase_id) as run_id:
        phase = open_phase(run_id, programme_id, phase_id)
        while not (outcome := outcome_of(phase)):
            await_acts(phase)
        return close_phase(phase, outcome)
