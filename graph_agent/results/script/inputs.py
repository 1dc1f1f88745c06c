"""A run's variables as source and files, see :mod:`.source`.

The stored values are pickles, which this process doesn't load. A value is encoded here if the
caller still has it, or else in a container, which loads the pickle and returns the safe encoding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph_agent.results.script.source import make as make_source
from sandbox.confined import Limits, call
from sandbox.errors import ConfinedError, SandboxError, VariableStoreError
from sandbox.protocol import Sandbox
from sandbox.records import Payload
from sandbox.results.decode import libraries_of
from sandbox.runner.encode import encode_value
from sandbox.runner.encoding.writer import NotEncodableError
from sandbox.runner.shared.frames import FILES_FOLDER
from sandbox.runner.shared.limits import CODEC
from sandbox.variables.bundle import StoredResult, VariableBundle
from sandbox.variables.named_files import NamedFiles
from sandbox.variables.store import VariableStore

MAX_BYTES = 128 << 20
"""Of all variables together, as they are stored; larger ones are only named."""
CPU_S = 30.0
MEMORY_BYTES = 1 << 30
"""For one variable, besides eight times its payload."""
TOO_LARGE = "{:,} MB are too much to be saved with each run"


@dataclass(frozen=True)
class Input:
    """A variable: its ``source``, or the ``reason`` why it has none.

    ``modules``: which modules the source uses. ``files``: those that it reads, by name.
    """

    name: str
    source: str = ""
    modules: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    reason: str = ""


Payloads = Callable[[VariableBundle, list[str]], tuple[Mapping[str, Payload], Mapping[str, str]]]
"""Returns the payloads of some of a bundle's variables, and why others have none."""


def inputs_of(output: Mapping[str, Any], store: VariableStore, payloads: Payloads) -> list[Input]:
    """Write all variables of a run; never fails, but names what isn't saved and why."""
    stored = output.get("variables")
    bundle = VariableBundle.from_json(stored) if stored else VariableBundle("", "")
    reasons = dict(bundle.unsendable)
    names = list(_small(bundle, reasons))
    try:
        found, missing = payloads(bundle, names) if names else ({}, {})
    except SandboxError as error:
        found, missing = {}, dict.fromkeys(names, str(error))
    reasons |= missing
    copies = _Copies(bundle, store)
    made: list[Input] = []
    for name in [*(variable.name for variable in bundle.variables), *bundle.unsendable]:
        if name in found:
            stem = _free(name, {used.casefold() for each in made for used in each.files})
            made.append(_made(name, stem, found[name], copies))
        else:
            made.append(Input(name, reason=reasons.get(name, "it could not be read")))
    return made


def encoded(values: Mapping[str, Any]) -> Payloads:
    """Return payloads of values that this process has, unchanged since they were stored."""

    def payloads(_: VariableBundle, names: list[str]) -> Any:
        places = NamedFiles(values).places
        inside = {path.as_posix(): f"{FILES_FOLDER}/{place}" for path, place in places.items()}
        found, missing = {}, {}
        for name in names:
            value = values.get(name)
            if isinstance(value, Path):
                value = Path(inside.get(value.as_posix(), value))
            try:
                data = b"".join(encode_value(value))
                found[name] = Payload(CODEC, type(value).__name__, data)
            except NotEncodableError as error:
                missing[name] = error.reason
        return found, missing

    return payloads


def from_container(
    sandbox: Callable[[], AbstractContextManager[Sandbox]], store: VariableStore
) -> Payloads:
    """Return payloads from a container that loads the variables and runs nothing."""

    def payloads(bundle: VariableBundle, names: list[str]) -> Any:
        with sandbox() as opened:
            run = opened.run("", bundle, names, store=store)
        why = run.detail or "it could not be read again"
        return run.payloads, {name: run.withheld.get(name, why) for name in names}

    return payloads


def _small(bundle: VariableBundle, reasons: dict[str, str]) -> Iterable[str]:
    """Yield the variables that are small enough together; say so of the others."""
    left_bytes = MAX_BYTES
    results = {part.name: part.bytes for part in bundle.parts if isinstance(part, StoredResult)}
    for variable in bundle.variables:
        first, end = variable.buffers
        size_bytes = variable.bytes + sum(each.bytes for each in bundle.buffers[first:end])
        size_bytes += results.get(variable.name, 0)
        if size_bytes > left_bytes:
            reasons[variable.name] = TOO_LARGE.format(size_bytes >> 20)
        else:
            left_bytes -= size_bytes
            yield variable.name


class _Copies(dict[str, str]):
    """The names of the files that paths among the variables name, by their path in a container."""

    def __init__(self, bundle: VariableBundle, store: VariableStore) -> None:
        super().__init__()
        self._store = store
        self._digests: dict[str, str] = {}
        for file in bundle.files:
            name = _free(file.place.rpartition("/")[2], {each.casefold() for each in self._digests})
            self[f"{FILES_FOLDER}/{file.place}"] = name
            self._digests[name] = file.sha256

    def content(self, name: str) -> bytes:
        return self._store.get(self._digests[name])


def _free(name: str, taken: set[str]) -> str:
    """Return a name whose files differ from those taken, also where case doesn't count."""
    number, free = 1, name
    stems = {used.partition(".")[0] for used in taken} | taken
    while free.casefold() in stems:
        number += 1
        free = f"{number}-{name}"
    return free


def _made(name: str, stem: str, payload: Payload, copies: _Copies) -> Input:
    memory_bytes = min(MEMORY_BYTES + 8 * len(payload.data), 6 << 30)
    try:
        reply = call(
            f"{make_source.__module__}:{make_source.__name__}",
            [stem, MAX_BYTES, copies],
            [payload.data],
            limits=Limits(CPU_S, memory_bytes),
            libraries=libraries_of(payload.data),
            max_reply_bytes=2 * MAX_BYTES,
        )
        said = reply.value
        if "reason" in said:
            return Input(name, reason=said["reason"])
        files = {each: bytes(part) for each, part in zip(said["names"], reply.parts, strict=True)}
        files |= {each: copies.content(each) for each in said["copied"]}
    except (ConfinedError, VariableStoreError) as error:
        return Input(name, reason=str(error))
    return Input(name, said["source"], tuple(said["modules"]), files)
