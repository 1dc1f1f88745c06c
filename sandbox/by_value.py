"""Pickles the user's own code by value, also where cloudpickle alone cannot."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import cloudpickle

from sandbox.given_files import GivenFiles
from sandbox.local_modules import ModuleNeeds, is_local
from sandbox.runner.reductions import NAMED_REDUCERS, REDUCERS, is_importable

PROTOCOL = 5


class ByValuePickler(cloudpickle.Pickler):  # type: ignore[misc]  # it ships no types
    """A pickler whose stream loads where the user's modules are not.

    ``needs``: what to send of local modules; it grows while pickling.
    ``files``: those whose paths become the paths they have inside.
    ``reached``: the modules that came up. ``sent``: what was sent of each, perhaps
    before all was known.
    """

    def __init__(
        self,
        stream: IO[bytes],
        buffer_callback: Callable[[pickle.PickleBuffer], bool],
        needs: ModuleNeeds,
        files: GivenFiles,
    ) -> None:
        super().__init__(stream, protocol=PROTOCOL, buffer_callback=buffer_callback)
        self._needs = needs
        self._files = files
        self.reached: set[str] = set()
        self.sent: dict[str, set[str]] = {}

    def dump(self, obj: Any) -> None:
        """Pickle one value; of a module that is the value itself, all goes."""
        if isinstance(obj, types.ModuleType) and is_local(obj):
            self.reached |= self._needs.note_all(obj)
        super().dump(obj)

    def reducer_override(self, obj: Any) -> Any:
        """Reduce modules, and what cloudpickle does not know; leave it the rest."""
        kind = type(obj)
        if kind is types.FunctionType:
            self.reached |= self._needs.note(obj.__code__, obj.__globals__)
        elif kind is types.ModuleType and is_local(obj):
            return self._module(obj)
        elif kind in NAMED_REDUCERS and _goes_by_value(obj):
            return NAMED_REDUCERS[kind](obj)
        elif kind in REDUCERS:
            return REDUCERS[kind](obj)
        elif isinstance(obj, Path) and (inside := self._files.path_inside(obj)):
            return (Path if kind is type(Path()) else kind), (inside,)
        return super().reducer_override(obj)

    def _module(self, module: types.ModuleType) -> Any:
        # The state comes after the module is known: modules may refer to each other.
        if module.__name__ not in self.reached:
            self.reached |= self._needs.note_all(module)
        names = self._needs.attributes[module.__name__]
        self.sent[module.__name__] = set(names)
        content = vars(module)
        kept = {"__name__", "__package__", "__file__"} | names
        return (
            types.ModuleType,
            (module.__name__, module.__doc__),
            {name: content[name] for name in content if name in kept},
        )


def _goes_by_value(named: Any) -> bool:
    module = sys.modules.get(named.__module__)
    return named.__module__ == "__main__" or is_local(module) or not is_importable(named)
