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

import httpx

from ledger.review import OUTCOME_ZH
from models.states import DecisionOutcome
from office.demo.proof_rows import Rows, key
from office.prefect_env import api_url
from office.runtime.settings import Settings, prefect_auth
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

    def answers(self, run_id: str) -> list[dict[str, Any]]:
        """What was filled in in a run's form, question by question."""
        rows = self._ask(f"flow_runs/{run_id}/input/filter", {"prefix": "suspended-", "limit": 200, "exclude_keys": []})
        values = []
        for row in rows:
            if not row["key"].endswith("-response"):
                continue
            value = row["value"]
            values.append(httpx.Response(200, content=value).json() if isinstance(value, str) else value)
        return [value for value in values if isinstance(value, dict)]


def runs_wrong(rows: Rows, claims: list[dict[str, Any]], prefect: Prefect, mails: list[Mail]) -> list[str]:
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
    for claim in decided:
        found += _decided(rows, claim, runs, by_message, prefect)
    for claim in tried:
        answers = prefect.answers(claim["run_id"]) if claim["run_id"] in runs else []
        if len(answers) < 2:
            found.append(
                f"attempt {claim['event']}: run {claim['run_id']} holds {len(answers)} answers, not a wrong "
                f"and a right one"
            )
    return found + _mailed(rows, mails)


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
    rows: Rows, claim: dict[str, Any], runs: dict[str, dict[str, Any]], mails: dict[str | None, Mail], prefect: Prefect
) -> list[str]:
    what = f"decision {claim['programme']} {claim['subject']} version {claim['version']} tier {claim['tier']}"
    mail = mails.get(claim["message_id"])
    if mail is None:
        return [f"{what}: no mail {claim['message_id']} was received"]
    found = _asked(rows, claim, mail, what)
    if (claim["door"] == "resume-form") != (claim["run_id"] is not None):
        found.append(f"{what}: came through {claim['door']}, and names the run {claim['run_id']}")
    if claim["run_id"] is None:
        return found
    if claim["run_id"] not in runs:
        return [*found, f"{what}: Prefect knows no run {claim['run_id']}"]
    if f"programme:{claim['programme']}" not in runs[claim["run_id"]]["tags"]:
        found.append(f"{what}: run {claim['run_id']} is another programme's")
    word = OUTCOME_ZH[(claim["action"], DecisionOutcome(claim["outcome"]))]
    codes = set(_CODE.findall(mail.text))
    given = [
        answer
        for answer in prefect.answers(claim["run_id"])
        if answer.get("approver") == claim["recorded_by"]
        and answer.get("decision") == word
        and answer.get("code") in codes
    ]
    if not given:
        found.append(
            f"{what}: no form of run {claim['run_id']} was filled in so with the code of mail {claim['message_id']}"
        )
    return found


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
