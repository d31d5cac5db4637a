"""What kinds of organisation and roles are called in lists: the packs' own names, and those of the house.

A list of people or organisations belongs to no one pack: where packs name a role differently, the name that most of them
use is shown, and a level only where all of them agree. English readers see the keys, which commands take.
"""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from cli.edge import library, office
from cli.language import spoken

_OF_THE_HOUSE = {
    "contact": "联系人",
    "head": "负责人",
    "clerk": "经办人",
    "programme-office": "项目办",
    "school": "学校",
    "university": "高等院校",
    "other-institution": "其他机构",
}


def role_label(key: str) -> str:
    """What a role or a kind of organisation is called; the key where nobody names it."""
    if spoken() == "en":
        return key
    return _OF_THE_HOUSE.get(key) or most_common(_of_packs(office().policies_dir).get(key, ((), ()))[0]) or key


def level_of(kind: str) -> str | None:
    """The level of a kind of organisation, where the packs that know it agree on one."""
    levels = set(_of_packs(office().policies_dir).get(kind, ((), ()))[1])
    return levels.pop() if len(levels) == 1 else None


def most_common(names: Iterable[str]) -> str | None:
    """The name that occurs most often, the first of these where several do.

    >>> most_common(["学校", "中小学校", "中小学校"]), most_common([])
    ('中小学校', None)
    """
    ranked = Counter(names).most_common(1)
    return ranked[0][0] if ranked else None


@lru_cache(maxsize=4)
def _of_packs(directory: Path) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The names and levels that the packs of a folder give to each role; one that cannot be read gives none."""
    found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    packs, _ = library().survey()
    for pack in packs:
        for key, role in pack.roles.items():
            names, levels = found.get(key, ((), ()))
            found[key] = (*names, role.name.zh), (*levels, *([str(role.level)] if role.level else []))
    return found
