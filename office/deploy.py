"""Tells Prefect what this office can run: the work pool `songjiao` and every deployment that `prefect.yaml` names.

Decides whether anything changed since the last time (then nothing is sent), and what a deployment's run is started
with. It never starts a run and imports Prefect only when something has to be registered. A deployment that is no
longer in the file is paused, never deleted: its runs are part of what happened. It serves no clause of a regulation.

Errors: `DeployError` for a file that names unknown keys, unknown flows, or the same deployment twice.
"""

import asyncio
import base64
import hashlib
import json
import shlex
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from office import automations
from office.engine.place import CLIENT, engine_in_use, socket_path
from office.prefect_env import POOL, api_url
from office.runtime.settings import REPOSITORY, Settings, prefect_auth, settings

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

MARK = "songjiao_deployed"
"""The Prefect variable that holds the fingerprint of what was registered last."""

# How many runs there are at once is bounded by a queue. Not by the worker's `--limit`: a run that is woken while its
# former process is still leaving would end the worker ("already holding one of this CapacityLimiter's tokens"). Not
# by the pool: Prefect counts runs whose process is dead as well, so that after a crash nothing would start any more,
# not even what repairs them.
PHASES = "default"
"""The queue of the phases' runs, at most `worker_limit` at once."""
UPKEEP = "upkeep"
"""The queue of what is scheduled (deadlines, reconciling): unbounded, so that it gets through whatever the phases do."""

_KEYS = {
    *("name", "entrypoint", "description", "tags", "version", "parameters", "schedules", "schedule", "paused"),
    *("concurrency_limit", "work_pool", "enforce_parameter_schema"),
}
_POOL_KEYS = {"name", "work_queue_name", "job_variables"}


class DeployError(ValueError):
    """`prefect.yaml` cannot be registered as it stands; the message names the deployment and what to change."""


@dataclass(frozen=True)
class Deployment:
    """One entry of `prefect.yaml`."""

    name: str
    entrypoint: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def read_deployments(file: Path) -> list[Deployment]:
    """The deployments that the file names, in its order. Raises `DeployError`."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise DeployError(f"{file}: cannot be read as YAML: {error}") from error
    found: dict[str, Deployment] = {}
    for number, entry in enumerate(document.get("deployments") or [], start=1):
        where = f"{file}: deployment {number} ({entry.get('name', 'without a name')})"
        if unknown := set(entry) - _KEYS:
            raise DeployError(
                f"{where}: unknown key {', '.join(sorted(unknown))}; known are {', '.join(sorted(_KEYS))}"
            )
        if unknown := set(entry.get("work_pool") or {}) - _POOL_KEYS:
            raise DeployError(f"{where}: unknown key in work_pool: {', '.join(sorted(unknown))}")
        name, entrypoint = entry.get("name"), entry.get("entrypoint")
        if not name or not entrypoint:
            raise DeployError(f"{where}: needs a name and an entrypoint such as flows.lifecycle.lifecycle")
        if ":" in entrypoint:
            raise DeployError(f"{where}: write the entrypoint {entrypoint} as a module path (flows.x.x), not as a file")
        if name in found:
            raise DeployError(f"{where}: the name stands twice; each deployment needs its own")
        found[name] = Deployment(name, entrypoint, entry)
    return list(found.values())


def run_command(office: Settings) -> str:
    """The command by which the worker starts a flow run: the engine's client, or what Prefect itself would run."""
    if engine_in_use(office) == "stock":
        return shlex.join([sys.executable, "-m", "prefect.engine"])
    return shlex.join([sys.executable, "-I", "-S", str(CLIENT), str(socket_path(office))])


