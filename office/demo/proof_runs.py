"""Checks a demo's claims against Prefect's API and the received mail: each phase has a completed run of its deployment
with the right tags, each decision came through the run's form with the code that its message held.

Speaks plain HTTP, as anyone with the password could. Writes nothing.
"""

import base64
import re
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

from office.demo.proof_rows import Rows, key
from office.prefect_env import api_url
from office.runtime.settings import Settings, prefect_auth
from office.runtime.transactions import CodeBook
from office.smtp_sink import Mail
from office.state_file import running_office

_PAGE = 100
_PATIENCE_SECONDS = 30.0
_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
_CODE = re.compile(r"(?<!\d)\d{8}(?!\d)")


class PrefectAway(RuntimeError):
    """Prefect's API cannot be asked, so no claim on a run can be checked."""


class Prefect:
    """Prefect's API, read only."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    @classmethod
    def of(cls, office: Settings) -> "Prefect":
        """The API of the office that runs in this data folder. Raises `PrefectAway` when none does."""
        state = running_office(office)
        if state is None:
            raise PrefectAway(f"no office runs in {office.root}; run songjiao demo --keep and check while it is up")
        token = base64.b64encode(prefect_auth(office).encode()).decode()
        headers = {"Authorization": f"Basic {token}"}
        return cls(httpx.Client(base_url=f"{api_url(state.port)}/", headers=headers, timeout=30, trust_env=False))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def _ask(self, path: str, body: object) -> Any:
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answer = self._http.post(path, json=body)
                if answer.status_code < 500 or time.monotonic() > until:
                    answer.raise_for_status()
                    return answer.json()
            except httpx.HTTPError as error:
                raise PrefectAway(f"Prefect's API does not answer {path}: {error}") from error
            time.sleep(1.0)  # busy: asked again

    def runs(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The runs that Prefect knows of these, by id."""
        wanted = sorted(set(ids))
        found: dict[str, dict[str, Any]] = {}
        for first in range(0, len(wanted), _PAGE):
            query = {"flow_runs": {"id": {"any_": wanted[first : first + _PAGE]}}, "limit": _PAGE}
            found |= {run["id"]: run for run in self._ask("flow_runs/filter", query)}
        return found

    def deployments(self) -> dict[str, str]:
        """The deployments' names by their ids."""
        return {one["id"]: one["name"] for one in self._ask("deployments/filter", {"limit": _PAGE})}

    def questions(self, run_id: str) -> dict[str, str]:
        """The words above the fields of each form that a run has put, by the question's key (`ask-1`)."""
        rows = self._ask(f"flow_runs/{run_id}/input/filter", {"prefix": "suspended-", "limit": 200, "exclude_keys": []})
        ending = "-description"
        return {
            row["key"].removeprefix("suspended-").removesuffix(ending): str(row["value"])
            for row in rows
            if row["key"].endswith(ending)
        }

    def resumed(self, run_id: str) -> int:
        """How many times a run was resumed; only a filled-in form does that, a wake does not."""
        try:
            answer = self._http.get("flow_run_states/", params={"flow_run_id": run_id})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise PrefectAway(f"Prefect's API does not tell the states of run {run_id}: {error}") from error
        return sum(state["name"] == "Resuming" for state in answer.json())


def runs_wrong(
    rows: Rows, claims: list[dict[str, Any]], prefect: Prefect, mails: list[Mail], server_key: bytes
) -> list[str]:
    """What of the claims on runs and messages is not so in Prefect and in the mailbox."""
    carried = [claim for claim in claims if claim["kind"] in ("programme", "phase", "sweep")]
    decided = [claim for claim in claims if claim["kind"] == "decision"]
    tried = [claim for claim in claims if claim["kind"] == "attempt" and claim["run_id"]]
    ids = {str(claim["run_id"]) for claim in (*carried, *decided, *tried) if claim["run_id"]}
    runs, names = _ended(prefect, ids), prefect.deployments()
    found: list[str] = []
    for claim in carried:
        found += _carried(claim, runs.get(str(claim["run_id"])), names)
    by_message = {mail.header("X-Songjiao-Message"): mail for mail in mails}
    forms = _Forms(rows, prefect)
    for claim in decided:
        found += _decided(rows, claim, runs, by_message, CodeBook(server_key))
        if claim["run_id"] in runs:
            found += forms.wrong(claim, "")
    for claim in tried:
        found += (
            forms.wrong(claim, claim["said"]) if claim["run_id"] in runs else [f"attempt {claim['event']}: no such run"]
        )
    return found + _mailed(rows, mails)


