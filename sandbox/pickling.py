"""Inward: values to pickle protocol 5, their big buffers apart.

The container is ours and so is the data, so pickle is fine this way round;
nothing is ever unpickled from there.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import sys
import sysconfig
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import cloudpickle

OUT_OF_BAND_BYTES = 1 << 16
"""Buffers of this size or more go to files of their own, to be mapped."""
OUR_PACKAGES = frozenset({"graph_agent", "nodes", "sandbox"})
_registry_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class PickledVariable:
    """Where one variable lies: ``pickled_bytes`` of the stream, ``buffers`` first to last."""

    name: str
    pickled_bytes: int
    buffers: tuple[int, int]


@dataclass(frozen=True, slots=True)
class PickledVariables:
    """One stream for all variables, so that what they share stays shared.

    ``unsendable`` maps the names of those left out to the reason.
    """

    stream: bytes
    buffers: list[memoryview]
    variables: list[PickledVariable]
    unsendable: dict[str, str]


def pickle_variables(values: Mapping[str, Any]) -> PickledVariables:
    """Pickle ``values`` in order; leave out, with its reason, what cannot go."""
    unsendable: dict[str, str] = {}
    with _local_modules_by_value():
        while True:
            remaining = {name: one for name, one in values.items() if name not in unsendable}
            pickled = _pickle_all(remaining, unsendable)
            if pickled is not None:
                return pickled


def _pickle_all(values: Mapping[str, Any], unsendable: dict[str, str]) -> PickledVariables | None:
    """Pickle all or, if one fails, note it in ``unsendable`` and return None.

    A failed dump leaves half-written entries in the memo, so all starts again.
    """
    stream = io.BytesIO()
    buffers: list[memoryview] = []

    def keep_in_band(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < OUT_OF_BAND_BYTES:
            return True
        buffers.append(raw)
        return False

    pickler = cloudpickle.Pickler(stream, protocol=5, buffer_callback=keep_in_band)
    variables = []
    for name, value in values.items():
        start, first = stream.tell(), len(buffers)
        try:
            pickler.dump(value)
        except Exception as error:
            unsendable[name] = f"a {type(value).__name__} cannot be pickled ({_reason(error)})"
            return None
        pickled_bytes = stream.tell() - start
        variables.append(PickledVariable(name, pickled_bytes, (first, len(buffers))))
    return PickledVariables(stream.getvalue(), buffers, variables, unsendable)


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__


@contextlib.contextmanager
def _local_modules_by_value() -> Iterator[None]:
    """Have the user's own modules pickled by value: the container does not have them."""
    with _registry_lock:
        registered = []
        known = cloudpickle.list_registry_pickle_by_value()
        for module in list(sys.modules.values()):
            if is_local(module) and module.__name__ not in known:
                cloudpickle.register_pickle_by_value(module)
                registered.append(module)
        try:
            yield
        finally:
            for module in registered:
                cloudpickle.unregister_pickle_by_value(module)


def is_local(module: object) -> bool:
    """Whether a module is the user's own: a file outside the standard library and site-packages."""
    if not isinstance(module, ModuleType):
        return False
    name, file = module.__name__, getattr(module, "__file__", None)
    if name == "__main__" or not isinstance(file, str) or name not in sys.modules:
        return False
    if name.partition(".")[0] in OUR_PACKAGES | sys.stdlib_module_names:
        return False
    return not any(part in file for part in ("site-packages", "dist-packages")) and not (
        file.startswith(sysconfig.get_path("stdlib"))
    )
