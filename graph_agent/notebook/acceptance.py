"""Values that wait, and what accepting them replaced."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph_agent.notebook.messages import CodegenError
from graph_agent.results.result import CodeGenerationResult
from graph_agent.similar import did_you_mean

MAX_UNDOS = 20
"""Replaced values stay in memory as long as they can be restored."""
_ABSENT = object()


@dataclass(frozen=True)
class _Replaced:
    """What one accept put in place of what."""

    before: dict[str, Any]
    after: dict[str, Any]


@dataclass
class Acceptance:
    """Puts results into a namespace and takes them out again."""

    namespace: MutableMapping[str, Any]
    waiting: CodeGenerationResult | None = None
    _replaced: list[_Replaced] = field(default_factory=list)

    def accept(self, names: Sequence[str]) -> tuple[CodeGenerationResult, list[str]]:
        """Put the waiting values with these names, or all, into the namespace.

        Raises:
            CodegenError: nothing waits, or nothing with this name.
            PayloadError, VariableStoreError: a value can't be read; then none is accepted.
        """
        if self.waiting is None:
            raise CodegenError("nothing waits to be accepted; ask something with %%codegen")
        result, values = self.waiting, self.waiting.variables
        for name in names:
            if name not in values:
                listed = ", ".join(values) or "no variables"
                meant = did_you_mean(name, values) or f"; it has {listed}"
                raise CodegenError(f"the result has no {name!r}{meant}")
        # Such a name must be asked for: a value would take the place of __builtins__ or __name__.
        chosen = names or [name for name in values if not name.startswith("__")]
        # A set of the same names leaves nothing half accepted if a value can't be read.
        after = {name: values[name] for name in chosen}
        before = {name: self.namespace.get(name, _ABSENT) for name in after}
        self.namespace.update(after)
        self._replaced = [*self._replaced, _Replaced(before, after)][-MAX_UNDOS:]
        return result, list(after)

    def undo(self) -> tuple[list[str], list[str], list[str]]:
        """Take back the last accept; return the names restored, removed and left alone.

        A name that was assigned again since then is left alone.

        Raises:
            CodegenError: nothing was accepted.
        """
        if not self._replaced:
            raise CodegenError("nothing was accepted that could be undone")
        last = self._replaced.pop()
        restored, removed, kept = [], [], []
        for name, value in last.before.items():
            if self.namespace.get(name, _ABSENT) is not last.after[name]:
                kept.append(name)
            elif value is _ABSENT:
                del self.namespace[name]
                removed.append(name)
            else:
                self.namespace[name] = value
                restored.append(name)
        return restored, removed, kept
