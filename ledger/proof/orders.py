"""Probes of what follows in its order: chains, phases, stages with what they yield, the selection, the scores.

Each has the ledger's own operation, or the rule that it asks, meet the pack, and looks at whom that turns to. Decides no
clause by its id.
"""

from functools import partial
from typing import Any

from sqlmodel import select

from ledger.chains import open_chain, steps_of
from ledger.errors import Refused
from ledger.lifecycle import advance_programme, phases_of, schools_by_session
from ledger.proof.probe import NotKeptHere, Probe, must_refuse, names, programme_for
from ledger.proof.world import OUTSIDER
from ledger.scoring import enter_score
from models.office import Message
from models.programme import Phase as PhaseRow
from models.programme import Programme
from models.review import Submission
from models.states import PhaseState
from policies.keeping import subject_of
from policies.lookup import phase_of, role_name, stage_of
from policies.schema import Chain, Evaluation, Pack, Phase, Product, ScoreSource, SelectionStep, Stage
from rules.phases import PhaseKey, planned
from rules.selection import may_take_step
from rules.stages import may_close


def chain(probe: Probe) -> None:
    """A submission that comes in is laid before the tiers that the pack had, in their order."""
    part = probe.keeper.part
    assert isinstance(part, Chain)
    programme = programme_for(probe)
    programme.applicant_kind, programme.level = str(part.applicant_kinds[0]), str(part.levels[0])
    if _asked(probe, programme, part.subject) != list(probe.keeper.actors):
        raise NotKeptHere(f"{part.subject} does not go to {', '.join(probe.keeper.actors)}")


def phase(probe: Probe) -> None:
    """The phase opens in the ledger once those before it are closed, and its matter goes to the pack's own tiers."""
    part = probe.keeper.part
    assert isinstance(part, Phase)
    programme = programme_for(probe)
    pack = probe.packs[programme.kind]
    spec = phase_of(pack, part.key)
    _open_after_all_others(probe, programme, pack, spec.key)
    subject = subject_of(part)
    if not any(one.subject == subject for one in pack.approval):
        raise NotKeptHere(f"nobody reviews the {subject}")
    probe.actor(_asked(probe, programme, subject))


def _asked(probe: Probe, programme: Programme, subject: str) -> list[str]:
    """The roles before which the ledger lays a submission of this subject, in their order."""
    world = probe.world
    known = select(Submission).where(Submission.programme_id == programme.id, Submission.subject == subject)
    row = world.session.exec(known).first() or Submission(
        programme_id=programme.id,
        subject=subject,
        version=1,
        state="under-review",
        content={"budget": []},
        verdicts=[],
        submitted_by_id=world.person_of("host-institution").id,
        submitted_at=world.now,
        created_at=world.now,
    )
    world.session.add(row)
    world.session.flush()
    open_chain(world.act_as(), programme, row)
    return [step.role for step in steps_of(world.act_as(), row)]


def stage(probe: Probe) -> None:
    """The stage opens in the ledger, which tells those who conduct it."""
    part = probe.keeper.part
    assert isinstance(part, Stage)
    programme = programme_for(probe)
    pack = probe.packs[programme.kind]
    stage_of(pack, part.key)
    opening = next((one for one in pack.phases if one.stage == part.key), None)
    if opening is None:
        raise NotKeptHere(f"no phase opens {part.key}")
    _open_after_all_others(probe, programme, pack, opening.key)
    kinds = ("stage-opened", "nobody-reached")
    rows = probe.world.session.exec(select(Message).where(Message.programme_id == programme.id)).all()
    told = {str(row.facts.get("role")) for row in rows if row.kind in kinds}
    missed = [role for role in part.owners if role_name(pack, role) not in told]
    owns = [role for role in part.owners if role in stage_of(pack, part.key).owners]
    if missed or not owns:
        raise NotKeptHere(f"{part.key} opens without a word to {names(missed or part.owners)}")


