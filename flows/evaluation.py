"""Scored evaluation (量化考评): open from the start of delivery, closed after the archive.

Four sources are entered by their owners and weighted by the pack; the ledger never closes it while one is missing.
Serves CQ2021-9.3.
"""

from prefect import State, flow

from tasks.lease import executing
from tasks.phase import await_acts, close_phase, open_phase, outcome_of


@flow(name="量化考评", persist_result=False, validate_parameters=False)
def evaluation(programme_id: str, phase_id: str) -> "State[None]":
    """量化考评:各项分值由责任方填报,按制度权重计分;缺一项不得办结。"""
    with executing(programme_id, phase_id) as run_id:
        phase = open_phase(run_id, programme_id, phase_id)
        while not (outcome := outcome_of(phase)):
            await_acts(phase)
        return close_phase(phase, outcome)
