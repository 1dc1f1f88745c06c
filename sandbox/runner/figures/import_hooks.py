"""Calls a function when the code imports a module; imports nothing itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any


class ImportHooks:
    """A meta path finder that finds nothing itself but sees modules being loaded."""

    def __init__(self, hooks: Mapping[str, Callable[[Any], None]]) -> None:
        self._hooks = dict(hooks)

    def install(self) -> None:
        """Hook the modules that are loaded already, and wait for the others."""
        for name in [name for name in self._hooks if name in sys.modules]:
            self._hooks.pop(name)(sys.modules[name])
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Stop waiting."""
        self._hooks.clear()
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Let a module load as usual, then hook it."""
        if name not in self._hooks:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                self._hook_after(spec.loader, name)
                return spec
        return None

    def _hook_after(self, loader: Any, name: str) -> None:
        load = loader.exec_module

        def load_and_hook(module: Any) -> None:
            load(module)
            hook = self._hooks.pop(name, None)
            if hook is not None:
                hook(module)

        loader.exec_module = load_and_hook
