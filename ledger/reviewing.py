"""A county reviews what its schools nominated: who is eligible goes on, who is not is refused with the clause.

Who only needs a reason (原则上, 避免) waits as nominated until it is given; the reason is recorded with the review. Decides
nothing itself: `rules.selection` and `rules.checks` do. Serves CQ2021-5.3, 5.9, 10.4, 10.5 and SL2017-5A.3, 5A.6.
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from ledger.core import operation, record
from ledger.errors import BadInput, Refused, refusal
from ledger.nominations import allow, must_be_open, of_session, refuse, take_step
from ledger.nominees import NO_REASONS, Nominees
from ledger.packs import pack_of
from ledger.people import actor, person, roles_of
from ledger.programmes import by_ref, session_of
from models.act import Act
from models.states import NominationState
from models.training import Nomination
from models.values import Verdict
from policies.grounds import selection_ground
from policies.problems import nearest
from policies.schema import Pack
from rules.selection import may_take_step


class Selected(BaseModel):
    """How many nominations a step took, and who was refused: (person ref, sentence, what it rests on).

    `waiting` are those who go on with a reason: (person ref, sentence, what it rests on, the check that asks for it).
    """

    taken: int
    refused: list[tuple[str, str, str]] = []
    waiting: list[tuple[str, str, str, str]] = []


@operation("review-nominations", Selected)
def review(
    act: Act,
    programme_ref: str,
    session_number: int,
    leave_out: Sequence[str] = (),
    reasons: Mapping[str, str] = NO_REASONS,
) -> Selected:
    """A county reviews the nominations of its schools and sends the list on; who is not eligible is refused with
    the clause.

    `leave_out` names nominees it does not review now. `reasons` go by the check that asks for one (`repeat`), or by
    nominee and check (`P-0007:repeat`); who lacks one stays nominated. Raises `Refused` while a public notice still
    stands, and where nobody goes on for want of a reason.
    """
    programme = by_ref(act, programme_ref)
    session = session_of(act, programme, session_number)
    must_be_open(act, programme, session)
    who = actor(act)
    pack = pack_of(act, programme)
    skip = {person(act, ref).id for ref in leave_out}
    held = roles_of(act, who.id)
    rows = of_session(act, session, NominationState.RECOMMENDED)
    nominees = Nominees(act, programme, session, pack, rows, reasons)
    _must_be_asked(pack, nominees, reasons)
    result = Selected(taken=0)
    failing: list[tuple[Nomination, Verdict]] = []
    waiting: list[Verdict] = []
    given: list[list[str]] = []
    for row in nominees.rows:
        county = nominees.county_of(row)
        roles = [role for where, role in held if where == county.id]
        if row.person_id in skip or not roles:
            continue
        allow(may_take_step(pack, "review", nominees.steps_done(row), actor_roles=roles))
        nominees.notice_must_be_over(row)
        ref, verdicts = nominees.refs[row.person_id], nominees.tests(row)
        failed = [verdict for verdict in verdicts if not verdict.allowed and verdict.strength == "block"]
        lacking = [verdict for verdict in verdicts if verdict.reason_needed]
        if failed:
            failing.append((row, failed[0]))
            continue
        if lacking:
            result.waiting += [(ref, one.zh, one.basis[0].label, one.key) for one in lacking]
            waiting += [_of(ref, one) for one in lacking]
            continue
        given += [[ref, one.key, one.facts["reason"]] for one in verdicts if one.facts.get("reason")]
        row.state = NominationState.REVIEWED
        act.session.add(row)
        take_step(act, pack, row, "review", who)
        result.taken += 1
    act.session.flush()  # the reviewed ones in one statement, before the refused ones in another
    for row, verdict in failing:
        refuse(act, row, verdict)
        result.refused.append((nominees.refs[row.person_id], verdict.zh, verdict.basis[0].label))
    if waiting and not result.taken and not result.refused:
        raise Refused(*waiting)
    if not result.taken and not result.refused:
        raise refusal(
            "selection.review",
            "没有您可审核的推荐学员:请确认您属于该校所在区县教育行政部门,且学校已推荐",
            "there is no nomination for you to review: you must belong to the county of a school that recommended",
            basis=selection_ground(pack, "review"),
        )
    record(
        act,
        "nominations_reviewed",
        programme,
        session=session.number,
        taken=result.taken,
        refused=[[ref, basis] for ref, _, basis in result.refused],
        noted=nominees.noted(),
        reasons=given,
    )
    return result


def _of(ref: str, verdict: Verdict) -> Verdict:
    """The verdict as it is said about one of several nominees; its key is what a reason is given under."""
    told = {"key": f"{ref}:{verdict.key}", "zh": f"{ref}:{verdict.zh}", "en": f"{ref}: {verdict.en}"}
    return verdict.model_copy(update=told)


def _must_be_asked(pack: Pack, nominees: Nominees, reasons: Mapping[str, str]) -> None:
    """A reason that nobody asks for is a slip of the pen, and would be lost. Raises `BadInput`."""
    tests = pack.selection.eligibility if pack.selection else ()
    checks = [*(one.key for one in tests), *(one.key for one in pack.checks), *(one.key for one in pack.bars)]
    for key in reasons:
        ref, colon, check = key.rpartition(":")
        if check not in checks:
            raise BadInput([("reason", f"no check of {pack.pack} is called {check}; {nearest(check, checks)}")])
        if colon and ref not in nominees.refs.values():
            raise BadInput([("reason", f"{ref} is not nominated for this session; see songjiao programme show")])
