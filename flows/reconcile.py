"""The reconciliation (数据核对), scheduled: makes Prefect's runs agree with the ledger again.

Whatever was lost between the two (a run cancelled or deleted by hand, a process that died, a wake or a form that
never arrived) is made good from the ledger. It changes nothing that people decided. Serves no clause of a regulation.
"""

from prefect import State, flow, get_run_logger
from prefect.states import Completed

from tasks.artifacts import publish_awaited, publish_changed
from tasks.repair import advance_all, reconcile_runs


@flow(name="数据核对", flow_run_name="数据核对", persist_result=False, validate_parameters=False)
def reconcile() -> "State[None]":
    """数据核对:以台账为准,补启丢失的运行,接续中断的运行。"""
    programmes = advance_all()
    repaired = reconcile_runs()
    publish_awaited()
    publish_changed()
    get_run_logger().info("已核对 %s 个项目;处理:%s", programmes, repaired or "无")
    return Completed(message=f"核对 {programmes} 个项目,处理 {sum(repaired.values())} 项")
