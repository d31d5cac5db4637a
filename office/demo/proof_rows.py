"""Checks a demo's claims against the rows of the ledger, read by plain SQL: each claim has its row, each row its claim.

Shares no query with the code that made the report. Writes nothing.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, text
from sqlmodel import Session

from ledger.audit import verify as verify_chain
from models.act import SYSTEM, Act
from office.demo.acting import refused_by
from office.runtime.settings import Settings

Claim = Mapping[str, Any]
Row = dict[str, Any]


class Rows:
    """The ledger's tables as plain rows, read from a connection of its own."""

    def __init__(self, office: Settings) -> None:
        url = office.ledger_url.replace("postgresql://", "postgresql+psycopg://", 1)
        self._engine = create_engine(url)
        self._zone = ZoneInfo(office.time_zone)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    def ask(self, sql: str, **values: Any) -> list[Row]:
        """The rows of a query."""
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(sql), values).mappings().all()]

    def day(self, moment: Any) -> str | None:
        """The day of a recorded moment (UTC) where the regulation holds."""
        if moment is None:
            return None
        at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return at.astimezone(self._zone).date().isoformat()

    def chain(self, head: str) -> str | None:
        """What is wrong with the chain of audit events, or None; the head that was noted must still be in it."""
        with Session(self._engine) as session:
            act = Act(session, SYSTEM, "verify", datetime.now(UTC), self._zone, lambda *_: "")
            seen = verify_chain(act, head)
        if seen.differences:
            one = seen.differences[0]
            return (
                f"the {one.kind} {' '.join([one.programme, *one.of])} no longer says what its event says: {one.field}"
            )
        return None if seen.ok else f"event {seen.broken_at}: {seen.why}"


def key(value: Any) -> str:
    """An id in one form, however the database gives it."""
    return str(value).replace("-", "").lower()


