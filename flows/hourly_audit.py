"""The hourly audit (整点核查), scheduled: what is open without a next moment, stuck, or waits for nothing.

Mends nothing: it tells the programme office, and leaves word that it has looked. Its own silence is an alarm that the
dispatcher raises. Serves no clause of a regulation.
"""

from prefect import State, flow, get_run_logger
from prefect.states import Completed

from tasks.watch import audit_once


@flow(name="整点核查", flow_run_name="整点核查", persist_result=False, validate_parameters=False)
def hourly_audit() -> "State[None]":
    """整点核查:查找没有下一步时间的未办事项、滞留的消息和唤醒、无人待办的审核,并告知项目办。"""
    found = audit_once()
    for line in found:
        get_run_logger().warning(line)
    return Completed(message="、".join(found) or "一切正常")
