"""The values of a request's variables, read from their files."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from graph_agent.batch.journal import Setup
from graph_agent.batch.requests import BatchRequest
from graph_agent.files.reading import ReadOptions
from graph_agent.files.variable_files import read_variable_files
from graph_agent.request import CodeGenerationRequest

__all__ = ["FileOptions", "Values"]

KEPT_FILES = 4
"""How many files' values stay in memory: requests of a batch are often about the same ones."""


@dataclass(frozen=True)
class FileOptions:
    """How variables' files are read, and tables saved; see ``codegen-agent run --help``."""

    reading: ReadOptions = field(default_factory=ReadOptions)
    trust_pickle: bool = False
    keep_formulas: bool = False
    note: Callable[[str], object] = lambda line: None


class Values:
    """Reads files; several threads may do so at once."""

    def __init__(self, files: FileOptions) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._read = functools.lru_cache(maxsize=KEPT_FILES)(self._read_anew)

    def asked(self, request: BatchRequest, setup: Setup) -> CodeGenerationRequest:
        """Return what is asked, with the values of its files and the batch's options.

        Raises:
            VariableFileError: a file can't be read.
        """
        asked = request.request
        if asked.candidates is None:
            asked = replace(asked, candidates=setup.candidates)
        if request.files:
            files = request.files.items()
            asked = asked.with_variables({name: self._value(name, Path(f)) for name, f in files})
        return asked

    def _value(self, name: str, file: Path) -> Any:
        """Read a file; one that hasn't changed is read once for several requests."""
        try:
            status = file.expanduser().stat()
        except (OSError, RuntimeError):
            return self._read_anew(name, file)  # which says what is wrong
        with self._lock:  # otherwise each thread would read the same large file
            return self._read(name, file, (status.st_mtime_ns, status.st_size))

    def _read_anew(self, name: str, file: Path, _version: tuple[int, int] = (0, 0)) -> Any:
        files = self._files
        return read_variable_files(
            [f"{name}={file}"],
            trust_pickle=files.trust_pickle,
            options=files.reading,
            note=files.note,
        )[name]
