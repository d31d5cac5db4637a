"""Works out again what the report gives as figures: due days, rungs, bans, scores, and what the samples expect.

Starts from the recorded days, the packs as they stand in `policies/` and the samples' file; never from a due day, ban
or total that the ledger or the report gives. Writes nothing.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from models.states import ApplicantKind, ProgrammeLevel
from office.demo.proof_rows import Row, Rows, exact, key
from office.demo.regions import of_region
from office.demo.samples import Sample
from office.runtime.settings import REPOSITORY
from policies.loader import Library, pack_hash
from policies.lookup import chain_for, find
from policies.schema import ObligationKind, Pack
from rules.bans import ban_for
from rules.deadlines import NoDueDay, due_on, recurring, rungs

_EXCELLENT = ("teacher", "researcher", "principal")


def figures_wrong(rows: Rows, report: Mapping[str, Any]) -> list[str]:
    """Which figures of the report (or of the ledger behind it) are not what the recorded days and the packs give."""
    found: list[str] = []
    library = Library(REPOSITORY / "policies")
    claims = report["claims"]
    told = _told(report)
    for programme in rows.ask("SELECT p.*, s.hash FROM programme p JOIN policy_snapshot s ON s.id = p.snapshot_id"):
        if programme["ref"] not in told:
            found.append(f"{programme['ref']}: the report does not say which sample programme it is")
            continue
        policy = told[programme["ref"]].policy
        pack = library.resolve(policy, programme["kind"])
        if pack_hash(pack) != programme["hash"]:
            found.append(f"{programme['ref']}: runs under another pack than {policy} as it stands in policies/")
        found += _due_days(rows, programme, pack)
        found += _score(rows, programme, pack, claims)
    for policy in sorted({sample.policy for sample in told.values()}):
        found += _bans(rows, library.load(policy))
    found += _expectations(rows, report, told)
    return found


def _told(report: Mapping[str, Any]) -> dict[str, Sample]:
    """The sample programmes that the report says it is about, by their number in the ledger."""
    known = of_region(report["region"])
    return {ref: known[name] for name, ref in report["programmes"].items()}


# ── due days and rungs ───────────────────────────────────────────────────────────────────────────────────────────────


def _due_days(rows: Rows, programme: Row, pack: Pack) -> Iterator[str]:
    sessions = {
        key(row["id"]): row
        for row in rows.ask("SELECT * FROM programme_session WHERE programme_id = :id", id=programme["id"])
    }
    steps = {
        key(row["id"]): row
        for row in rows.ask("SELECT * FROM approval_step WHERE programme_id = :id", id=programme["id"])
    }
    kinds = {kind.key: kind for kind in pack.obligations}
    for row in rows.ask("SELECT * FROM obligation WHERE programme_id = :id", id=programme["id"]):
        kind = kinds[row["kind"]]
        what = f"{programme['ref']} {row['kind']} {row['due_on']}"
        session = sessions.get(key(row["session_id"])) if row["session_id"] else None
        step = steps.get(key(row["step_id"])) if row["step_id"] else None
        if kind.every:
            days = recurring(pack, kind, _spans(rows, session))
            wanted = days[row["number"] - 1] if row["number"] <= len(days) else None
        else:
            rule = _tier_rule(pack, programme, step) if step else kind.due
            try:
                anchors = _anchors(rows, programme, session, step) | _stage_days(rows, programme, kind, row)
                wanted = due_on(pack, rule, anchors, _facts(programme)).on
            except NoDueDay:
                wanted = None  # what it counts from is gone from the ledger
        if wanted is None or str(row["due_on"]) != wanted.isoformat():
            yield f"{what}: by the pack it falls due on {wanted}"
        yield from _rungs(rows, row, pack, kind.ladder, what)


def _tier_rule(pack: Pack, programme: Row, step: Row) -> str:
    chain = chain_for(
        pack, step["subject"], ApplicantKind(programme["applicant_kind"]), ProgrammeLevel(programme["level"])
    )
    if chain is None:
        raise KeyError(f"{programme['ref']}: the pack has no chain for the {step['subject']}")
    return str(chain.tiers[step["number"] - 1].decision_days)


def _facts(programme: Row) -> dict[str, str]:
    return {
        "programme.kind": programme["kind"],
        "programme.level": programme["level"],
        "host.kind": programme["applicant_kind"],
    }


def _spans(rows: Rows, session: Row | None) -> list[tuple[date, date]]:
    """The planned days on which a session takes place: what its weekly reports were laid out by, on its first day."""
    stages = (
        rows.ask("SELECT planned_from, planned_to FROM stage WHERE session_id = :id", id=session["id"])
        if session
        else []
    )
    return sorted({(_date(row["planned_from"]), _date(row["planned_to"])) for row in stages})


def _anchors(rows: Rows, programme: Row, session: Row | None, step: Row | None) -> dict[str, date]:
    award = rows.ask("SELECT closed_at FROM phase WHERE programme_id = :id AND key = 'award'", id=programme["id"])
    returned = rows.ask(
        "SELECT max(d.decided_at) AS at FROM decision d WHERE d.programme_id = :id AND d.outcome = 'return'",
        id=programme["id"],
    )
    found: dict[str, Any] = {
        "programme.starts_on": programme["started_on"] or programme["starts_on"],
        "programme.ends_on": programme["ends_on"],
        "programme.ended_on": programme["ended_on"] or programme["ends_on"],
        "award.closed_on": rows.day(award[0]["closed_at"]) if award else None,
        "submission.returned_on": rows.day(returned[0]["at"]),
    }
    if session is not None:
        found |= {
            "session.starts_on": session["started_on"] or session["starts_on"],
            "session.ends_on": session["ends_on"],
            "session.ended_on": session["ended_on"] or session["ends_on"],
        }
    if step is not None:
        found["step.opened_on"] = rows.day(step["opened_at"])
    return {name: _date(value) for name, value in found.items() if value is not None}


def _stage_days(rows: Rows, programme: Row, kind: ObligationKind, owed: Row) -> dict[str, date]:
    """First and last day of the stage with which something came to be owed: at the school that owes it, where it has
    the stage to itself.
    """
    stages = rows.ask(
        "SELECT s.*, o.name AS school FROM stage s LEFT JOIN organisation o ON o.id = s.school_id"
        " WHERE s.programme_id = :id AND s.key = :key",
        id=programme["id"],
        key=kind.opens_with.partition(".")[0],
    )
    mine = [row for row in stages if owed["session_id"] is None or key(row["session_id"]) == key(owed["session_id"])]
    mine = [row for row in mine if row["school_id"] and key(row["school_id"]) == key(owed["owed_by_id"])] or mine
    if not mine:
        return {}
    return {
        "stage.starts_on": min(_date(row["actual_from"] or row["planned_from"]) for row in mine),
        "stage.ends_on": max(_date(row["actual_to"] or row["planned_to"]) for row in mine),
    }


def _rungs(rows: Rows, obligation: Row, pack: Pack, ladder: str, what: str) -> Iterator[str]:
    wanted = rungs(pack, ladder, _date(obligation["due_on"]), pack.time_zone)
    before: Row = {}
    for row in rows.ask("SELECT * FROM rung_fired WHERE obligation_id = :id ORDER BY number", id=obligation["id"]):
        rung = wanted[row["number"] - 1].rung
        day = wanted[row["number"] - 1].at.astimezone(ZoneInfo(pack.time_zone)).date()
        brought = bool(before) and not before["reached"] and before["fired_at"] == row["fired_at"]
        before = row
        on_its_day = brought or not row["reached"] or rows.day(row["fired_at"]) == day.isoformat()
        if row["rung"] != rung.rung or not on_its_day:
            yield (
                f"{what}: rung {row['number']} ({row['rung']}) was climbed on {rows.day(row['fired_at'])}, due on "
                f"{day} ({rung.rung})"
            )


# ── bans and scores ──────────────────────────────────────────────────────────────────────────────────────────────────


def _bans(rows: Rows, pack: Pack) -> Iterator[str]:
    for row in rows.ask("SELECT b.*, w.ref FROM ban b JOIN person w ON w.id = b.person_id"):
        term = ban_for(pack, "returned", _date(row["starts_on"]))
        if term is None or str(row["ends_on"]) != term.ends_on.isoformat():
            yield (
                f"ban of {row['ref']}: lasts until {row['ends_on']}, by the pack until {term.ends_on if term else None}"
            )


def _score(rows: Rows, programme: Row, pack: Pack, claims: list[dict[str, Any]]) -> Iterator[str]:
    ref = programme["ref"]
    mine = [claim for claim in claims if claim["kind"] == "score" and claim["programme"] == ref]
    values = {
        row["source"]: exact(row["value"])
        for row in rows.ask("SELECT source, value FROM score WHERE programme_id = :id", id=programme["id"])
    }
    result = rows.ask("SELECT total FROM evaluation_result WHERE programme_id = :id", id=programme["id"])
    if pack.evaluation is None or len(mine) != 1 or not result:
        yield f"{ref}: has {len(mine)} score claims and {len(result)} results instead of one"
        return
    points = {
        source.key: values.get(source.key, Decimal(0))
        * exact(find(pack, source.weight, _date(programme["starts_on"])).value)
        for source in pack.evaluation.sources
    }
    places = int(str(find(pack, pack.evaluation.decimals, _date(programme["starts_on"])).value))
    total = sum(points.values(), Decimal(0)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if exact(result[0]["total"]) != total or Decimal(mine[0]["total"]) != total:
        yield (
            f"{ref}: the score is {total} by its parts, recorded as {result[0]['total']}, claimed as {mine[0]['total']}"
        )
    claimed = {part["source"]: (Decimal(part["value"]), Decimal(part["points"])) for part in mine[0]["parts"]}
    if claimed != {name: (values.get(name, Decimal(0)), points[name]) for name in points}:
        yield f"{ref}: the parts of the score are claimed as {claimed}"
    for part in mine[0]["parts"]:
        weight = next((source.weight for source in pack.evaluation.sources if source.key == part["source"]), None)
        cited = find(pack, weight, _date(programme["starts_on"])).basis.clause if weight else None
        if part["clause"] != cited:
            yield f"{ref}: {part['source']} is claimed under {part['clause']}, the pack cites {cited}"


# ── what the samples expect ──────────────────────────────────────────────────────────────────────────────────────────


def _expectations(rows: Rows, report: Mapping[str, Any], told: Mapping[str, Sample]) -> Iterator[str]:
    claimed = {(one["programme"], one["key"]): one for one in report["expectations"]}
    for ref, sample in told.items():
        for expected in (*sample.expect, "trainees"):
            one = claimed.pop((ref, expected), None)
            if one is None:
                yield f"{ref}: the report is silent on what the sample expects of {expected}"
            elif not one["holds"] or one["expected"] != one["got"]:
                yield f"{ref} {expected}: expected {one['expected']}, came out as {one['got']}"
            else:
                yield from _again(rows, ref, expected, sample.expect.get(expected), one)
    yield from (f"{ref}: the sample expects nothing called {name}" for ref, name in claimed)


def _again(rows: Rows, ref: str, name: str, wanted: Any, one: Mapping[str, Any]) -> Iterator[str]:
    """An expectation against the sample's file and, for figures, against the rows."""
    real: Any = None
    if name == "trainees":
        states = [
            row["state"]
            for row in rows.ask(
                "SELECT n.state FROM nomination n JOIN programme p ON p.id = n.programme_id WHERE p.ref = :ref", ref=ref
            )
        ]
        real, wanted = states.count("finished"), one["expected"]["finished"]
    elif name == "score":
        row = rows.ask(
            "SELECT e.total FROM evaluation_result e JOIN programme p ON p.id = e.programme_id WHERE p.ref = :ref",
            ref=ref,
        )
        real, wanted = exact(row[0]["total"]), exact(wanted)
    elif name in ("archive_due", "plan_target_date"):
        kind = {"archive_due": "archive", "plan_target_date": "plan-target"}[name]
        row = rows.ask(
            "SELECT o.due_on FROM obligation o JOIN programme p ON p.id = o.programme_id WHERE p.ref = :ref "
            "AND o.kind = :kind",
            ref=ref,
            kind=kind,
        )
        real, wanted = str(row[0]["due_on"]), str(wanted)
    elif name == "due":
        real, wanted = _due(rows, ref, wanted), {kind: str(day) for kind, day in wanted.items()}
    elif name in ("practice_share", "outside_experts", "excellent_teachers_researchers_principals"):
        real, wanted = _ratio(rows, ref, name), round(wanted["ratio"], 4)
    if real != wanted and real is not None:
        yield f"{ref} {name}: the sample says {wanted}, the ledger's rows give {real}"
    if name not in ("trainees", "score") and not isinstance(wanted, dict) and real is None:
        said = wanted.isoformat() if isinstance(wanted, date) else wanted
        if said != one["expected"]:
            yield f"{ref} {name}: the sample says {said}, the report says it expects {one['expected']}"