def fingerprint(office: Settings, port: int, file: Path) -> str:
    """A hash over all that decides what Prefect is told: the file, the flows' code, the engine, the place of the code,
    the port on which automations call this office.
    """
    seen = hashlib.sha256()
    deployments = read_deployments(file)
    rooms = {deployment.entrypoint.partition(".")[0] for deployment in deployments}
    sources = {path for room in rooms for path in (REPOSITORY / room).rglob("*.py")}
    sources |= {
        REPOSITORY / "models" / "states.py",
        REPOSITORY / "models" / "values.py",
        Path(__file__),
        Path(automations.__file__),
        file,
    }
    for source in sorted(sources):
        if source.is_file():
            seen.update(str(source).encode() + b"\0" + source.read_bytes() + b"\0")
    seen.update(
        json.dumps(
            [run_command(office), office.worker_limit, port, str(REPOSITORY), sys.version, _prefect_version()]
        ).encode()
    )
    return seen.hexdigest()


def _prefect_version() -> str:
    from importlib.metadata import version

    return version("prefect")


def is_current(office: Settings, port: int, file: Path) -> bool:
    """Whether the server holds exactly what the file says already. Two requests, without importing Prefect."""
    try:
        mark = _request(office, port, f"/variables/name/{MARK}", None)
        if not isinstance(mark, dict) or mark.get("value") != fingerprint(office, port, file):
            return False
        query = {"work_pools": {"name": {"any_": [POOL]}}, "deployments": {"paused": {"eq_": False}}}
        held = _request(office, port, "/deployments/filter", query)
    except (urllib.error.URLError, OSError):
        return False
    names = {entry["name"] for entry in held} if isinstance(held, list) else set()
    wanted = {entry.name for entry in read_deployments(file) if not entry.settings.get("paused")}
    return wanted <= names


def _request(office: Settings, port: int, path: str, body: object) -> object:
    request = urllib.request.Request(api_url(port) + path)
    request.add_header("Authorization", "Basic " + base64.b64encode(prefect_auth(office).encode()).decode())
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=10) as answer:  # the address is ours, on this machine
        return json.load(answer)


def worker_last_heard(office: Settings, port: int) -> datetime | None:
    """When a worker last sent a heartbeat or asked for work, or None while none has. Raises `OSError`."""
    workers = _request(office, port, f"/work_pools/{POOL}/workers/filter", {})
    queues = _request(office, port, f"/work_pools/{POOL}/queues/filter", {})
    heard = [entry["last_heartbeat_time"] for entry in workers] if isinstance(workers, list) else []
    heard += [entry["last_polled"] for entry in queues] if isinstance(queues, list) else []
    return max((datetime.fromisoformat(moment) for moment in heard if moment), default=None)


async def register(office: Settings, file: Path) -> list[str]:
    """Write pool, deployments and automations to the server named by the environment, and return the deployments' names.

    Raises `DeployError`, `AutomationError`.
    """
    from prefect.client.orchestration import get_client

    deployments = read_deployments(file)
    async with get_client() as client:
        await _write_pool(client, office)
        for deployment in deployments:
            await _write_deployment(client, deployment)
        await _pause_strays(client, {deployment.name for deployment in deployments})
        port = urllib.parse.urlsplit(str(client.api_url)).port or office.prefect_port
        await automations.register(client, office, port, file)
        await _write_mark(client, fingerprint(office, port, file))
    return [deployment.name for deployment in deployments]


async def _write_pool(client: "PrefectClient", office: Settings) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectNotFound
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    properties = template["variables"]["properties"]
    properties["working_dir"]["default"] = str(REPOSITORY)
    properties["command"]["default"] = run_command(office)
    await client.create_work_pool(
        WorkPoolCreate(name=POOL, type="process", base_job_template=template, is_paused=False), overwrite=True
    )
    for name, limit in ((PHASES, office.worker_limit), (UPKEEP, None)):
        try:
            held = await client.read_work_queue_by_name(name, work_pool_name=POOL)
        except ObjectNotFound:
            await client.create_work_queue(name, work_pool_name=POOL, concurrency_limit=limit)
        else:
            await client.update_work_queue(held.id, concurrency_limit=limit, is_paused=False)