class _Forms:
    """What the ledger took in from forms, against the forms that Prefect has put and the times that it was resumed.

    The answers themselves are taken out of Prefect as soon as they are taken in: they hold codes.
    """

    def __init__(self, rows: Rows, prefect: Prefect) -> None:
        self._prefect = prefect
        self._asks: dict[str, list[dict[str, Any]]] = {}
        for row in rows.ask("SELECT run_id, step_id, key, answer, taken_in_at FROM form_ask ORDER BY number"):
            self._asks.setdefault(key(row["run_id"]), []).append(row)
        self._steps = {
            key(row["id"]): row
            for row in rows.ask(
                "SELECT s.id, s.subject, s.number, o.name FROM approval_step s JOIN organisation o ON o.id = s.organisation_id"
            )
        }

    def wrong(self, claim: dict[str, Any], said: str) -> list[str]:
        """What speaks against a claim that a form was filled in for this tier; `said` is what came of it, empty when taken."""
        run_id, what = claim["run_id"], f"{claim['kind']} {claim['programme']} {claim['subject']} tier {claim['tier']}"
        taken = [row for row in self._asks.get(key(run_id), []) if row["taken_in_at"] is not None]
        mine = [row for row in taken if row["answer"] == said and self._is_of(claim, row)]
        if not mine:
            return [f"{what}: no form of run {run_id} was filled in so for this tier"]
        found = []
        words = self._prefect.questions(run_id).get(mine[-1]["key"], "")
        organisation = self._steps[key(mine[-1]["step_id"])]["name"]
        if claim["programme"] not in words or organisation not in words:
            found.append(f"{what}: run {run_id} has put no form {mine[-1]['key']} to {organisation}")
        if self._prefect.resumed(run_id) < len(taken):
            found.append(
                f"{what}: run {run_id} was resumed {self._prefect.resumed(run_id)} times, {len(taken)} answers were taken in"
            )
        return found

    def _is_of(self, claim: dict[str, Any], row: dict[str, Any]) -> bool:
        if "step_id" in claim:
            return key(row["step_id"]) == key(claim["step_id"])
        step = self._steps[key(row["step_id"])]
        return bool((step["subject"], step["number"]) == (claim["subject"], claim["tier"]))


