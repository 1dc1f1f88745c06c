"""A run's values, figures and files, read from the store when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from graph_agent.records import (
    ErrorRecord,
    ExecutionRecord,
    FigureReference,
    FileReference,
    ValueReference,
)
from sandbox.policy import SandboxPolicy
from sandbox.records import Execution, ExecutionError, Figure, Payload
from sandbox.terminal_text import one_line
from sandbox.variables.store import VariableStore


class StoredVariables(Mapping[str, Any]):
    """A read-only mapping from name to value; decodes a value when it is first read.

    Raises:
        PayloadError: a value can't be decoded, or needs a library that isn't installed.
        VariableStoreError: its bytes are no longer in the store.
    """

    def __init__(self, references: list[ValueReference], store: VariableStore) -> None:
        self._references = {reference.name: reference for reference in references}
        self._store = store
        self._values: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            self._values[name] = decode_reference(self._references[name], self._store)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}: {ref.type}" for name, ref in self._references.items())
        return f"<variables {one_line(listed) or 'none'}>"


class StoredFiles(Mapping[str, bytes]):
    """A read-only mapping from relative path to content; reads a file when it is asked for.

    Raises:
        VariableStoreError: its bytes are no longer in the store.
    """

    def __init__(self, references: list[FileReference], store: VariableStore) -> None:
        self._references = {reference.name: reference for reference in references}
        self._store = store

    def __getitem__(self, name: str) -> bytes:
        return self._store.get(self._references[name].sha256)

    def __iter__(self) -> Iterator[str]:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}: {ref.size} bytes" for name, ref in self._references.items())
        return f"<files {one_line(listed) or 'none'}>"


def decode_reference(reference: ValueReference, store: VariableStore) -> Any:
    """Decode a stored value; see :class:`StoredVariables` for what it raises."""
    from sandbox.results.decode import RunDecoder

    payload = Payload(reference.codec, reference.type, store.get(reference.sha256))
    return RunDecoder(SandboxPolicy()).decode(payload)


def figure_of(record: FigureReference, store: VariableStore) -> Figure:
    """Read a stored figure.

    Raises:
        VariableStoreError: its bytes are no longer in the store.
    """
    preview = None if record.preview is None else figure_of(record.preview, store)
    return Figure(store.get(record.sha256), record.mime, record.width, record.height, preview)


def execution_of(record: ExecutionRecord, store: VariableStore) -> Execution:
    """Return a run from its record; its values are read when they are asked for."""
    return Execution(
        outcome=record.outcome,
        stdout=record.stdout,
        stderr=record.stderr,
        error=_error(record.error),
        variables=StoredVariables(record.variables, store),
        withheld=MappingProxyType(dict(record.withheld)),
        figures=tuple(figure_of(figure, store) for figure in record.figures),
        files=StoredFiles(record.files, store),
        display=None if record.display is None else decode_reference(record.display, store),
        display_text=record.display_text,
        changed_inputs=tuple(record.changed_inputs),
        duration_s=record.duration_s,
        check_error=_error(record.check_error),
        detail=record.detail,
    )


def _error(record: ErrorRecord | None) -> ExecutionError | None:
    return None if record is None else ExecutionError(**record.model_dump())
