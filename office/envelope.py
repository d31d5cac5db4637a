"""Makes a parcel of the outbox ready for the post: opens its sealed addresses, adds the clause's words, a link, and files.

Runs in the dispatcher, outside of any transaction. What it adds stands in no row: addresses stay sealed in the ledger, and
files lie in the store by their hash. An address that cannot be opened fails for good, and the other ways are still tried.
Serves no clause of a regulation.
"""

import os
from typing import Any

from ledger.outbox import Parcel
from notifications.channels import UNREADABLE
from notifications.mail import Enclosure
from office.runtime.secrets import SealBroken, unseal
from office.runtime.settings import Settings, server_key
from policies.clauses import quote_of


def opened(office: Settings, parcel: Parcel) -> dict[str, Any]:
    """The parcel as plain data for `notifications.send`, complete."""
    given = parcel.model_dump()
    for way in ("channel", "fallback"):
        given[way] = _address(office, given[way])
    facts = dict(parcel.facts)
    if quote := _quote(office, facts.get("clause")):
        facts["quote"] = quote
    if link := _link(office, facts.get("programme")):
        facts["link"] = link
    if page := _run_page(office, facts.get("run_id")):
        facts["url"] = page
    elif facts.get("phase_id") and (runs := _runs_list(office, facts.get("programme"))):
        facts["runs_url"] = runs
    enclosures, left_out = _enclosures(office, facts) if parcel.email and parcel.person_ref else ([], [])
    if not enclosures:
        facts.pop("attached", None)
    if left_out:
        facts["left_out"] = left_out
    return given | {"facts": facts, "enclosures": enclosures}


def _address(office: Settings, sealed: str | None) -> str | None:
    if sealed is None:
        return None
    try:
        return unseal(sealed, server_key(office))
    except SealBroken:
        return UNREADABLE


def _quote(office: Settings, clause: object) -> str | None:
    """The words of the clause a message rests on, for the reader; the row itself keeps only the id."""
    return quote_of(office.policies_dir, str(clause)) if clause else None


def _link(office: Settings, programme: object) -> str | None:
    """The page with the programme's timeline."""
    base = _base(office)
    return f"{base}/v2/artifacts/key/programme-{programme.lower()}" if base and isinstance(programme, str) else None


def _run_page(office: Settings, run_id: object) -> str | None:
    """The page of the run whose form is to be filled in, in the UI whose buttons the message names (its `/v2`)."""
    base = _base(office)
    return f"{base}/v2/runs/flow-run/{run_id}" if base and isinstance(run_id, str) else None


def _runs_list(office: Settings, programme: object) -> str | None:
    """The list of the programme's runs, for a message that goes out before its own run is known."""
    base = _base(office)
    return f"{base}/v2/runs?tags=programme%3A{programme}" if base and isinstance(programme, str) else None


def _base(office: Settings) -> str:
    """Where Prefect's UI is reached: from outside, or else on this machine; empty where neither is known."""
    return (office.public_url or os.environ.get("PREFECT_API_URL", "").removesuffix("/api")).rstrip("/")


def _enclosures(office: Settings, facts: dict[str, Any]) -> tuple[list[Enclosure], list[str]]:
    """The files that go with a mail, and the names of those that are too large for one."""
    enclosures: list[Enclosure] = []
    left_out: list[str] = []
    room = office.mail_attachments_mb * 1024 * 1024
    for name, sha256 in zip(facts.get("attached") or (), facts.get("attached_sha256") or (), strict=False):
        path = office.documents_dir / sha256[:2] / sha256
        size = path.stat().st_size if path.is_file() else None
        if size is None or size > room:
            left_out.append(name)
            continue
        room -= size
        enclosures.append(Enclosure(name, path))
    return enclosures, left_out