def rows_wrong(rows: Rows, claims: list[dict[str, Any]], office: Settings) -> list[str]:
    """What of the claims does not stand in the rows, and which rows of these kinds nobody claimed."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for claim in claims:
        by_kind.setdefault(claim["kind"], []).append(claim)

    def of(kind: str) -> list[dict[str, Any]]:
        return by_kind.get(kind, [])

    return [
        *_programmes(rows, of("programme")),
        *_phases(rows, of("phase")),
        *_decisions(rows, of("decision")),
        *_documents(rows, of("document"), office),
        *_obligations(rows, of("obligation")),
        *_rungs(rows, of("rung")),
        *_trainees(rows, of("trainees")),
        *_messages(rows, of("messages")),
        *_bans(rows, of("ban")),
        *_attempts(rows, of("attempt")),
        *_refusals(rows, of("refusal")),
        *_audit(rows, of("audit")),
    ]


def compare(kind: str, claimed: Mapping[Any, Claim], real: Mapping[Any, Row], fields: Iterable[str]) -> list[str]:
    """Both ways: each claim has its row with the same fields, each row has its claim."""
    found = [f"{kind} {_shown(name)}: claimed, but the ledger has none" for name in claimed if name not in real]
    found += [f"{kind} {_shown(name)}: in the ledger, but not in the report" for name in real if name not in claimed]
    for name, claim in claimed.items():
        for field in fields if name in real else ():
            if claim.get(field) != real[name][field]:
                found.append(
                    f"{kind} {_shown(name)}: {field} is claimed {claim.get(field)!r}, the ledger has "
                    f"{real[name][field]!r}"
                )
    return found


def _shown(name: Any) -> str:
    return " ".join(map(str, name)) if isinstance(name, tuple) else str(name)


def by_name(kind: str, claims: list[dict[str, Any]], *fields: str) -> dict[Any, dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {}
    for claim in claims:
        name = tuple(key(claim[field]) if field.endswith("_id") else claim[field] for field in fields)
        if name in found:
            raise KeyError(f"{kind} {_shown(name)} is claimed twice")
        found[name] = claim
    return found


def _programmes(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    real = {
        (row["ref"],): row
        | {"run_id": key(row["run_id"]), "started_on": _text(row["started_on"]), "ended_on": _text(row["ended_on"])}
        for row in rows.ask("SELECT ref, title, state, started_on, ended_on, run_id, run_settled FROM programme")
    }
    claimed = by_name("programme", [claim | {"run_id": key(claim["run_id"])} for claim in claims], "programme")
    found = compare("programme", claimed, real, ("title", "state", "started_on", "ended_on", "run_id"))
    return found + [
        f"programme {name[0]}: its lifecycle has not come to its end"
        for name, row in real.items()
        if not row["run_settled"]
    ]


def _phases(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    query = (
        "SELECT p.ref AS programme, f.key AS phase, f.target, f.flow AS deployment, f.state, f.outcome, "
        "f.opened_at, f.closed_at,"
        " f.run_id FROM phase f JOIN programme p ON p.id = f.programme_id"
    )
    real = {}
    for row in rows.ask(query):
        row |= {
            "opened_on": rows.day(row["opened_at"]),
            "closed_on": rows.day(row["closed_at"]),
            "run_id": key(row["run_id"]),
        }
        real[(row["programme"], row["phase"], row["target"])] = row
    claimed = by_name(
        "phase", [claim | {"run_id": key(claim["run_id"])} for claim in claims], "programme", "phase", "target"
    )
    found = compare("phase", claimed, real, ("opened_on", "closed_on", "outcome", "deployment", "run_id"))
    return found + [f"phase {_shown(name)}: still open" for name, row in real.items() if row["state"] != "closed"]


def _decisions(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    query = (
        "SELECT d.step_id, p.ref AS programme, s.subject, u.version, s.number AS tier, s.action, d.outcome, "
        "o.name AS organisation,"
        " w.ref AS recorded_by, d.on_behalf_of, d.document_id, d.comment, d.door, d.decided_at, s.basis FROM decision d"
        " JOIN approval_step s ON s.id = d.step_id JOIN submission u ON u.id = s.submission_id"
        " JOIN organisation o ON o.id = s.organisation_id JOIN person w ON w.id = d.person_id"
        " JOIN programme p ON p.id = d.programme_id"
    )
    real = {}
    for row in rows.ask(query):
        row |= {
            "on_behalf": row["on_behalf_of"] is not None,
            "decided_on": rows.day(row["decided_at"]),
            "clause": _json(row["basis"]).get("clause"),
        }
        real[(key(row["step_id"]),)] = row
    fields = (
        *(
            "programme",
            "subject",
            "version",
            "tier",
            "action",
            "outcome",
            "organisation",
            "recorded_by",
            "on_behalf",
            "comment",
        ),
        *("decided_on", "door", "clause"),
    )
    found = compare("decision", by_name("decision", claims, "step_id"), real, fields)
    return found + [
        f"decision {row['programme']} {row['subject']} tier {row['tier']}: recorded on behalf without a scan"
        for row in real.values()
        if row["on_behalf"] and row["document_id"] is None
    ]


def _documents(rows: Rows, claims: list[dict[str, Any]], office: Settings) -> list[str]:
    query = (
        "SELECT f.id AS filing_id, p.ref AS programme, f.kind AS document, f.version, c.sha256, w.ref AS handed_in_by,"
        " f.submitted_at, f.late_days FROM filing f JOIN programme p ON p.id = f.programme_id"
        " JOIN document c ON c.id = f.document_id JOIN person w ON w.id = f.person_id"
    )
    real = {(key(row["filing_id"]),): row | {"submitted_on": rows.day(row["submitted_at"])} for row in rows.ask(query)}
    fields = ("programme", "document", "version", "sha256", "handed_in_by", "submitted_on", "late_days")
    found = compare("document", by_name("document", claims, "filing_id"), real, fields)
    for sha256 in sorted({row["sha256"] for row in real.values()}):
        if not (office.documents_dir / sha256[:2] / sha256).is_file():
            found.append(f"document {sha256}: its content is not in the store")
    return found


def _obligations(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    query = (
        "SELECT o.id, p.ref AS programme, o.kind AS obligation, o.number, o.due_on, o.state, o.met_at, "
        "o.late_days, o.basis,"
        " g.name AS owed_by FROM obligation o JOIN programme p ON p.id = o.programme_id JOIN organisation g "
        "ON g.id = o.owed_by_id"
    )
    real = {}
    for row in rows.ask(query):
        basis = _json(row["basis"])
        row |= {
            "due_on": str(row["due_on"]),
            "met_on": rows.day(row["met_at"]),
            "clause": basis.get("clause"),
            "setting": basis.get("setting"),
        }
        real[(key(row["id"]),)] = row
    fields = (
        "programme",
        "obligation",
        "number",
        "due_on",
        "state",
        "met_on",
        "late_days",
        "owed_by",
        "clause",
        "setting",
    )
    found = compare("obligation", by_name("obligation", claims, "obligation_id"), real, fields)
    for row in real.values():
        late = (date.fromisoformat(row["met_on"]) - date.fromisoformat(row["due_on"])).days if row["met_on"] else 0
        if max(late, 0) != row["late_days"] or (row["state"] == "met-late") != (late > 0):
            found.append(
                f"obligation {row['programme']} {row['obligation']} {row['due_on']}: {late} days late, "
                f"recorded as {row['late_days']} ({row['state']})"
            )
        if row["state"] == "open":
            found.append(f"obligation {row['programme']} {row['obligation']} {row['due_on']}: still open")
    return found


def _rungs(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    query = (
        "SELECT r.obligation_id, r.move, r.number, r.rung, r.fired_at, r.reached, o.kind AS obligation, "
        "p.ref AS programme"
        " FROM rung_fired r JOIN obligation o ON o.id = r.obligation_id JOIN programme p ON p.id = o.programme_id"
    )
    real = {}
    for row in rows.ask(query):
        real[(key(row["obligation_id"]), row["number"])] = row | {"fired_on": rows.day(row["fired_at"])}
    claimed = by_name("rung", claims, "obligation_id", "number")
    return compare("rung", claimed, real, ("programme", "obligation", "rung", "fired_on", "reached"))


def _trainees(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    query = (
        "SELECT p.ref AS programme, s.number AS session, n.state, n.refusal_basis FROM nomination n"
        " JOIN programme p ON p.id = n.programme_id JOIN programme_session s ON s.id = n.session_id"
    )
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in rows.ask(query):
        groups.setdefault((row["programme"], row["session"]), []).append(row)
    real = {
        name: {
            "nominated": len(group),
            "states": dict(Counter(row["state"] for row in group)),
            "refused_by": dict(Counter(row["refusal_basis"] for row in group if row["state"] == "refused")),
        }
        for name, group in groups.items()
    }
    return compare(
        "trainees", by_name("trainees", claims, "programme", "session"), real, ("nominated", "states", "refused_by")
    )


def _messages(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    real = {
        (row["kind"], row["state"]): row
        for row in rows.ask("SELECT kind, state, count(*) AS count FROM message GROUP BY kind, state")
    }
    found = compare("messages", by_name("messages", claims, "message", "state"), real, ("count",))
    return found + [
        f"messages {kind}: {row['count']} are {state}"
        for (kind, state), row in real.items()
        if state not in ("sent", "cancelled")
    ]


def _bans(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    query = (
        "SELECT b.id, w.ref AS person, b.starts_on, b.ends_on, b.clause FROM ban b JOIN person w ON w.id = b.person_id"
    )
    real = {
        (key(row["id"]),): row | {"starts_on": str(row["starts_on"]), "ends_on": str(row["ends_on"])}
        for row in rows.ask(query)
    }
    return compare("ban", by_name("ban", claims, "ban_id"), real, ("person", "starts_on", "ends_on", "clause"))


def _attempts(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    query = (
        "SELECT e.number AS event, p.ref AS programme, e.at, e.facts FROM audit_event e JOIN programme p ON "
        "p.id = e.programme_id"
        " WHERE e.kind = 'decision_refused'"
    )
    real = {}
    for row in rows.ask(query):
        facts = _json(row["facts"])
        real[(row["event"],)] = row | {
            "on": rows.day(row["at"]),
            "why": facts["why"],
            "subject": facts["subject"],
            "tier": facts["tier"],
        }
    return compare("attempt", by_name("attempt", claims, "event"), real, ("programme", "on", "why", "subject", "tier"))


def _refusals(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    """A refused act leaves no row: what it would have done was not done on that day."""
    found = []
    for claim in claims:
        ref, on = claim["programme"], claim["on"]
        if claim["matter"] == "start":
            done = rows.ask("SELECT started_on AS day FROM programme WHERE ref = :ref", ref=ref)
        else:
            done = rows.ask(
                "SELECT min(u.submitted_at) AS day FROM submission u JOIN programme p ON p.id = u.programme_id"
                " WHERE p.ref = :ref AND u.subject = 'implementation-plan'",
                ref=ref,
            )
        first = str(done[0]["day"])[:10] if done and done[0]["day"] else None
        if claim["exit_status"] != 1 or not refused_by(claim["clause"], claim["said"]):
            by = claim["clause"] or "a setting of the office"
            found.append(f"refusal {ref} ({claim['what']}): not refused by {by}: {claim['said']}")
        if first is None or first <= on:
            found.append(f"refusal {ref} ({claim['what']}): refused on {on}, yet the ledger has it done on {first}")
    return found


def _audit(rows: Rows, claims: list[dict[str, Any]]) -> list[str]:
    if len(claims) != 1:
        return [f"the report makes {len(claims)} claims on the chain of audit events instead of one"]
    claim = claims[0]
    broken = rows.chain(claim["head"])
    if broken is not None:
        return [f"the chain of audit events is broken: {broken}"]
    at = rows.ask("SELECT number FROM audit_event WHERE hash = :head", head=claim["head"])
    return (
        []
        if at and at[0]["number"] == claim["events"]
        else [f"the head {claim['head']} is not event {claim['events']}"]
    )


def _json(value: Any) -> dict[str, Any]:
    return dict(json.loads(value)) if isinstance(value, str) else dict(value or {})


def _text(value: Any) -> str | None:
    return str(value) if value is not None else None


def exact(value: Any) -> Decimal:
    """A recorded number as an exact one."""
    return Decimal(str(value))
