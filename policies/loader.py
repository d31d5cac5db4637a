"""The library of packs: reads `policies/<region>-<year>.yaml`, checks it, resolves what it adopts, pins it by hash.

Decides whether a file is a pack that programmes may run under. Never half-loads one: a pack with any problem is
refused with all of them (`PackError`). A programme keeps the resolved snapshot it started under; `pack_from_snapshot`
reads that without looking at any file.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from policies.adoption import resolve_pack, with_mechanisms
from policies.clauses import SHIPPED, clause_ids
from policies.contract import pack_findings, raw_findings
from policies.problems import Finding, PackError, Problem, nearest
from policies.reading import Source, read_source
from policies.schema import Pack
from policies.shaping import shape
from policies.skeleton import beside_marks, marks

__all__ = ["Library", "PackError", "Problem", "check_file", "pack_from_snapshot", "pack_hash"]

NOT_PACKS = frozenset({"units"})


class Library:
    """The packs of a directory, and behind them those that Songjiao brings. Each is read and checked once, then kept."""

    def __init__(self, directory: Path) -> None:
        """A library over the `*.yaml` files that stand in the directory."""
        self.directory = directory
        self._loaded: dict[str, Pack] = {}
        self._resolved: dict[tuple[str, str], Pack] = {}
        self._loading: list[str] = []

    def names(self) -> list[str]:
        """The names of the packs, without looking into them."""
        paths = (path for folder in self._folders() for path in folder.glob("*.yaml"))
        return sorted({path.stem for path in paths if path.stem not in NOT_PACKS})

    def _folders(self) -> tuple[Path, ...]:
        """Where packs are looked for: a name that stands in the directory itself goes before the one that is brought."""
        return tuple(dict.fromkeys((self.directory.resolve(), SHIPPED)))

    def _path(self, name: str) -> Path:
        paths = (folder / f"{name}.yaml" for folder in self._folders())
        return next(path for path in paths if path.is_file())

    def load(self, name: str) -> Pack:
        """One pack as it stands in its file, checked, with the mechanisms that it adopts.

        Raises PackError with every problem, or where there is none.
        """
        if name not in self._loaded:
            if name not in self.names():
                problem = Problem(f"{name}.yaml", 0, "", f"there is no pack {name!r}", nearest(name, self.names()))
                raise PackError([problem])
            self._loading.append(name)
            try:
                pack = self.load_file(self._path(name))
                others = {adoption.pack: self.load(adoption.pack) for adoption in pack.adopts}
                self._loaded[name] = with_mechanisms(pack, others)
            finally:
                self._loading.remove(name)
        return self._loaded[name]

    def survey(self) -> tuple[list[Pack], dict[str, list[Problem]]]:
        """Every pack that can be used, and the faults of each that cannot: one of them stops no other."""
        usable: list[Pack] = []
        broken: dict[str, list[Problem]] = {}
        for name in self.names():
            try:
                usable.append(self.load(name))
            except PackError as error:
                broken[name] = error.problems
        return usable, broken

    def is_loading(self, name: str) -> bool:
        """Whether this pack is being read just now: one that it adopts from may not adopt from it in turn."""
        return name in self._loading

    def load_file(self, path: Path) -> Pack:
        """A pack from any file, checked against this library's clauses and packs. Raises PackError with every
        problem."""
        pack, problems = _examine(path, self, against_clauses=False)
        if pack is None or problems:
            raise PackError(problems)
        return pack

    def load_version(self, path: Path) -> Pack:
        """A pack from a copy of its file, whatever the copy is called. Raises PackError with every problem."""
        pack, problems = _examine(path, self, against_clauses=False, named=False)
        if pack is None or problems:
            raise PackError(problems)
        return pack

    def resolve(self, name: str, kind: str) -> Pack:
        """The pack for a kind of programme, with what it adopts for that kind. Raises PackError for an unknown kind."""
        key = (name, kind)
        if key not in self._resolved:
            pack = self.load(name)
            if kind not in pack.kinds:
                raise PackError(
                    [Problem(f"{name}.yaml", 0, "kinds", f"no kind of programme {kind!r}", nearest(kind, pack.kinds))]
                )
            others = {adoption.pack: self.load(adoption.pack) for adoption in pack.adopts}
            self._resolved[key] = resolve_pack(pack, kind, others)
        return self._resolved[key]


def check_file(path: Path, directory: Path | None = None) -> list[Problem]:
    """Every problem of a pack's file, its numbers held against the words of its clauses too; empty where all is well.

    `directory` holds the clauses and the packs it may adopt from; without it, the file's own folder.
    """
    _, problems = _examine(path, Library(directory or path.parent), against_clauses=True)
    return problems


def _examine(
    path: Path, library: Library, *, against_clauses: bool, named: bool = True
) -> tuple[Pack | None, list[Problem]]:
    source = read_source(path)
    if source.content is None:
        return None, source.problems
    known = clause_ids(library.directory)
    pack, findings = shape(source.content)
    if pack is None:
        findings += raw_findings(source.content, known)
    else:
        others, broken = _others(pack, library)
        findings += broken
        findings += pack_findings(pack, others, library.names(), known, library.directory if against_clauses else None)
        if named and pack.pack != path.stem:
            source.refuse(("pack",), f"the pack is named {pack.pack!r}, its file {path.name}", "give both one name")
    marked = list(marks(source.content))
    for finding in (*marked, *beside_marks(findings, marked)) if marked else findings:
        source.refuse(finding.path, finding.what, finding.todo)
    return pack, _in_order(source)


def _others(pack: Pack, library: Library) -> tuple[dict[str, Pack], list[Finding]]:
    """The packs it adopts from; one that is broken itself is reported as such, under the adoption."""
    from policies.problems import Finding

    found: dict[str, Pack] = {}
    broken: list[Finding] = []
    for number, adoption in enumerate(pack.adopts):
        at = ("adopts", number, "pack")
        if adoption.pack == pack.pack or adoption.pack not in library.names():
            continue
        if library.is_loading(adoption.pack):
            broken.append(
                Finding(at, f"{adoption.pack!r} adopts from this pack in turn", "let one of the two stand alone")
            )
            continue
        try:
            found[adoption.pack] = library.load(adoption.pack)
        except PackError as error:
            first, many = error.problems[0], len(error.problems)
            counted = f"{many} problem{'s' if many > 1 else ''} of its own, the first: {first.key}: {first.what}"
            broken.append(
                Finding(
                    at,
                    f"pack {adoption.pack!r} cannot be used ({counted})",
                    f"run `songjiao policy check {adoption.pack}.yaml`",
                )
            )
    return found, broken


def _in_order(source: Source) -> list[Problem]:
    return sorted(dict.fromkeys(source.problems), key=lambda problem: (problem.line, problem.key, problem.what))


def pack_hash(pack: Pack) -> str:
    """The SHA-256 of the pack's snapshot as canonical JSON: the same pack gives the same hash on any machine."""
    return _hash(pack.snapshot())


def _hash(snapshot: dict[str, Any]) -> str:
    canonical = json.dumps(snapshot, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode("utf-8")).hexdigest()


def pack_from_snapshot(snapshot: dict[str, Any]) -> Pack:
    """The pack that a programme was pinned to, from its snapshot."""
    return Pack.model_validate(snapshot)
