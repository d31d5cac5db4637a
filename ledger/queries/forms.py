"""What stands above the Resume form of a decision: the matter in short, the clause, why the last answer did not count."""

import uuid
from collections.abc import Callable
from typing import Any

from ledger.chains import SUBJECT_NAMES, latest
from ledger.queries.phases import OUTCOMES, step_view
from models.act import Act
from models.people import Organisation
from models.programme import Programme
from models.review import ApprovalStep, Submission

Quote = Callable[[str], str]


def form_text(act: Act, step_id: uuid.UUID, last_answer: str | None, quote: Quote | None = None) -> str:
    """Markdown for the form of a step. `quote` gives a clause's words; an office setting is shown as such."""
    step = act.session.get_one(ApprovalStep, step_id)
    programme = act.session.get_one(Programme, step.programme_id)
    submission = act.session.get_one(Submission, step.submission_id)
    view = step_view(act, step)
    host = act.session.get_one(Organisation, programme.host_id)
    lines = []
    if last_answer:
        lines += [f"> **上次填写未被采纳:{last_answer}**", ""]
    lines += [
        f"### {programme.title}",
        (
            f"**{SUBJECT_NAMES[step.subject][0]}(第{submission.version}版)· 第{view.number}级(共{view.tiers}级)· "
            f"{view.organisation}**"
        ),
        "",
        f"- 项目编号:{programme.ref}",
        f"- 承训机构:{host.name}",
        f"- 时间:{programme.starts_on} 至 {programme.ends_on};名额 {programme.places} 人;预算 {programme.budget_total} 元",
        *_content(act, programme, submission),
        f"- 本级办理:**{OUTCOMES[step.action]}**" + ("(备案为回执,不作否决)" if step.action == "file" else ""),
        f"- 办理时限:{view.due_on}(本办公室设置)" if view.due_on else "",
        "",
        _basis(step.basis, quote),
        "",
        "请填写:人员编号(见通知)、通知中的一次性验证码、决定、意见。验证码或人员有误时本环节不变,须重新填写。",
    ]
    return "\n".join(line for line in lines if line is not None)


def _content(act: Act, programme: Programme, submission: Submission) -> list[str]:
    verdicts: list[dict[str, Any]] = submission.verdicts
    if submission.subject == "award":
        application = latest(act, programme, "application")
        verdicts = application.verdicts if application else []
    return [f"- {verdict['zh']} [{_label(verdict)}]" for verdict in verdicts]


def _label(verdict: dict[str, Any]) -> str:
    return ";".join(one.get("clause") or "本办公室设置" for one in verdict.get("basis", []))


def _basis(basis: dict[str, Any], quote: Quote | None) -> str:
    clause = basis.get("clause")
    if not clause:
        return f"依据:本办公室设置({basis.get('setting') or '无条款'})"
    adopted = f"(采用自 {basis['adopted_from']})" if basis.get("adopted_from") else ""
    return f"依据:{clause}{adopted}" + (f"「{quote(clause)}」" if quote else "")
