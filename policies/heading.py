"""The head of a pack and the keys of its parts: what the office reads before anything else.

Decides that the time zone exists, that numbers of programmes can be made of the region's code, and that keys are plain
words: they stand in the ledger, in run names and in commands.
"""

import re
from collections.abc import Iterator
from zoneinfo import available_timezones

from models.values import is_zone
from policies.problems import Finding, nearest
from policies.schema import Pack
from policies.walk import parts

LONGEST_KEY = 60
_CODE = re.compile(r"[A-Z]{2,6}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_TABLES = ("kinds", "roles", "words")


def heading_findings(pack: Pack) -> Iterator[Finding]:
    """Everything that is wrong with the head and with keys."""
    if not pack.holds_from_because:
        yield Finding(("holds_from",), "it is not said why the pack holds from that day", "add `holds_from_because:`")
    if not pack.kinds:
        yield Finding(("kinds",), "no kind of programme is named", "name at least one")
    if not _CODE.fullmatch(pack.region_code):
        yield Finding(
            ("region_code",),
            f"{pack.region_code!r} cannot begin the number of a programme",
            "write two to six capital letters, such as CQ",
        )
    if not is_zone(pack.time_zone):
        yield Finding(
            ("time_zone",), f"there is no time zone {pack.time_zone!r}", nearest(pack.time_zone, available_timezones())
        )
    yield from _keys(pack)


def _keys(pack: Pack) -> Iterator[Finding]:
    for path, part in parts(pack):
        key = getattr(part, "key", None)
        if isinstance(key, str) and not _is_key(key):
            yield Finding(
                (*path, "key"), f"{key!r} is no key", "use small letters, digits and dashes, such as site-visit"
            )
    for table in _TABLES:
        for key in getattr(pack, table):
            if not _is_key(key):
                yield Finding(
                    (table, key), f"{key!r} is no key", "use small letters, digits and dashes, such as site-visit"
                )


def _is_key(key: str) -> bool:
    return bool(_KEY.fullmatch(key)) and len(key) <= LONGEST_KEY