def _ended(prefect: Prefect, ids: set[str]) -> dict[str, dict[str, Any]]:
    """The runs, once none of them is still on its way to its end."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        runs = prefect.runs(ids)
        if all(run["state"]["type"] in _ENDED for run in runs.values()) or time.monotonic() > until:
            return runs
        time.sleep(0.2)


def _carried(claim: dict[str, Any], run: dict[str, Any] | None, names: dict[str, str]) -> list[str]:
    deployment = claim["deployment"]
    what = f"{claim['kind']} {claim.get('programme', '')} {claim.get('phase', '')} (run {claim['run_id']})".replace(
        "  ", " "
    )
    if run is None:
        return [f"{what}: Prefect knows no such run"]
    found = []
    if run["state"]["type"] != "COMPLETED":
        found.append(f"{what}: its run is {run['state']['name']}, not completed")
    if names.get(run["deployment_id"]) != deployment:
        found.append(f"{what}: is a run of {names.get(run['deployment_id'])}, not of {deployment}")
    wanted = set()
    if claim["kind"] != "sweep":
        wanted = {f"programme:{claim['programme']}", f"phase:{claim.get('phase', 'lifecycle')}"}
    if missing := sorted(wanted - set(run["tags"])):
        found.append(f"{what}: its run lacks the tags {', '.join(missing)}")
    return found


def _decided(
    rows: Rows,
    claim: dict[str, Any],
    runs: dict[str, dict[str, Any]],
    mails: dict[str | None, Mail],
    code_of: CodeBook,
) -> list[str]:
    what = f"decision {claim['programme']} {claim['subject']} version {claim['version']} tier {claim['tier']}"
    mail = mails.get(claim["message_id"])
    if mail is None:
        return [f"{what}: no mail {claim['message_id']} was received"]
    found = _asked(rows, claim, mail, what) + _used(rows, claim, mail, code_of, what)
    if (claim["door"] == "resume-form") != (claim["run_id"] is not None):
        found.append(f"{what}: came through {claim['door']}, and names the run {claim['run_id']}")
    if claim["run_id"] is not None and claim["run_id"] not in runs:
        found.append(f"{what}: Prefect knows no run {claim['run_id']}")
    elif claim["run_id"] is not None and f"programme:{claim['programme']}" not in runs[claim["run_id"]]["tags"]:
        found.append(f"{what}: run {claim['run_id']} is another programme's")
    return found


def _used(rows: Rows, claim: dict[str, Any], mail: Mail, code_of: CodeBook, what: str) -> list[str]:
    """The mail held the code of this person for this tier, and that code was used up by the decision."""
    for row in rows.ask("SELECT c.*, w.ref FROM one_time_code c JOIN person w ON w.id = c.person_id"):
        if key(row["step_id"]) == key(claim["step_id"]) and row["ref"] == claim["recorded_by"]:
            step_id, person_id = UUID(key(row["step_id"])), UUID(key(row["person_id"]))
            held = code_of(step_id, person_id, row["nonce"]) in _CODE.findall(mail.text)
            if held and rows.day(row["used_at"]) == claim["decided_on"]:
                return []
            return [f"{what}: mail {claim['message_id']} does not hold the code that was used on {claim['decided_on']}"]
    return [f"{what}: {claim['recorded_by']} had no code for it"]


def _asked(rows: Rows, claim: dict[str, Any], mail: Mail, what: str) -> list[str]:
    """The mail asked this person to decide this step."""
    row = rows.ask(
        "SELECT m.id, m.kind, m.step_id, w.ref, w.email FROM message m JOIN person w ON w.id = m.person_id"
        " WHERE m.kind = 'decision-asked'"
    )
    mine = [one for one in row if key(one["id"]) == key(claim["message_id"])]
    if not mine:
        return [f"{what}: the ledger has no message {claim['message_id']}"]
    found = []
    if key(mine[0]["step_id"]) != key(claim["step_id"]) or mine[0]["ref"] != claim["recorded_by"]:
        found.append(f"{what}: message {claim['message_id']} asked somebody else, or something else")
    if mail.recipient != mine[0]["email"] or claim["programme"] not in mail.text:
        found.append(f"{what}: mail {claim['message_id']} went to another address, or speaks of another programme")
    return found


def _mailed(rows: Rows, mails: list[Mail]) -> list[str]:
    """Each message that the ledger calls sent was received once, and nothing else was."""
    sent = [key(row["id"]) for row in rows.ask("SELECT id FROM message WHERE state = 'sent' AND person_id IS NOT NULL")]
    received = [key(mail.header("X-Songjiao-Message")) for mail in mails]
    found = [f"message {one}: sent, but not received" for one in sorted(set(sent) - set(received))]
    found += [f"mail {one}: received, but the ledger has not sent it" for one in sorted(set(received) - set(sent))]
    return found + [
        f"message {one}: received {received.count(one)} times"
        for one in sorted({one for one in received if received.count(one) > 1})
    ]
