"""How the sample people act: through the command line, the Resume form of a run, and on behalf of heads who never log
in.

Every act is one that a real person could do: a command with its arguments, or a POST to a run's resume with the code
from the mail that came in. What went through which door is noted in the journal, which the report is made from.
Decides nothing.
"""

import base64
import contextlib
import io
import re
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from office.demo.looking import Looking, OpenStep
from office.demo.world import World
from office.runtime.settings import Settings
from office.smtp_sink import Mail, SmtpSink

Run = Callable[[Sequence[str]], int]
"""The command line in this process: arguments in, exit status out."""

LOOK_SECONDS = 0.05
ASK_SECONDS = 0.25
"""How often Prefect is asked for a form; each question costs its server more than it costs us."""

PATIENCE_SECONDS = 240.0
"""Long enough for the office to repair what a crash left behind."""
_CODE = re.compile(r"(?:验证码|code)\W{0,3}(\d{8})(?!\d)", re.IGNORECASE)
_SETTING = ("办公室设置", "office setting")
_KIND_HEADER, _MESSAGE_HEADER = "X-Songjiao-Kind", "X-Songjiao-Message"


class DemoFailed(RuntimeError):
    """The year cannot go on as the samples tell it; the text says at which act, why, and where to look."""


@dataclass(frozen=True)
class Passed:
    """A decision's way: through which door it came, in which run's form, with the code from which message."""

    door: str
    run_id: str | None
    message_id: str


@dataclass(frozen=True)
class Refusal:
    """An act that was refused, as the person who tried it was told."""

    programme: str
    on: str
    door: str
    what: str
    status: int
    clause: str | None
    said: str
    matter: str


@dataclass
class Journal:
    """What went through the doors: the way of each decision by its step, and the refusals."""

    decisions: dict[str, Passed] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    wrong_codes: list[dict[str, str]] = field(default_factory=list)
    sweeps: list[str] = field(default_factory=list)
    reconciled: str = ""
    commands: int = 0


@dataclass(frozen=True)
class Form:
    """A run's open Resume form: the run, the question's key, and the text above the fields."""

    run_id: uuid.UUID
    key: str
    text: str


