"""The scored evaluation: sources entered by their owners, weighted by the pack, closed only when whole.

Serves CQ2021-9.1 to 9.3: 30 / 30 / 30 / 10, decimal arithmetic, rounded once; a missing source blocks, never counts
as zero.
"""

from decimal import Decimal, InvalidOperation

from pydantic import BaseModel
from sqlmodel import select

from ledger.anchors import owner_of
from ledger.core import Done, operation, record, wake
from ledger.errors import BadInput, Refused, refusal
from ledger.lifecycle import advance_programme, phases_of, tell_host
from ledger.packs import pack_of
from ledger.people import actor, must_be_office, roles_of
from ledger.programmes import by_ref
from models.act import Act
from models.documents import Filing
from models.programme import Programme
from models.states import PhaseState, ProgrammeState
from models.training import EvaluationResult, Score
from models.values import Verdict
from policies.grounds import phase_for, resting_on
from policies.schema import Pack
from rules.evaluation import ScoreSheet, score


class Sheet(BaseModel):
    """A closed score: the total and each part as (source, weight, value, points, clause)."""

    total: str
    parts: list[tuple[str, str, str, str, str]]
    late_documents: int
    late_days: int


def sheet_of(act: Act, programme: Programme) -> ScoreSheet:
    """The score as it stands, with what is missing."""
    rows = act.session.exec(select(Score).where(Score.programme_id == programme.id)).all()
    return score(pack_of(act, programme), {row.source: Decimal(row.value) for row in rows}, programme.starts_on)


def late_filings(act: Act, programme: Programme) -> tuple[int, int]:
    """How many documents came late and the days of all of them: shown beside the archive part, which counts them."""
    rows = act.session.exec(
        select(Filing.late_days).where(Filing.programme_id == programme.id, Filing.late_days > 0)
    ).all()
    return len(rows), sum(rows)


@operation("enter-score", Done)
def enter_score(act: Act, programme_ref: str, source: str, value: str) -> Done:
    """The owner of a source enters its score, 0 to 100; it may be entered again until the score is closed.

    Raises `BadInput` for an unknown source or a value off the scale, `Refused` for another than the owner or a
    closed score.
    """
    programme = by_ref(act, programme_ref)
    pack = pack_of(act, programme)
    number = _on_scale(pack, source, value)
    _must_own(act, programme, pack, source)
    phase = next((row for row in phases_of(act, programme) if row.flow == "evaluation"), None)
    if phase is None or phase.state != PhaseState.OPEN:
        closed = phase is not None
        raise refusal(
            "evaluation.open",
            "考评已办结,不能再改分" if closed else "考评自培训实施起开放,现在还不能评分",
            "the evaluation is closed"
            if closed
            else "the evaluation opens with the delivery; it is too early to score",
            basis=resting_on(phase_for(pack, "evaluation"), pack.evaluation),
        )
    row = act.session.exec(select(Score).where(Score.programme_id == programme.id, Score.source == source)).first()
    if row is None:
        row = Score(
            programme_id=programme.id,
            source=source,
            value=number,
            person_id=actor(act).id,
            entered_at=act.now,
            created_at=act.now,
        )
    row.value, row.person_id, row.entered_at = number, actor(act).id, act.now
    act.session.add(row)
    act.session.flush()
    record(act, "score_entered", programme, source=source, value=number)
    wake(act, programme, phase)
    return Done(id=row.id, ref=programme.ref)


def _on_scale(pack: Pack, source: str, value: str) -> Decimal:
    known = [one.key for one in pack.evaluation.sources] if pack.evaluation else []
    if source not in known:
        raise BadInput([("source", f"{source!r} is not one of {', '.join(known) or 'none: this pack scores nothing'}")])
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadInput([("value", f"{value!r} is not a number")]) from None
    if not number.is_finite() or not 0 <= number <= 100:
        raise BadInput([("value", f"{value} is off the scale 0 to 100")])
    return number


def _must_own(act: Act, programme: Programme, pack: Pack, source: str) -> None:
    if pack.evaluation is None:
        return
    spec = next(one for one in pack.evaluation.sources if one.key == source)
    where = owner_of(act, programme, pack, spec.owner)
    held = roles_of(act, actor(act).id)
    if not any(role == spec.owner or (at == where.id and at != programme.host_id) for at, role in held):
        raise Refused(
            Verdict(
                key="role.score",
                allowed=False,
                zh=f"“{spec.name.zh}”只能由其负责方录入",
                en=f"{spec.name.en} is entered by its owner only ({spec.owner})",
                basis=(spec.basis,),
            )
        )


@operation("close-evaluation", Sheet)
def close_evaluation(act: Act, programme_ref: str) -> Sheet:
    """The programme office closes the score after the archive, once every source is in; the host learns each part
    and clause.

    Raises `Refused` naming the missing source (CQ2021-9.3) or the missing archive. Closing again answers the same
    result.
    """
    must_be_office(act, "办结考评", "close the evaluation")
    programme = by_ref(act, programme_ref)
    pack = pack_of(act, programme)
    sheet = sheet_of(act, programme)
    archive = any(row.flow == "archive" and row.state == PhaseState.CLOSED for row in phases_of(act, programme))
    if sheet.total is None or not archive:
        raise Refused(_not_whole(pack, sheet, archive))
    late_documents, late_days = late_filings(act, programme)
    answer = Sheet(
        total=str(sheet.total),
        parts=[(p.source, str(p.weight), str(p.value), str(p.points), p.basis.label) for p in sheet.parts],
        late_documents=late_documents,
        late_days=late_days,
    )
    known = act.session.exec(select(EvaluationResult).where(EvaluationResult.programme_id == programme.id)).first()
    if known is None:
        act.session.add(
            EvaluationResult(programme_id=programme.id, total=sheet.total, closed_at=act.now, created_at=act.now)
        )
        programme.state = ProgrammeState.EVALUATED
        act.session.add(programme)
        act.session.flush()
        record(act, "evaluation_closed", programme, **answer.model_dump())
        parts = [
            {
                "name": p.name.zh,
                "name_en": p.name.en,
                "weight": p.weight,
                "value": p.value,
                "points": p.points,
                "clause": p.basis.clause,
            }
            for p in sheet.parts
        ]
        tell_host(
            act,
            programme,
            "evaluation-result",
            "result",
            total=answer.total,
            parts=parts,
            late_documents=late_documents,
        )
        advance_programme(act, programme)
    return answer


def _not_whole(pack: Pack, sheet: ScoreSheet, archive: bool) -> Verdict:
    names = {one.key: one.name for one in pack.evaluation.sources} if pack.evaluation else {}
    zh = [f"缺{names[key].zh}" for key in sheet.missing] + ([] if archive else ["档案报送尚未办结"])
    en = [f"{names[key].en} is missing" for key in sheet.missing] + ([] if archive else ["the archive is not in"])
    grounds = [resting_on(pack.evaluation, phase_for(pack, "evaluation"))] if sheet.missing else []
    grounds += [] if archive else [resting_on(phase_for(pack, "archive"))]
    return Verdict(
        key="evaluation.whole",
        allowed=False,
        zh=f"考评不能办结:{'、'.join(zh)};各项齐全后再办结",
        en=f"the score cannot be closed: {'; '.join(en)}",
        basis=tuple(dict.fromkeys(grounds)),
        facts={"missing": list(sheet.missing)},
    )
