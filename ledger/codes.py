"""One-time codes at the door of a decision: a wrong, stale, locked or foreign one changes nothing and is recorded.

Five wrong tries of a person on a step lock it for them and the office is told; a code that they renew themselves brings
no new tries, only one that the office sends does. Serves CQ2021-2.1 (who decides).
"""

import hmac
import uuid

from pydantic import BaseModel
from sqlmodel import select

from ledger.chains import (
    SUBJECT_NAMES,
    wake_review,
)
from ledger.core import record
from ledger.outbox import tell
from ledger.people import CLERK, office_people
from models.act import Act
from models.people import Organisation, Person
from models.programme import Programme
from models.review import ApprovalStep, OneTimeCode
from models.states import StepState
from models.values import Basis
from rules.approval import clerk_advice

TRIES = 5


class Decided(BaseModel):
    """What came of a decision: accepted or not, why and what that rests on, in both languages."""

    accepted: bool
    zh: str
    en: str
    basis: list[str] = []
    basis_en: list[str] = []
    step_id: uuid.UUID | None = None


def refuse_attempt(
    act: Act,
    programme: Programme,
    step: ApprovalStep,
    who: Person | None,
    why: str,
    zh: str,
    en: str,
    basis: tuple[Basis, ...] = (),
) -> Decided:
    """Record an attempt that was not accepted, wake the run that waits, and answer why; nothing else changes."""
    record(
        act,
        "decision_refused",
        programme,
        subject=step.subject,
        tier=step.number,
        why=why,
        ref=who.ref if who else None,
        organisation_id=step.organisation_id,
    )
    if step.state == StepState.OPEN:
        wake_review(act, programme, step.subject)
    return Decided(
        accepted=False,
        zh=zh,
        en=en,
        basis=[one.label for one in basis],
        basis_en=[one.label_en for one in basis],
        step_id=step.id,
    )


def check_code(
    act: Act, programme: Programme, step: ApprovalStep, who: Person, code: str, *, on_behalf: bool = False
) -> Decided | None:
    """What is wrong with the code that a person gave for a step, recorded as an attempt; None when it is right.

    Whoever would record on behalf and is not asked is told how a clerk is named.
    """
    if step.state == StepState.DECIDED:
        return refuse_attempt(
            act, programme, step, who, "decided-already", "本环节已有决定,不能再次决定", "this step is decided already"
        )
    if step.state != StepState.OPEN:
        return refuse_attempt(
            act, programme, step, who, "not-open", "本环节现在不接受决定", "this step takes no decision now"
        )
    row = act.session.exec(
        select(OneTimeCode).where(OneTimeCode.step_id == step.id, OneTimeCode.person_id == who.id)
    ).first()
    if row is None:
        zh, en = "您不是本环节的审核人或代录人", "you are not asked to decide this step"
        if on_behalf:
            advice = clerk_advice(who.ref, act.session.get_one(Organisation, step.organisation_id).name)
            again = f"songjiao approval send-code {programme.ref} --to {who.ref}"
            zh += f":代录须有该单位的经办人角色 {CLERK};{advice[0]},再发验证码:{again}"
            en += f": recording on behalf needs the role {CLERK} there; {advice[1]}, and has a code sent: {again}"
        return refuse_attempt(act, programme, step, who, "not-asked", zh, en)
    if row.locked_at is not None:
        return refuse_attempt(
            act,
            programme,
            step,
            who,
            "code-locked",
            "验证码因多次输错已锁定,请联系项目办重发",
            "the code is locked after wrong tries; ask the programme office for a new one",
        )
    if row.expires_at < act.now:
        return refuse_attempt(
            act,
            programme,
            step,
            who,
            "code-expired",
            "验证码已过期,请申请重发",
            "the code has expired; ask for a new one",
        )
    return wrong_code(act, programme, step, who, row, code)


def wrong_code(
    act: Act, programme: Programme, step: ApprovalStep, who: Person, row: OneTimeCode, code: str
) -> Decided | None:
    """Count a code that does not match as a wrong try, and lock it after the last; None when it matches."""
    given = "".join(code.split()).replace("-", "")
    if not hmac.compare_digest(given.encode(), act.code_of(step.id, who.id, row.nonce).encode()):
        row.tries += 1
        left = TRIES - row.tries
        if left <= 0:
            row.locked_at = act.now
            where = act.session.get_one(Organisation, step.organisation_id)
            tell(
                act,
                "code-locked",
                f"{row.id}:{row.nonce[:6]}",
                office_people(act),
                programme,
                organisation=where.name,
                subject_name=SUBJECT_NAMES[step.subject][0],
                subject_name_en=SUBJECT_NAMES[step.subject][1],
            )
        act.session.add(row)
        return refuse_attempt(
            act,
            programme,
            step,
            who,
            "wrong-code",
            f"验证码不正确(还可试{max(left, 0)}次)" if left > 0 else "验证码不正确,已锁定,请联系项目办重发",
            f"the code is wrong ({max(left, 0)} {'try' if left == 1 else 'tries'} left)",
        )
    return None
