"""What the pages of a programme hold and how they read: the list, the whole of one, and where it stands."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from cli.language import counted, say, spoken
from cli.output import basis_words, line, when
from cli.words import word

if TYPE_CHECKING:
    from ledger.queries.standing import Awaited, PhaseLine, Standing
    from models.act import Act
    from models.programme import Programme


def programmes(act: "Act") -> list[dict[str, Any]]:
    """Every programme, oldest first."""
    from sqlmodel import col, select

    from models.people import Organisation
    from models.programme import Programme

    rows = act.session.exec(
        select(Programme, Organisation.name)
        .join(Organisation, col(Organisation.id) == col(Programme.host_id))
        .order_by(col(Programme.id))
    ).all()
    return [_facts(programme, host) for programme, host in rows]


def _facts(row: "Programme", host: str) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "title": row.title,
        "kind": row.kind,
        "level": row.level,
        "subject": row.subject,
        "theme": row.theme,
        "host": host,
        "state": row.state,
        "places": row.places,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "started_on": row.started_on,
        "ended_on": row.ended_on,
        "budget_total": row.budget_total,
        "budget_confirmed_at": row.budget_confirmed_at,
        "sample": row.sample,
    }


def programme_page(act: "Act", ref: str) -> dict[str, Any]:
    """All of a programme: its facts, pinned pack, sessions, submissions and decisions."""
    from ledger.programmes import by_ref
    from models.people import Organisation
    from models.programme import PolicySnapshot

    row = by_ref(act, ref)
    pinned = act.session.get_one(PolicySnapshot, row.snapshot_id)
    return {
        **_facts(row, act.session.get_one(Organisation, row.host_id).name),
        "policy": pinned.name,
        "policy_hash": pinned.hash,
        "sessions": _sessions(act, row),
        "submissions": _submissions(act, row),
    }


def _sessions(act: "Act", row: "Programme") -> list[dict[str, Any]]:
    from sqlmodel import col, select

    from ledger.lifecycle import sessions_of
    from models.people import Organisation
    from models.programme import SessionSchool

    found = []
    for session in sessions_of(act, row):
        schools = act.session.exec(
            select(Organisation.name, SessionSchool.places)
            .join(SessionSchool, col(SessionSchool.school_id) == col(Organisation.id))
            .where(SessionSchool.session_id == session.id)
            .order_by(col(SessionSchool.id))
        ).all()
        found.append(
            {
                "number": session.number,
                "name": session.name,
                "places": session.places,
                "starts_on": session.starts_on,
                "ends_on": session.ends_on,
                "started_on": session.started_on,
                "ended_on": session.ended_on,
                "list_confirmed_at": session.list_confirmed_at,
                "schools": [{"name": name, "places": places} for name, places in schools],
            }
        )
    return found


def _submissions(act: "Act", row: "Programme") -> list[dict[str, Any]]:
    from sqlmodel import col, select

    from models.people import Organisation, Person
    from models.review import ApprovalStep, Decision, Submission

    decided: dict[Any, list[dict[str, Any]]] = {}
    for decision, step, where, who in act.session.exec(
        select(Decision, ApprovalStep, Organisation.name, Person.ref)
        .join(ApprovalStep, col(ApprovalStep.id) == col(Decision.step_id))
        .join(Organisation, col(Organisation.id) == col(ApprovalStep.organisation_id))
        .join(Person, col(Person.id) == col(Decision.person_id), isouter=True)  # silence has no hand
        .where(Decision.programme_id == row.id)
        .order_by(col(Decision.id))
    ).all():
        decided.setdefault(step.submission_id, []).append(
            {
                "tier": step.number,
                "organisation": where,
                "action": step.action,
                "outcome": decision.outcome,
                "comment": decision.comment,
                "recorded_by": who,
                "deemed_by": decision.deemed_by,
                "taken_back": step.superseded_at is not None,
                "on_behalf": decision.on_behalf_of is not None,
                "door": decision.door,
                "decided_at": decision.decided_at,
                "clause": step.basis.get("clause"),
            }
        )
    query = select(Submission).where(Submission.programme_id == row.id).order_by(col(Submission.id))
    return [
        {
            "subject": one.subject,
            "version": one.version,
            "state": one.state,
            "submitted_at": one.submitted_at,
            "decisions": decided.get(one.id, []),
        }
        for one in act.session.exec(query).all()
    ]


def print_programme(page: Mapping[str, Any], zone: tzinfo) -> None:
    """Print the whole of a programme."""
    line(f"{page['ref']} {page['title']}" + (say("(示例)", " (sample)") if page["sample"] else ""))
    for label, value in (
        (say("状态", "state"), word(page["state"])),
        (say("类型与级别", "kind and level"), f"{page['kind']}, {word(page['level'])}"),
        (say("学科与主题", "subject and theme"), f"{page['subject']}, {page['theme']}"),
        (say("承训机构", "host"), page["host"]),
        (say("名额", "places"), page["places"]),
        (say("计划", "planned"), _days(page["starts_on"], page["ends_on"])),
        (say("实际", "actual"), _days(page["started_on"], page["ended_on"])),
        (say("经费(元)", "budget (CNY)"), _budget(page, zone)),
        (say("政策包", "pack"), f"{page['policy']} ({page['policy_hash'][:12]})"),
    ):
        line(f"  {label}: {value}")
    for session in page["sessions"]:
        line(
            f"{session['name']} ({say('第', 'session ')}{session['number']}{say('期', '')}): "
            + say(f"{session['places']} 人,", f"{counted(session['places'], 'place')}, ")
            + _days(session["starts_on"], session["ends_on"])
        )
        for school in session["schools"]:
            line(f"  {school['name']}: {school['places']}")
    for one in page["submissions"]:
        version = say(f"第{one['version']}版", f"version {one['version']}")
        line(f"{word(one['subject'])} {version}: {word(one['state'])} ({when(one['submitted_at'], zone)})")
        for decision in one["decisions"]:
            tier = say(f"第{decision['tier']}级", f"tier {decision['tier']}")
            behalf = say(",代录", ", recorded on behalf") if decision["on_behalf"] else ""
            comment = f": {decision['comment']}" if decision["comment"] else ""
            basis = f" [{decision['clause']}]" if decision["clause"] else ""
            line(
                f"  {tier} {decision['organisation']}: {outcome_words(decision)} "
                f"({when(decision['decided_at'], zone)}, {decision['recorded_by']}{behalf}){basis}{comment}"
            )


def outcome_words(decision: Mapping[str, Any]) -> str:
    """What a tier decided: an approval is called what the tier does."""
    if decision["outcome"] == "approve":
        return say(*{"award": ("同意立项", "awarded")}.get(decision["action"], (word(decision["action"]), "approved")))
    return word(decision["outcome"])


def _budget(page: Mapping[str, Any], zone: tzinfo) -> str:
    confirmed = page["budget_confirmed_at"]
    state = (
        say(f"已确认 {when(confirmed, zone)}", f"confirmed {when(confirmed, zone)}")
        if confirmed
        else say("未确认", "not confirmed")
    )
    return f"{page['budget_total']} ({state})"


def _days(first: object, last: object) -> str:
    return say(f"{first or '—'} 至 {last or '—'}", f"{first or '-'} to {last or '-'}")


def print_standing(act: "Act", standing: "Standing") -> None:
    """Print where a programme stands: its phases, and each thing that is awaited with its clause and what follows."""
    line(f"{standing.ref} {standing.title}: {word(standing.state)} ({standing.policy})")
    line()
    line(say("环节", "Phases"))
    for phase in standing.phases:
        name = say(phase.name, phase.name_en)
        until = f" → {when(phase.closed_at, act.zone)} {word(phase.outcome)}" if phase.closed_at else ""
        target = f" · {phase.target}" if phase.target else ""
        line(f"  {name}{target}: {when(phase.opened_at, act.zone)}{until}")
        if phase.waiting_for:
            _print_waiting(act, phase)
    line()
    line(
        say("在等(有期限的应办事项)", "Awaited (what is owed by a day)")
        if standing.awaited
        else _nothing_owed(standing)
    )
    for owed, later in _with_later(standing.awaited):
        _print_awaited(act, owed)
        if later:
            last = max(one.until for one in later if one.until)
            more = say(f"另有 {len(later)} 期,至 {last}", f"and {len(later)} more of the same, until {last}")
            line(f"    {more}")


def _with_later(awaited: Sequence["Awaited"]) -> list[tuple["Awaited", list["Awaited"]]]:
    """What is awaited; where two or more of the same matter come after the next one, they are put to it.

    Whatever is overdue stands for itself.
    """
    coming: dict[tuple[str, ...], list[Awaited]] = {}
    for one in awaited:
        if one.until is not None and not one.overdue_days:
            coming.setdefault(_matter(one), []).append(one)
    found: list[tuple[Awaited, list[Awaited]]] = []
    for one in awaited:
        same = coming.get(_matter(one), [])
        recurs = len(same) > 2 and len({each.until for each in same}) == len(same)
        if not recurs or one not in same:
            found.append((one, []))
        elif one is same[0]:
            found.append((one, same[1:]))
    return found


def _matter(one: "Awaited") -> tuple[str, ...]:
    return one.kind, one.what, one.organisation, one.role_key


def _print_waiting(act: "Act", phase: "PhaseLine") -> None:
    """What an open phase waits for, since when, until which planned day and by what."""
    until = say(f",计划至 {phase.until}", f", planned until {phase.until}") if phase.until else ""
    since = when(phase.opened_at, act.zone)
    line(
        f"    {say(phase.waiting_for, phase.waiting_for_en)}"
        + say(f"(自 {since} 起{until})", f" (since {since}{until})")
    )
    basis = basis_words(phase.clause, phase.setting_says, phase.adopted_from, phase.setting_says_en)
    line(f"    {say('依据', 'by')} {basis}" + (f" “{phase.quote}”" if phase.quote else ""))


def _nothing_owed(standing: "Standing") -> str:
    """What is said where nobody owes anything by a day: whether phases wait for somebody all the same."""
    if any(phase.waiting_for for phase in standing.phases):
        return say(
            "没有带期限的应办事项;各环节在等什么,见上",
            "Nothing is owed by a day; what the phases wait for stands above",
        )
    return say("现在没有应办事项", "Nothing is owed at the moment")


def _print_awaited(act: "Act", owed: "Awaited") -> None:
    role = owed.role_en if spoken() == "en" else owed.role
    late = (
        say(f",已逾期 {owed.overdue_days} 天", f", {counted(owed.overdue_days, 'day')} overdue")
        if owed.overdue_days
        else ""
    )
    line(say(f"  {owed.what}:{owed.organisation}({role})", f"  {owed.what_en}: {owed.organisation} ({role})"))
    since, until = when(owed.since, act.zone), owed.until or say("未定", "not set")
    line("    " + say(f"自 {since} 起,至 {until} 止{late}", f"since {since}, until {until}{late}"))
    if owed.clock:
        line("    " + say(f"计时:{owed.clock}", f"clock: {owed.clock_en}"))
    line(
        f"    {say('依据', 'by')} {basis_words(owed.clause, owed.setting_says, None, owed.setting_says_en)}"
        + (f" “{owed.quote}”" if owed.quote else "")
    )
    line("    " + say(f"办理后:{owed.if_done}", f"if done: {owed.if_done_en}"))
    line("    " + say(f"不办理:{owed.if_not}", f"if not: {owed.if_not_en}"))
