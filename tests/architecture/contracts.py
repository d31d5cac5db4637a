"""A contract type for import-linter: a room may import only what its line in the design's table allows.

import-linter's own types forbid; the table allows. Only direct imports are looked at: what a room reaches through a
permitted neighbour is that neighbour's business. The contracts themselves stand in `pyproject.toml`.
"""

from __future__ import annotations

from collections.abc import Iterable

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

ROOMS = ("policies", "rules", "models", "ledger", "notifications", "tasks", "flows", "office", "desk", "cli", "bench")


def within(module: str, packages: Iterable[str]) -> bool:
    """Whether `module` is one of `packages` or lies inside one of them."""
    return any(module == package or module.startswith(package + ".") for package in packages)


class MayImportContract(Contract):
    """`rooms` (without `except_for`) may import, of ours, only themselves and `may_import`."""

    type_name = "may_import"

    rooms = fields.ListField(subfield=fields.StringField())
    except_for = fields.ListField(subfield=fields.StringField(), required=False, default=[])
    may_import = fields.ListField(subfield=fields.StringField(), required=False, default=[])

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        rooms: list[str] = list(self.rooms)  # type: ignore[call-overload]
        except_for: list[str] = list(self.except_for or [])  # type: ignore[call-overload]
        allowed: list[str] = [*rooms, *(self.may_import or [])]  # type: ignore[misc]
        found = [
            (detail["importer"], detail["imported"], detail["line_number"])
            for module in sorted(graph.modules)
            if within(module, rooms) and not within(module, except_for)
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if within(imported, ROOMS) and not within(imported, allowed)
            for detail in graph.get_import_details(importer=module, imported=imported)
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported, line in check.metadata["found"]:
            output.print_error(f"- {importer}, line {line}: may not import {imported}", bold=False)
        allowed = ", ".join(self.may_import or []) or "nothing else of ours"  # type: ignore[arg-type]
        output.print(f"  Allowed here: {', '.join(self.rooms)}; {allowed}. See the table in docs or the design.")  # type: ignore[arg-type]
