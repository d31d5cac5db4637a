"""A training stage (培训阶段), used for each of the five stages; stages 2 and 3 run for each school.

As it opens, the ledger tells team, schools and trainees what they owe; products come in as documents; it closes when
the pack's conditions hold and its predecessor is closed. Serves SL2017 section 2 and 6A, as adopted.
"""

from prefect import State, flow

from tasks.lease import executing
from tasks.phase import await_acts, close_phase, open_phase, outcome_of


@flow(name="培训阶段", persist_result=False, validate_parameters=False)
def training_stage(programme_id: str, phase_id: str) -> "State[None]":
    """培训阶段:各方按职责提交成果,条件齐备并由前一阶段办结后方可办结。"""
    with executing(programme_id, phase_id) as run_id:
        phase = open_phase(run_id, programme_id, phase_id)
        while not (outcome := outcome_of(phase)):
            await_acts(phase)
        return close_phase(phase, outcome)
