"""What a phase waits for, in one sentence for each language. Reads only; decides nothing, and names no person."""

from typing import TYPE_CHECKING

from sqlmodel import select

from ledger.chains import SUBJECT_NAMES, latest, review_subject
from ledger.delivery import start_facts
from ledger.filings import products
from ledger.lifecycle import handed_in, phase_stages, schools_by_session
from ledger.nominations import trainees
from ledger.scoring import sheet_of
from models.act import Act
from models.programme import Phase, Programme, ProgrammeSession
from models.states import PhaseState, StageState
from models.training import Nomination
from policies.lookup import document_of, phase_of, stage_of
from policies.schema import Pack
from rules.preparation import condition_name
from rules.stages import missing_products

if TYPE_CHECKING:
    from ledger.queries.phases import StepView

Both = tuple[str, str]
OUTCOMES = {
    "approve": "审核同意",
    "review": "审核通过",
    "sign-and-seal": "签字盖章",
    "award": "同意立项",
    "file": "予以备案",
}
ACTS_EN = {
    "approve": "approve",
    "review": "review",
    "sign-and-seal": "sign and seal",
    "award": "decide on the award",
    "file": "file",
}
NOTHING: Both = ("", "")


def waiting_for(act: Act, programme: Programme, pack: Pack, phase: Phase, step: "StepView | None") -> Both:
    """What a phase waits for, in Chinese and in English; empty when it is closed."""
    if phase.state != PhaseState.OPEN:
        return NOTHING
    if step is not None:
        tier = f"tier {step.number} of {step.tiers}"
        return (
            f"等待{step.organisation}{OUTCOMES[step.action]}(第{step.number}级,共{step.tiers}级)",
            f"waits for {step.organisation} to {ACTS_EN[step.action]} ({tier})",
        )
    if phase.flow in ("tiered-review", "award"):
        return _review(act, programme, pack, phase)
    if phase.flow == "selection":
        return _selection(act, phase)
    if phase.flow == "check-in":
        return _start(act, programme, pack, phase)
    if phase.flow in ("training-stage", "delivery"):
        return _stage(act, programme, pack, phase)
    if phase.flow == "archive":
        if handed_in(act, programme, phase):
            return "等待项目结束", "waits for the end of the programme"
        return "等待承训机构报送档案资料", "waits for the host institution to send the archive documents"
    if phase.flow == "evaluation":
        return _scores(act, programme, pack)
    return "等待", "waits"


def _review(act: Act, programme: Programme, pack: Pack, phase: Phase) -> Both:
    subject = review_subject(pack, phase.key)
    submission = latest(act, programme, subject) if subject else None
    zh, en = SUBJECT_NAMES[subject] if subject else NOTHING
    if submission is None:
        return f"等待承训机构报送{zh}", f"waits for the host institution to send the {en}"
    if submission.state == "returned":
        return f"{zh}已退回,等待承训机构修改后重报", f"the {en} was returned; waits for the host's corrected version"
    return f"等待{zh}", f"waits for the {en}"


def _selection(act: Act, phase: Phase) -> Both:
    rows = act.session.exec(select(Nomination.state).where(Nomination.session_id == phase.session_id)).all()
    if "reviewed" in rows and not {"recommended", "volunteered"} & set(rows):
        return (
            "区县已审核报送,等待承训机构确认名单",
            "the county has reviewed and sent the list; waits for the host to confirm it",
        )
    if rows:
        return "等待学校推荐和区县审核报送", "waits for the schools to recommend and the county to review"
    return "等待教师自愿报名", "waits for teachers to volunteer"


def _start(act: Act, programme: Programme, pack: Pack, phase: Phase) -> Both:
    session = act.session.get_one(ProgrammeSession, phase.session_id)
    lacking = [condition_name(pack, one) for one, holds in start_facts(act, programme, session).items() if not holds]
    if lacking:
        zh, en = "、".join(name[0] for name in lacking), "; ".join(name[1] for name in lacking)
        return f"等待开班条件:{zh}", f"waits for what the start needs: {en}"
    return (
        f"开班条件已具备,等待{session.starts_on}开班报到",
        f"everything is ready; waits for the start on {session.starts_on}",
    )


def _stage(act: Act, programme: Programme, pack: Pack, phase: Phase) -> Both:
    spec = phase_of(pack, phase.key)
    for stage in phase_stages(act, phase):
        if stage.state == StageState.CLOSED:
            continue
        until = f"planned until {stage.planned_to}"
        if spec.stage is None:
            return f"{stage.name}进行中(计划至{stage.planned_to})", f"{stage.name} is under way ({until})"
        count = len(trainees(act, stage.session_id, stage.school_id))
        schools = 1 if stage.school_id else max(1, len(schools_by_session(act, programme).get(stage.session_id, [])))
        lacking = missing_products(stage_of(pack, spec.stage), products(act, stage), count, schools)
        names = [document_of(pack, one.document).name for one in lacking if one.blocks]
        if names:
            zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
            return f"等待成果:{zh}", f"waits for products: {en}"
        return f"成果已齐,等待结束(计划至{stage.planned_to})", f"all products are in; waits for its end ({until})"
    return NOTHING


def _scores(act: Act, programme: Programme, pack: Pack) -> Both:
    missing = sheet_of(act, programme).missing
    names = [one.name for one in (pack.evaluation.sources if pack.evaluation else ()) if one.key in missing]
    if names:
        zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
        return f"等待评分:{zh}", f"waits for scores: {en}"
    return "各项评分齐全,等待档案和办结", "all scores are in; waits for the archive and the close"
