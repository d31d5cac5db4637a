"""Prefect's automations of this office: what Prefect itself notices, told to the programme office as messages.

Made from `prefect.yaml` as the office starts; the same again changes nothing. Each calls this office's own address
(`office.routes`) by a webhook, since a deployment could not speak of a worker that is silent. One that was switched off in
the UI stays off; one that is no longer in the file is switched off, never deleted. Serves no clause of a regulation.

Errors: `AutomationError` for an entry with unknown keys, without a name, or with expressions that Prefect refuses.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from office.routes import KEY_HEADER, NOTICE_PATH, notice_key
from office.runtime.settings import Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.events import AutomationCore

OURS = "songjiao-"
"""How the names of this office's automations begin."""

BLOCK = "songjiao-office"
_KEYS = {"name", "description", "expect", "after", "within_seconds", "of_pool", "notice"}


class AutomationError(ValueError):
    """An automation of `prefect.yaml` cannot be made as it stands; the message names it and what to change."""


@dataclass(frozen=True)
class Automation:
    """One entry of `prefect.yaml`: when, and what is then said to the office."""

    name: str
    description: str
    expect: frozenset[str]
    notice: dict[str, str]
    after: frozenset[str] = frozenset()
    within_seconds: int = 0
    of_pool: str | None = None

    def payload(self) -> str:
        """The body of the call: JSON whose values Prefect fills in."""
        said = [f'"kind": {json.dumps(self.notice["kind"])}']
        said += [f'"{key}": {{{{ {text} | tojson }}}}' for key, text in self.notice.items() if key != "kind"]
        return "{" + ", ".join(said) + "}"


def read_automations(file: Path) -> list[Automation]:
    """The automations that the file names, in its order. Raises `AutomationError`."""
    document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    found: list[Automation] = []
    for number, entry in enumerate(document.get("automations") or [], start=1):
        where = f"{file}: automation {number} ({entry.get('name', 'without a name')})"
        if unknown := set(entry) - _KEYS:
            raise AutomationError(
                f"{where}: unknown key {', '.join(sorted(unknown))}; known are {', '.join(sorted(_KEYS))}"
            )
        if not str(entry.get("name", "")).startswith(OURS):
            raise AutomationError(f"{where}: its name must begin with {OURS}")
        if not entry.get("expect") or "kind" not in (entry.get("notice") or {}):
            raise AutomationError(f"{where}: needs expect (names of events) and notice with a kind")
        found.append(
            Automation(
                name=entry["name"],
                description=entry.get("description", ""),
                expect=frozenset(entry["expect"]),
                notice={str(key): str(value) for key, value in entry["notice"].items()},
                after=frozenset(entry.get("after") or ()),
                within_seconds=int(entry.get("within_seconds", 0)),
                of_pool=entry.get("of_pool"),
            )
        )
    return found


async def register(client: "PrefectClient", office: Settings, port: int, file: Path) -> list[str]:
    """Make the automations of the file what it says, and give their names. Raises `AutomationError`."""
    wanted = read_automations(file)
    held = {one.name: one for one in await client.read_automations() if one.name.startswith(OURS)}
    if wanted:
        block_id = await _write_block(office, port)
        for automation in wanted:
            before = held.pop(automation.name, None)
            core = await _core(client, automation, block_id, enabled=before.enabled if before else True)
            if before is None:
                await client.create_automation(core)
            else:
                await client.update_automation(before.id, core)
    for stray in held.values():
        if stray.enabled:
            await client.pause_automation(stray.id)
    return [automation.name for automation in wanted]


async def _write_block(office: Settings, port: int) -> Any:
    """The address that automations call, with its secret; Prefect keeps both encrypted."""
    from prefect.blocks.webhook import Webhook
    from prefect.types import SecretDict
    from pydantic import SecretStr

    await Webhook.aregister_type_and_schema()
    block = Webhook(
        method="POST",
        url=SecretStr(f"http://127.0.0.1:{port}{NOTICE_PATH}"),
        headers=SecretDict({KEY_HEADER: notice_key(office), "Content-Type": "application/json"}),
    )
    return await block.asave(BLOCK, overwrite=True)


async def _core(client: "PrefectClient", automation: Automation, block_id: Any, *, enabled: bool) -> "AutomationCore":
    from prefect.events import AutomationCore, EventTrigger, Posture
    from prefect.events.actions import CallWebhook
    from pydantic import ValidationError

    match: dict[str, Any] = {"prefect.resource.id": "prefect.flow-run.*"}
    if automation.of_pool is not None:
        pool = await client.read_work_pool(automation.of_pool)
        match = {"prefect.resource.id": f"prefect.work-pool.{pool.id}"}
    try:
        trigger = EventTrigger(
            posture=Posture.Proactive if automation.after else Posture.Reactive,
            match=match,
            after=set(automation.after),
            expect=set(automation.expect),
            for_each={"prefect.resource.id"},
            threshold=1,
            within=timedelta(seconds=automation.within_seconds),
        )
        return AutomationCore(
            name=automation.name,
            description=automation.description,
            enabled=enabled,
            trigger=trigger,
            actions=[CallWebhook(block_document_id=block_id, payload=automation.payload())],
        )
    except ValidationError as fault:
        raise AutomationError(f"automation {automation.name}: {fault}") from fault
