"""The user's own modules: which these are, and which of their attributes code uses.

They don't exist in the container, so what a value needs of them is sent with it.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import sysconfig
import threading
from collections.abc import Iterator, Mapping
from types import CodeType, ModuleType
from typing import Any

import cloudpickle

OUR_PACKAGES = frozenset({"graph_agent", "nodes", "sandbox"})
RESULTS_MODULE = "sandbox.runner.shared.records"
"""Ours, but its classes go by value: results of one run may be variables of the next."""
INSTALLED = ("site-packages", "dist-packages")
_OF_THE_IMPORT = frozenset({"__builtins__", "__cached__", "__loader__", "__spec__", "__path__"})
_registry_lock = threading.Lock()


def is_local(module: object) -> bool:
    """Whether a module is the user's own: outside the standard library and site-packages.

    For a namespace package, all its folders are.
    """
    if not isinstance(module, ModuleType):
        return False
    name = module.__name__
    if name == "__main__" or name not in sys.modules:
        return False
    if name == RESULTS_MODULE:
        return True
    top = name.partition(".")[0]
    if top in OUR_PACKAGES or top in sys.stdlib_module_names:
        return False
    places = _places(module)
    return bool(places) and not any(
        place.startswith(_standard_library()) or any(part in place for part in INSTALLED)
        for place in places
    )


def _places(module: ModuleType) -> list[str]:
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return [file]
    try:
        return [str(folder) for folder in vars(module).get("__path__") or ()]
    except Exception:  # a namespace package imports its parent, which may be gone
        return []


@functools.cache
def _standard_library() -> str:
    return sysconfig.get_path("stdlib")


@contextlib.contextmanager
def pickled_by_value() -> Iterator[None]:
    """Make cloudpickle send functions and classes of local modules by value."""
    with _registry_lock:
        registered: dict[str, ModuleType] = {}
        known = cloudpickle.list_registry_pickle_by_value()
        for module in list(sys.modules.values()):
            # It may be there under two names: __main__ of a process that multiprocessing started.
            if is_local(module) and module.__name__ not in {*known, *registered}:
                cloudpickle.register_pickle_by_value(module)
                registered[module.__name__] = module
        try:
            yield
        finally:
            for module in registered.values():
                cloudpickle.unregister_pickle_by_value(module)


class ModuleNeeds:
    """The attributes of local modules that functions use, by the names in their code.

    ``attributes`` maps a module's name to them. It only grows.
    """

    def __init__(self) -> None:
        self.attributes: dict[str, set[str]] = {}

    def note(self, code: CodeType, namespace: Mapping[str, Any]) -> set[str]:
        """Note and return the modules a function reaches by its globals or imports."""
        reached: set[str] = set()
        names = _names(code)
        packages = _packages(str(namespace.get("__package__") or ""))
        for name in names:
            self._add(namespace.get(name), names, reached)
            self._add(sys.modules.get(name), names, reached)
            for package in packages:
                imported = f"{package}.{name}" if name else package  # '' for "from . import x"
                self._add(sys.modules.get(imported), names, reached)
        return reached

    def note_all(self, module: ModuleType) -> set[str]:
        """Note and return a module sent as a value: all of it and its submodules may be used."""
        reached: set[str] = set()
        self._add(module, set(vars(module)) - _OF_THE_IMPORT, reached)
        inside = f"{module.__name__}."
        for child in list(vars(module).values()):
            if (
                isinstance(child, ModuleType)
                and child.__name__.startswith(inside)
                and is_local(child)
            ):
                reached |= self.note_all(child)
        return reached

    def _add(self, module: object, names: set[str], reached: set[str]) -> None:
        if not isinstance(module, ModuleType) or not is_local(module):
            return
        seen = module.__name__ in reached
        reached.add(module.__name__)
        known = self.attributes.setdefault(module.__name__, set())
        used = names & vars(module).keys() - _OF_THE_IMPORT
        if seen and used <= known:
            return
        known |= used
        for name in used:
            self._add(vars(module)[name], names, reached)
        parent, _, child = module.__name__.rpartition(".")
        if parent:  # importing a.b imports a
            self._add(sys.modules.get(parent), {child}, reached)


def _names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names


def _packages(package: str) -> list[str]:
    """List a package and its parents, which relative imports may start from."""
    parts = package.split(".") if package else []
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
