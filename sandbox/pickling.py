"""Inward: values to pickle protocol 5, their big buffers apart.

The container is ours and so is the data, so pickle is fine this way round;
nothing is ever unpickled from there.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.by_value import ByValuePickler
from sandbox.given_files import GivenFiles
from sandbox.local_modules import ModuleNeeds, pickled_by_value
from sandbox.runner.encoding.naming import type_name, with_article

OUT_OF_BAND_BYTES = 1 << 16
"""Buffers of this size or more go to files of their own, to be mapped."""
MAX_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class PickledVariable:
    """Where one variable lies: ``pickled_bytes`` of the stream, ``buffers`` first to last.

    ``module_sets``: how many dicts of name to local module follow the value, to
    be put in place for what its functions import.
    """

    name: str
    pickled_bytes: int
    buffers: tuple[int, int]
    module_sets: int = 0


@dataclass(frozen=True, slots=True)
class PickledVariables:
    """One stream for all variables, so that what they share stays shared.

    ``unsendable`` maps the names of those left out to the reason.
    """

    stream: bytes
    buffers: list[memoryview]
    variables: list[PickledVariable]
    unsendable: dict[str, str]


def pickle_variables(
    values: Mapping[str, Any], files: GivenFiles | None = None
) -> PickledVariables:
    """Pickle ``values`` in order; leave out, with its reason, what cannot go.

    ``files``: those that go along; None: none do, and paths stay as they are.
    """
    files = files or GivenFiles({})
    unsendable: dict[str, str] = {}
    needs = ModuleNeeds()
    with pickled_by_value():
        while True:
            left_out = len(unsendable)
            remaining = {name: one for name, one in values.items() if name not in unsendable}
            pickled = _Attempt(needs, files, unsendable).dump_all(remaining)
            if pickled is not None:
                return pickled
            if len(unsendable) > left_out:  # nobody needs what only that value needed
                needs = ModuleNeeds()


class _Attempt:
    """Pickles all or, if a value fails or more of a module is needed, has to be made again.

    A failed dump leaves half-written entries in the pickler's memo.
    """

    def __init__(self, needs: ModuleNeeds, files: GivenFiles, unsendable: dict[str, str]) -> None:
        self._needs = needs
        self._unsendable = unsendable
        self._stream = io.BytesIO()
        self._buffers: list[memoryview] = []
        self._pickler = ByValuePickler(self._stream, self._keep_in_band, needs, files)
        self._followed: set[str] = set()

    def dump_all(self, values: Mapping[str, Any]) -> PickledVariables | None:
        """Pickle ``values``; None: make another attempt."""
        variables = []
        for name, value in values.items():
            start, first = self._stream.tell(), len(self._buffers)
            try:
                self._pickler.dump(value)
                module_sets = self._dump_modules()
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # also SystemExit from a __reduce__, Rust's panics
                self._unsendable[name] = _why(value, error)
                return None
            pickled_bytes = self._stream.tell() - start
            buffers = (first, len(self._buffers))
            variables.append(PickledVariable(name, pickled_bytes, buffers, module_sets))
        if any(self._needs.attributes[name] != sent for name, sent in self._pickler.sent.items()):
            return None
        stream = self._stream.getvalue()
        return PickledVariables(stream, self._buffers, variables, self._unsendable)

    def _dump_modules(self) -> int:
        """Let the local modules that came up follow the value; return in how many sets."""
        sets = 0
        while new := self._pickler.reached - self._followed:
            self._pickler.dump({name: sys.modules[name] for name in sorted(new)})
            self._followed |= new
            sets += 1
        return sets

    def _keep_in_band(self, buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < OUT_OF_BAND_BYTES:
            return True
        self._buffers.append(raw)
        return False


def _why(value: object, error: BaseException) -> str:
    """Say in one bounded line why a value cannot go, whatever its class says of itself."""
    kind = with_article(type_name(value))
    if isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError):
        return f"{kind} cannot be pickled (it is nested too deeply)"
    return f"{kind} cannot be pickled ({_text(error) or type_name(error)})"


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # it has none
        return ""
    printable = "".join(one if one.isprintable() else " " for one in text[:10_000])
    return " ".join(printable.split())[:MAX_REASON_CHARS]
