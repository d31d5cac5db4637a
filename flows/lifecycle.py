"""The life of one programme (项目全流程): starts the phases that the pack's graph opens, several at once, and waits
for them.

It decides nothing: the ledger opens and closes phases by rule. It ends when every planned phase is closed, or the
programme was rejected. One run for each programme and generation; it waits suspended, at no cost, for months.
"""

from prefect import State, flow

from tasks.lease import executing
from tasks.programme import await_phases, close_programme, open_programme, programme_outcome, start_due_phases


@flow(name="项目全流程", persist_result=False, validate_parameters=False)
def lifecycle(programme_id: str) -> "State[None]":
    """从立项申报到考评办结:按制度规定的先后启动各环节,等待各环节办结。"""
    with executing(programme_id) as run_id:
        programme = open_programme(run_id, programme_id)
        start_due_phases(programme)
        while not (outcome := programme_outcome(programme)):
            await_phases(programme)
        return close_programme(programme, outcome)