class Acting:
    """The doors of one office, and who stands before them."""

    def __init__(self, settings: Settings, sink: SmtpSink, run: Run, world: World, api_url: str, auth: str) -> None:
        self.settings, self.sink, self.world = settings, sink, world
        self.looking = Looking(settings)
        self.journal = Journal()
        self.programmes: dict[str, str] = {}
        self.people: dict[str, str] = {}
        self.say: Callable[[str], None] = lambda _: None
        self._run = run
        self._papers = settings.root / "papers"
        self._papers.mkdir(parents=True, exist_ok=True)
        token = base64.b64encode(auth.encode()).decode()
        self._http = httpx.Client(
            base_url=f"{api_url}/", headers={"Authorization": f"Basic {token}"}, timeout=30, trust_env=False
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    # ── waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def wait(self, what: str, condition: Callable[[], Any], pause: float = LOOK_SECONDS) -> Any:
        """Wait until the condition gives something, and give that. Raises `DemoFailed` telling what is stuck."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not (found := condition()):
            if time.monotonic() > until:
                raise DemoFailed(f"{what}: nothing came of it within {PATIENCE_SECONDS:.0f} s\n{self._what_is_stuck()}")
            time.sleep(pause)
        return found

    def settle(self, lag: int = 0) -> None:
        """Wait until every message has gone out and at most `lag` wakes are open."""
        if self.looking.busy(lag):
            self.wait("wakes and messages", lambda: not self.looking.busy(lag))

    def _what_is_stuck(self) -> str:
        lines = [f"open wake: {wake}" for wake in self.looking.open_wakes()[:10]]
        lines += [f"unsent message: {message}" for message in self.looking.unsent()[:10]]
        for name in ("dispatcher", "worker", "engine", "server"):
            log = self.settings.root / "log" / f"{name}.log"
            if log.is_file():
                tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
                lines += [f"{name} log: {line[:300]}" for line in tail]
        return "\n".join(lines)

    # ── the command line ─────────────────────────────────────────────────────────────────────────────────────────────

    def command(self, *arguments: object, who: str | None = None) -> str:
        """A command that must be done; gives what it printed. `who` is the name of the person who acts."""
        status, out, errors = self._command(arguments, who)
        if status != 0:
            words = " ".join(map(str, arguments))
            raise DemoFailed(f"songjiao {words}: exit status {status}\n{errors.strip() or out.strip()}")
        return out

    def refused(self, programme: str, what: str, clause: str | None, *arguments: object, who: str, matter: str) -> None:
        """A command that a rule must refuse, by that clause or (None) by a setting of the office; noted as a refusal.

        `matter` says what was not done: the `start`, or taking in the `plan`.
        """
        status, _, errors = self._command(arguments, who)
        if status != 1 or not refused_by(clause, errors):
            raise DemoFailed(
                f"{what}: was to be refused (exit status 1) by {clause or 'a setting of the office'}, but ended with "
                f"{status}: {errors.strip()[:600]}"
            )
        now = self.looking.now()
        on = now.astimezone(self._zone()).date().isoformat() if now else ""
        said = " ".join(errors.split())[:400]
        self.journal.refusals.append(Refusal(programme, on, "cli", what, status, clause, said, matter))

    def _command(self, arguments: Sequence[object], who: str | None) -> tuple[int, str, str]:
        argv = [str(argument) for argument in arguments]
        if who is not None:
            argv += ["--as", self.ref_of(who)]
        out, errors = io.StringIO(), io.StringIO()
        self.journal.commands += 1
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            status = self._run(argv)
        return status, out.getvalue(), errors.getvalue()

    def _zone(self) -> Any:
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.settings.time_zone)

    def ref_of(self, name: str) -> str:
        """A person's number."""
        if name not in self.people:
            self.people = self.looking.refs()
        return self.people[name]

    # ── papers ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def paper(self, name: str, text: str) -> Path:
        """A text file to hand in; marked as a sample."""
        path = self._papers / name.replace("/", "-")
        path.write_text(f"示例文件,仅供演示\n{text}\n", encoding="utf-8")
        return path

    def scan(self, name: str) -> Path:
        """A small PDF that stands for the scan of a signed and stamped page; each differs from the others."""
        path = self._papers / name.replace("/", "-")
        path.write_bytes(_pdf(f"SAMPLE {name.encode('ascii', 'ignore').decode()}"))
        return path

    # ── the mail ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def code(self, step: OpenStep, who: str) -> tuple[str, str]:
        """The code that a person was sent for a tier, read from their mail, and the message's number."""
        ref = self.ref_of(who)
        mine = [(address, message) for asked, address, message in step.asked if asked == ref]
        if not mine:
            raise DemoFailed(f"{who} was not asked to decide tier {step.tier} of the {step.subject}")
        address, message = mine[-1]

        def arrived() -> Mail | None:
            return next((mail for mail in self.sink.to(address) if mail.header(_MESSAGE_HEADER) == message), None)

        mail: Mail = self.wait(f"the mail to {who} with the code for the {step.subject}", arrived)
        found = _CODE.search(mail.text)
        if mail.header(_KIND_HEADER) != "decision-asked" or found is None:
            raise DemoFailed(f"the mail {message} to {who} holds no code: {mail.subject}")
        return found.group(1), message

    # ── the Resume form ──────────────────────────────────────────────────────────────────────────────────────────────

    def form(self, programme: str, phase: str, tier: int) -> Form:
        """The open form of the run that carries a review, as the Prefect UI would find it. Waits until it is there."""

        def there() -> Form | None:
            query = {
                "flow_runs": {
                    "tags": {"all_": [f"programme:{programme}", f"phase:{phase}", f"tier:{tier}"]},
                    "state": {"type": {"any_": ["PAUSED"]}},
                },
                "limit": 5,
            }
            for run in self._ask("flow_runs/filter", query):
                keys = run["state"]["state_details"].get("run_input_keyset")
                if not keys:
                    continue
                text = self._input(run["id"], keys["description"])
                if text is None or self._input(run["id"], keys["schema"]) is None:
                    continue  # suspended, and its form is being saved
                if self.looking.answer_taken_in(uuid.UUID(run["id"]), _ask_key(keys["response"])) is not None:
                    continue
                return Form(uuid.UUID(run["id"]), _ask_key(keys["response"]), str(text))
            return None

        found: Form = self.wait(f"the Resume form of {programme} {phase} tier {tier}", there, ASK_SECONDS)
        return found

    def _input(self, run_id: str, key: str) -> Any:
        """What Prefect keeps under a key of a run, or None while there is nothing."""
        try:
            answer = self._http.get(f"flow_runs/{run_id}/input/{key}")
        except httpx.TransportError:
            return None  # asked again in a moment
        return answer.json() if answer.status_code == 200 else None

    def resume(self, form: Form, approver: str, code: str, decision: str, comment: str = "") -> None:
        """Send a filled-in form, as the Prefect UI does. Raises `DemoFailed` when Prefect does not take it."""
        values = {"approver": self.ref_of(approver), "code": code, "decision": decision, "comment": comment}
        answer, tries = self._post(f"flow_runs/{form.run_id}/resume", {"run_input": values})
        # A server that was busy may have taken it all the same: then the second try is told that nothing is paused any more.
        if answer.status_code not in (200, 201) or (answer.json().get("status") != "ACCEPT" and tries == 1):
            raise DemoFailed(f"run {form.run_id} did not take the form: {answer.status_code} {answer.text[:300]}")

    def trigger(self, deployment: str) -> str:
        """Start a run of a deployment, as the button in the UI does; gives its id."""
        known = self._ask("deployments/filter", {"deployments": {"name": {"any_": [deployment]}}})
        if not known:
            raise DemoFailed(f"Prefect has no deployment {deployment}")
        key = f"demo-{uuid.uuid4()}"
        return str(self._ask(f"deployments/{known[0]['id']}/create_flow_run", {"idempotency_key": key})["id"])

    def _ask(self, path: str, body: object) -> Any:
        answer, _ = self._post(path, body)
        if not answer.is_success:
            raise DemoFailed(f"Prefect answers {path} with {answer.status_code}: {answer.text[:300]}")
        return answer.json()

    def _post(self, path: str, body: object) -> tuple[httpx.Response, int]:
        """A request and how many times it was made: while the server is busy it is made again, as a person would."""
        until, tries = time.monotonic() + PATIENCE_SECONDS, 0
        while True:
            tries += 1
            try:
                answer = self._http.post(path, json=body)
                if answer.status_code < 500 or time.monotonic() > until:
                    return answer, tries
            except httpx.TransportError as error:
                if time.monotonic() > until:
                    raise DemoFailed(f"Prefect does not answer {path}: {error}") from error
            time.sleep(1.0)


def refused_by(clause: str | None, said: str) -> bool:
    """Whether what was said on stderr rests on that clause, or (None) on a setting of the office."""
    return clause in said if clause else any(words in said for words in _SETTING)


def _ask_key(response_key: str) -> str:
    """The question's key inside the key under which Prefect keeps its answer (`suspended-ask-1-response`)."""
    return response_key.removeprefix("suspended-").removesuffix("-response")


def _pdf(words: str) -> bytes:
    """A one-page PDF with a line of words."""
    stream = f"BT /F1 12 Tf 40 780 Td ({words}) Tj ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(out))
    )
