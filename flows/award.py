"""Host selection and award (遴选立项): the body that pays decides whether the programme is awarded.

An office setting where the region's text gives no clause. It asks by the Resume form, as a tier does, and takes the
answer in.
"""

from prefect import State, flow

from tasks.lease import executing
from tasks.phase import await_decision, close_phase, open_phase, outcome_of


@flow(name="遴选立项", persist_result=False, validate_parameters=False)
def award(programme_id: str, phase_id: str) -> "State[None]":
    """遴选立项:点右上角 ⋮ 菜单里的 Resume,填写编号、一次性验证码和决定。立项后同时启动实施方案审核、学员遴选与开班准备。"""
    with executing(programme_id, phase_id) as run_id:
        phase = open_phase(run_id, programme_id, phase_id)
        while not (outcome := outcome_of(phase)):
            await_decision(phase)
        return close_phase(phase, outcome)
