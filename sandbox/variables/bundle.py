"""References to a set of stored variables, and the rule for their names."""

from __future__ import annotations

import dataclasses
import json
import keyword
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from sandbox.errors import VariableError, VariableNameError


@dataclass(frozen=True, slots=True)
class PickledVariable:
    """Where one variable is: how many ``bytes`` of the stream, and which ``buffers``, end excluded.

    ``module_sets``: how many dicts of name to local module follow the value, for what its
    functions import. ``modules``: what loading it imports, as far as known.
    """

    name: str
    bytes: int
    buffers: tuple[int, int] = (0, 0)
    module_sets: int = 0
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredBuffer:
    """The blob of one big buffer."""

    sha256: str
    bytes: int
    readonly: bool


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The blob of a file that a path among the values names, and its place in the container."""

    place: str
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredResult:
    """The payload of a value that came out of a container, as a variable.

    ``modules``: what decoding it imports.
    """

    name: str
    sha256: str
    bytes: int
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VariableBundle:
    """References to a set of stored variables, as ``VariableStore.put_variables`` returns them.

    ``python``: the minor version that pickled them. ``pickle``: the digest of the stream.
    ``unsendable``: name to reason, for what was left out. ``parts``: what it was put together
    from, see :mod:`.composing`; empty: it was pickled as a whole.
    """

    python: str
    pickle: str
    variables: tuple[PickledVariable, ...] = ()
    buffers: tuple[StoredBuffer, ...] = ()
    files: tuple[StoredFile, ...] = ()
    unsendable: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[VariableBundle | StoredResult, ...] = ()

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Read what :meth:`to_json` made.

        Raises:
            VariableError: the data is something else.
        """
        try:
            variables = [
                PickledVariable(
                    str(entry["name"]),
                    int(entry["bytes"]),
                    (int(entry["buffers"][0]), int(entry["buffers"][1])),
                    int(entry.get("module_sets", 0)),
                    tuple(map(str, entry.get("modules", ()))),
                )
                for entry in data["variables"]
            ]
            buffers = [
                StoredBuffer(str(entry["sha256"]), int(entry["bytes"]), bool(entry["readonly"]))
                for entry in data["buffers"]
            ]
            files = [
                StoredFile(str(entry["place"]), str(entry["sha256"]))
                for entry in data.get("files", ())
            ]
            python, pickle = str(data["python"]), str(data["pickle"])
            unsendable = dict(data.get("unsendable", {}))
            parts = tuple(cls._part(part) for part in data.get("parts", ()))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            raise VariableError(
                "this isn't a set of references to stored variables, as to_input() or"
                " VariableStore.put_variables() makes it"
            ) from None
        return cls(
            python, pickle, tuple(variables), tuple(buffers), tuple(files), unsendable, parts
        )

    @classmethod
    def _part(cls, data: Any) -> VariableBundle | StoredResult:
        if "pickle" in data:
            return cls.from_json({**data, "parts": ()})  # parts have no parts
        modules = tuple(map(str, data["modules"]))
        return StoredResult(str(data["name"]), str(data["sha256"]), int(data["bytes"]), modules)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, for a graph's state or a container's job."""
        plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        if not self.parts:
            del plain["parts"]
        return plain

    def digests(self) -> list[str]:
        """List the blobs these references point to."""
        blobs: tuple[StoredBuffer | StoredFile, ...] = (*self.buffers, *self.files)
        return [self.pickle, *(blob.sha256 for blob in blobs)]

    def uses(self) -> dict[str, str]:
        """Map each blob to words that say what it is part of, such as `` of 'df'``."""
        uses = {self.pickle: _of(variable.name for variable in self.variables)}
        for part in self.parts:
            if isinstance(part, StoredResult):
                uses[part.sha256] = _of([part.name])
            else:
                uses |= part.uses()
        for index, buffer in enumerate(self.buffers):
            owners = (v.name for v in self.variables if v.buffers[0] <= index < v.buffers[1])
            uses.setdefault(buffer.sha256, _of(owners))
        for file in self.files:
            uses.setdefault(file.sha256, f" of the file {file.place!r}")
        return uses


def _of(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return f" of {', '.join(map(repr, listed[:3]))}{more}" if listed else ""


def check_variable_name(name: object) -> str:
    """Return ``name`` if generated code can use it as a global variable.

    Soft keywords such as ``match`` are allowed. Python normalizes identifiers to NFKC,
    so a variable whose name has another form could not be found.

    Raises:
        VariableNameError: it isn't a string or an identifier, is a keyword, starts with two
            underscores (reserved for Python and the runner), or isn't in NFKC form.
    """
    if not isinstance(name, str):
        raise VariableNameError(name, f"is a {type(name).__name__}, not a string")
    if not name.isidentifier():
        raise VariableNameError(name)
    if keyword.iskeyword(name):
        raise VariableNameError(name, "is a Python keyword")
    if name.startswith("__"):
        raise VariableNameError(name, "starts with two underscores, which is reserved")
    normal = unicodedata.normalize("NFKC", name)
    if normal != name:
        raise VariableNameError(name, f"is read by Python as {normal!r}")
    return name


def is_variable_name(name: str) -> bool:
    """Whether generated code can use ``name`` as a global variable."""
    try:
        check_variable_name(name)
    except VariableNameError:
        return False
    return True
