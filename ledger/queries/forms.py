"""What stands above the Resume form: why the last answer did not count, what is decided, for whom, until when, by what;
then the matter in short.
"""

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
    """Markdown for the form of a step. `quote` gives a clause's words; an office setting is shown as such.

    Prefect's UI shows a few lines and scrolls the rest: what is decided, for whom, until when and by what stands first.
    """
    step = act.session.get_one(ApprovalStep, step_id)
    programme = act.session.get_one(Programme, step.programme_id)
    submission = act.session.get_one(Submission, step.submission_id)
    view = step_view(act, step)
    host = act.session.get_one(Organisation, programme.host_id)
    lines = []
    if last_answer:
        lines += [f"> **上次填写未被采纳:{last_answer}**", ""]
    lines += [
        (
            f"**请{OUTCOMES[step.action]}:{SUBJECT_NAMES[step.subject][0]}(第{submission.version}版)** · "
            f"{view.organisation} · 第{view.number}级(共{view.tiers}级)"
        ),
        "",
        f"- 申报单位:{host.name}",
        f"- 办理时限:{f'{view.due_on}(本办公室设置)' if view.due_on else '未定'}",
        f"- {_basis(step.basis)}" + (";备案为回执,不作否决" if step.action == "file" else ""),
        "",
        "填写通知中的人员编号和验证码;填错不影响本环节,可重新填写。",
        "",
        "---",
        "",
        f"**{programme.title}**",
        "",
        f"- 项目编号:{programme.ref}",
        f"- 时间:{programme.starts_on} 至 {programme.ends_on};名额 {programme.places} 人;预算 {programme.budget_total} 元",
        *_content(act, programme, submission),
        *_quoted(step.basis, quote),
    ]
    return "\n".join(lines)


def _content(act: Act, programme: Programme, submission: Submission) -> list[str]:
    verdicts: list[dict[str, Any]] = submission.verdicts
    if submission.subject == "award":
        application = latest(act, programme, "application")
        verdicts = application.verdicts if application else []
    return [f"- {verdict['zh']} [{_label(verdict)}]" for verdict in verdicts]


def _label(verdict: dict[str, Any]) -> str:
    return ";".join(one.get("clause") or "本办公室设置" for one in verdict.get("basis", []))


def _basis(basis: dict[str, Any]) -> str:
    """What the tier rests on, in few words; the clause's own words stand below."""
    clause = basis.get("clause")
    if not clause:
        return f"依据:本办公室设置({basis.get('setting') or '无条款'})"
    adopted = f"(采用自 {basis['adopted_from']})" if basis.get("adopted_from") else ""
    return f"依据:{clause}{adopted}"


def _quoted(basis: dict[str, Any], quote: Quote | None) -> list[str]:
    clause = basis.get("clause")
    words = quote(clause) if clause and quote else ""
    return [f"- {clause} 原文:「{words}」"] if words else []
