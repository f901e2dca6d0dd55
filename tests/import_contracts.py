"""The kind of import contract that import-linter lacks: a list of what may be imported, all else forbidden.

The hot path is a function of (state, bytes, now). A list of forbidden modules would always be one behind the next
socket or clock; a list of allowed ones is closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importlinter import Contract, ContractCheck, fields, output

if TYPE_CHECKING:
    from grimp import ImportGraph

PURE = frozenset(
    {
        "__future__", "abc", "collections", "contextlib", "ctypes", "dataclasses", "enum", "functools", "inspect",
        "itertools", "math", "mmap", "operator", "struct", "types", "typing",
    }
)
"""The standard library's modules without clock, file, socket, thread or random number; mmap is for anonymous memory."""


class OnlyContract(Contract):
    """Modules of `source_modules`, descendants included, import nothing but `allowed_modules` and `PURE`."""

    type_name = "only"

    source_modules = fields.ListField(subfield=fields.ModuleField())
    allowed_modules = fields.ListField(subfield=fields.ModuleField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        allowed = PURE | {module.name for module in self.allowed_modules}
        broken = [
            details
            for source in self.source_modules
            for importer in sorted({source.name} | graph.find_descendants(source.name))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not any(imported == name or imported.startswith(f"{name}.") for name in allowed)
            for details in graph.get_import_details(importer=importer, imported=imported)
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        broken: list[dict[str, Any]] = check.metadata["broken"]
        for details in broken:
            output.print_error(
                f"{details['importer']} imports {details['imported']} (line {details['line_number']}): "
                f"{details['line_contents']}",
                bold=False,
            )