def _due(rows: Rows, ref: str, wanted: Mapping[str, Any]) -> dict[str, str]:
    """The day on which what is owed of these kinds falls due, where it is one day for all who owe it."""
    found: dict[str, set[str]] = {}
    for row in rows.ask(
        "SELECT o.kind, o.due_on FROM obligation o JOIN programme p ON p.id = o.programme_id WHERE p.ref = :ref",
        ref=ref,
    ):
        found.setdefault(row["kind"], set()).add(str(row["due_on"])[:10])
    return {kind: ", ".join(sorted(found.get(kind, ()))) for kind in wanted}


def _ratio(rows: Rows, ref: str, name: str) -> float | None:
    """A share in the last version of the plan (of the application where there is none), counted from its courses and experts."""
    row = rows.ask(
        "SELECT u.content FROM submission u JOIN programme p ON p.id = u.programme_id WHERE p.ref = :ref"
        " AND u.subject IN ('implementation-plan', 'application')"
        " ORDER BY u.subject = 'implementation-plan' DESC, u.version DESC LIMIT 1",
        ref=ref,
    )
    content = json.loads(row[0]["content"]) if isinstance(row[0]["content"], str) else row[0]["content"]
    courses, experts = content["courses"], content["experts"]
    if name == "practice_share":
        pairs = [(exact(one["practice"]), exact(one["hours"])) for one in courses]
    else:
        fields = ("origin", ("outside",)) if name == "outside_experts" else ("kind", _EXCELLENT)
        pairs = [(exact(one["count"]) * (one[fields[0]] in fields[1]), exact(one["count"])) for one in experts]
    part, whole = sum((one for one, _ in pairs), Decimal(0)), sum((one for _, one in pairs), Decimal(0))
    return round(float(part / whole), 4)


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
