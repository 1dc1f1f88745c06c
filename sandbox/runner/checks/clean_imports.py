"""Keeps the code's modules out of the checks' process: only the image's own are imported."""

from __future__ import annotations

import builtins
import importlib
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from typing import Any

_STATEFUL = frozenset({"matplotlib", "pylab"})
"""Libraries whose modules hold what the code drew: the checks ask for the code's."""


class CleanFinder:
    """Finds modules where they were found before the code ran, wherever ``sys.path`` leads now."""

    def __init__(self, places: Sequence[str]) -> None:
        self._places = list(places)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find one module."""
        where = self._places if path is None else path
        return importlib.machinery.PathFinder.find_spec(name, where, target)


class CodesFinder:
    """Finds the modules that only the code's process has, such as a file that the code wrote."""

    def __init__(self, borrower: Any) -> None:
        self._borrower = borrower

    def find_spec(
        self, name: str, _path: Any = None, _target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Offer a module whose attributes are the code's."""
        try:
            self._borrower.apply("import", name)
        except Exception:
            return None
        return importlib.machinery.ModuleSpec(name, self)  # type: ignore[arg-type]  # a loader too

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Make the module."""
        return _CodesModule(spec.name, self._borrower)

    def exec_module(self, module: types.ModuleType) -> None:
        """Run nothing: the code's process has done it."""


class _CodesModule(types.ModuleType):
    def __init__(self, name: str, borrower: Any) -> None:
        super().__init__(name)
        self._borrower = borrower

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._borrower.apply("import", self.__name__), name)


def install(borrower: Any, work_folder: str) -> None:
    """Import from the image alone; ask ``borrower`` for what isn't there."""
    places = [place for place in sys.path if place and not _is_inside(place, work_folder)]
    finders = [finder for finder in sys.meta_path if finder is not importlib.machinery.PathFinder]
    sys.meta_path[:] = [*finders, CleanFinder(places), CodesFinder(borrower)]


def _is_inside(place: str, folder: str) -> bool:
    return f"{place}/".startswith(f"{folder}/")


def own_module(name: object) -> types.ModuleType | None:
    """Return this process's own module of a name; None if only the code has it."""
    if not isinstance(name, str) or name.partition(".")[0] in _STATEFUL:
        return None
    return _clean_module(name)


def _clean_module(name: str) -> types.ModuleType | None:
    loaded = sys.modules.get(name)
    if loaded is None:
        if not _is_installed(name.partition(".")[0]):
            return None
        try:
            loaded = importlib.import_module(name)
        except Exception:
            return None
    return None if isinstance(loaded, _CodesModule) or name == "__main__" else loaded


def _is_installed(name: str) -> bool:
    finders = [finder for finder in sys.meta_path if not isinstance(finder, CodesFinder)]
    try:
        return any(finder.find_spec(name, None) for finder in finders)
    except (ImportError, ValueError):
        return False


def own_object(origin: Sequence[Any], wanted: str) -> Any:
    """Return this process's own class or function of a library, if it has the wanted name."""
    module, name = origin
    if module == "builtins" and isinstance(getattr(builtins, str(name), None), type):
        return getattr(builtins, str(name))
    if name != wanted or not isinstance(module, str) or module.partition(".")[0] in _STATEFUL:
        return None
    return getattr(_clean_module(module), wanted, None)