def _open_after_all_others(probe: Probe, programme: Programme, pack: Pack, key: str) -> None:
    """Close every phase but this one, have the programme go on, and see whether it opens."""
    act = probe.world.act_as()
    for one in planned(pack, programme.kind, schools_by_session(act, programme)):
        if one.key != key:
            probe.world.session.add(_closed(probe, programme, pack, one))
    probe.world.session.flush()
    advance_programme(act, programme)
    if not any(row.key == key for row in phases_of(act, programme)):
        raise NotKeptHere(f"{key} does not open")


def _closed(probe: Probe, programme: Programme, pack: Pack, one: PhaseKey) -> PhaseRow:
    from ledger.anchors import target_of

    now = probe.world.now
    return PhaseRow(
        programme_id=programme.id,
        key=one.key,
        flow=phase_of(pack, one.key).flow,
        target=target_of(one.session, one.school),
        session_id=one.session,
        school_id=one.school,
        state=PhaseState.CLOSED,
        opened_at=now,
        closed_at=now,
        created_at=now,
    )


def product(probe: Probe) -> None:
    """The stage asks the clause's actor for it before it closes."""
    part = probe.keeper.part
    assert isinstance(part, Product)
    role = probe.actor((part.owed_by,))
    stage_asks(probe, "missing" if part.blocks else "missing_not_blocking", "document", part.document, "owed_by", role)


def stage_asks(probe: Probe, among: str, named: str, key: str, by: str, role: str) -> None:
    """A stage to which nobody has handed in anything names this thing among what it lacks, and this role for it."""
    pack = probe.own
    spec = pack.stages[int(probe.keeper.path[1])] if len(pack.stages) > int(probe.keeper.path[1]) else None
    if spec is None:
        raise NotKeptHere(f"there is no stage that asks for {key}")
    today = probe.world.now.date()
    verdict = may_close(
        spec, predecessor_closed=True, products={}, trainees=1, today=today, planned_to=today, schools=1, pack=pack
    )
    asked: list[dict[str, Any]] = [one for one in verdict.facts[among] if one[named] == key]
    if [one[by] for one in asked] != [role]:
        raise NotKeptHere(f"{spec.key} does not ask {role} for {key}")


def selection(probe: Probe) -> None:
    """Each step of the selection is taken by whoever took it under the pack, and by nobody else."""
    pack = probe.own
    steps = pack.selection.steps if pack.selection else ()
    part = probe.keeper.part
    if isinstance(part, SelectionStep):
        mine = [(step.key, part.role) for step in steps if step.key == part.key]
    else:
        mine = list(zip((step.key for step in steps), probe.keeper.actors, strict=False))
    if not mine:
        raise NotKeptHere("nobody selects")
    for key, role in mine:
        before = [step.key for step in steps[: [step.key for step in steps].index(key)]]
        for acting, may in ((role, True), (OUTSIDER, False)):
            verdict = may_take_step(
                pack, key, before, actor_roles=[acting], actor_is_teacher=key == "volunteer" and acting == role
            )
            if verdict.allowed is not may:
                raise NotKeptHere(f"the step {key} is not taken by {role} alone")


def evaluation(probe: Probe) -> None:
    """Each source is scored by its owner in the ledger, which refuses others."""
    part = probe.keeper.part
    sources = (part,) if isinstance(part, ScoreSource) else part.sources if isinstance(part, Evaluation) else ()
    programme = programme_for(probe)
    world, pack = probe.world, probe.packs[programme.kind]
    for row in [one for one in pack.phases if one.flow == "evaluation"][:1]:
        opened = _closed(probe, programme, pack, PhaseKey(row.key))
        opened.state, opened.closed_at = PhaseState.OPEN, None
        world.session.add(opened)
    world.session.flush()
    for source in sources:
        enter_score(world.act_as(source.owner), programme.ref, source.key, "80")
        must_refuse(partial(enter_score, world.act_as(OUTSIDER), programme.ref, source.key, "80"), Refused)
