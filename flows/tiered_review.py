"""Tiered review (逐级审核): used for the application and for the implementation plan, each with the chain of its
pack.

One run carries a subject through all its tiers and versions: it asks the tier that decides now by the Resume form,
takes the answer in, asks the next one. A return waits for the applicant's corrected version. Serves CQ2021-2.1 to
2.6.
"""

from prefect import State, flow

from tasks.lease import executing
from tasks.phase import await_decision, close_phase, open_phase, outcome_of


@flow(name="逐级审核", persist_result=False, validate_parameters=False)
def tiered_review(programme_id: str, phase_id: str) -> "State[None]":
    """逐级审核:点右上角 ⋮ 菜单里的 Resume,填写审核人编号、一次性验证码和审核决定。备案环节只出具回执。"""
    with executing(programme_id, phase_id) as run_id:
        review = open_phase(run_id, programme_id, phase_id)
        while not (outcome := outcome_of(review)):
            await_decision(review)
        return close_phase(review, outcome)
