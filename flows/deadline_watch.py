"""The deadline watch (时限督办), scheduled: reminds (提醒), chases (催办) and escalates (督办) what is due, as often
as needed.

Sweeps until nothing is due any more. After a standstill it catches up once for each rung, in order. Naming in a
circular (通报) is never done here. Serves the deadlines of the pack.
"""

from prefect import State, flow, get_run_logger
from prefect.states import Completed

from tasks.artifacts import publish_awaited
from tasks.watch import sweep_once


@flow(name="时限督办", flow_run_name="时限督办", persist_result=False, validate_parameters=False)
def deadline_watch() -> "State[None]":
    """时限督办:到期前提醒,逾期催办,再逾期督办,逐级上报;通报只由人决定。"""
    fired, more = 0, True
    while more:
        swept = sweep_once()
        fired, more = fired + swept.fired, swept.more
    publish_awaited()
    get_run_logger().info("本次共发出 %s 项提醒、催办或督办。", fired)
    return Completed(message=f"发出 {fired} 项")