async def _write_deployment(client: "PrefectClient", deployment: Deployment) -> None:
    from prefect.flows import Flow, load_flow_from_entrypoint
    from prefect.utilities.callables import parameter_schema

    entry = deployment.settings
    try:
        flow: Flow[..., Any] = load_flow_from_entrypoint(deployment.entrypoint, use_placeholder_flow=False)
    except Exception as error:
        raise DeployError(
            f"deployment {deployment.name}: the flow {deployment.entrypoint} cannot be imported: {error}"
        ) from error
    limit, options = _concurrency(deployment)
    pool = entry.get("work_pool") or {}
    schema = parameter_schema(flow)
    schedules = _schedules(deployment)
    await client.create_deployment(
        flow_id=await client.create_flow_from_name(flow.name),
        name=deployment.name,
        version=entry.get("version"),
        description=entry.get("description") or flow.description,
        tags=entry.get("tags"),
        parameters=entry.get("parameters"),
        schedules=schedules,
        paused=bool(entry.get("paused", False)),
        concurrency_limit=limit,
        concurrency_options=options,
        work_pool_name=POOL,
        work_queue_name=pool.get("work_queue_name") or (UPKEEP if schedules else PHASES),
        job_variables=pool.get("job_variables"),
        entrypoint=deployment.entrypoint,
        parameter_openapi_schema=schema.model_dump(exclude_unset=True),
        enforce_parameter_schema=entry.get("enforce_parameter_schema", True),
    )


def _concurrency(deployment: Deployment) -> tuple[int | None, Any]:
    from prefect.client.schemas.objects import ConcurrencyOptions

    given = deployment.settings.get("concurrency_limit")
    if given is None or isinstance(given, int):
        return given, None
    options = {name: value for name, value in given.items() if name != "limit"}
    return given.get("limit"), ConcurrencyOptions.model_validate(options) if options else None


def _schedules(deployment: Deployment) -> list[Any]:
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import construct_schedule

    given = deployment.settings.get("schedules") or deployment.settings.get("schedule") or []
    schedules: list[Any] = []
    for entry in given if isinstance(given, list) else [given]:
        timing = {
            name: entry[name] for name in ("interval", "anchor_date", "cron", "rrule", "timezone") if name in entry
        }
        rest = {name: entry[name] for name in ("active", "parameters", "slug", "max_scheduled_runs") if name in entry}
        if unknown := set(entry) - set(timing) - set(rest):
            raise DeployError(f"deployment {deployment.name}: unknown key in schedule: {', '.join(sorted(unknown))}")
        try:
            schedules.append(DeploymentScheduleCreate(schedule=construct_schedule(**timing), **rest))
        except ValueError as error:
            raise DeployError(f"deployment {deployment.name}: the schedule {entry} is not one: {error}") from error
    return schedules


async def _pause_strays(client: "PrefectClient", wanted: set[str]) -> None:
    from prefect.client.schemas.filters import WorkPoolFilter, WorkPoolFilterName

    held = await client.read_deployments(work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL])))
    for deployment in held:
        if deployment.name not in wanted and not deployment.paused:
            await client.pause_deployment(deployment.id)


async def _write_mark(client: "PrefectClient", value: str) -> None:
    from prefect.client.schemas.actions import VariableCreate, VariableUpdate

    if await client.read_variable_by_name(MARK) is None:
        await client.create_variable(VariableCreate(name=MARK, value=value))
    else:
        await client.update_variable(VariableUpdate(name=MARK, value=value))


def main() -> None:
    """Register what the file named in the arguments (or the repository's `prefect.yaml`) says; exit 1 with the
    reason."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "prefect.yaml"
    try:
        names = asyncio.run(register(settings(), file))
    except (DeployError, automations.AutomationError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    print(f"registered: {', '.join(names) or 'nothing'}")


if __name__ == "__main__":
    main()
