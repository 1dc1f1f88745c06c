"""What a sandbox is connected to: an engine and a variable store, given or its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import weakref
from pathlib import Path
from typing import Any

from sandbox.engine.connection import connect
from sandbox.owner import Owner
from sandbox.variables.store import VariableStore

TEMPORARY_PREFIX = "codegen-agent-"
"""Of temporary folders' names; their owner follows, so that those of dead processes can go."""


class Connections:
    """Connects, and makes a temporary store, at first use.

    A forked process gets its own: a connection can't be shared, and its parent removes the
    folder.
    """

    def __init__(self, client: Any, store: VariableStore | None) -> None:
        """Use what is given; None: make its own."""
        self._given_client = client
        self._given_store = store
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._client: Any = None
        self._store: VariableStore | None = None
        self._exits = contextlib.ExitStack()

    def client(self) -> Any:
        """Return the engine.

        Raises:
            SandboxUnavailableError: none answers.
        """
        if self._given_client is not None:
            return self._given_client
        with self._own_lock():
            if self._client is None:
                self._client = connect()
                self._exits.callback(self._client.close)
            return self._client

    def store(self) -> VariableStore:
        """Return the variable store."""
        if self._given_store is not None:
            return self._given_store
        with self._own_lock():
            if self._store is None:
                folder = tempfile.mkdtemp(prefix=f"{TEMPORARY_PREFIX}{Owner.of(os.getpid())}-")
                # Also when the interpreter exits, but not that of a forked process.
                remove = weakref.finalize(self, _remove_own, folder, os.getpid())
                self._exits.callback(remove)
                self._store = VariableStore(folder)
            return self._store

    def close(self) -> None:
        """Disconnect, and remove the temporary store."""
        with self._own_lock():
            self._exits.close()

    def _own_lock(self) -> threading.Lock:
        if os.getpid() != self._pid:
            self._exits.pop_all()
            self._begin()
        return self._lock


def _remove_own(folder: str, pid: int) -> None:
    if os.getpid() == pid:
        shutil.rmtree(folder, ignore_errors=True)


def remove_temporary_stores() -> list[Path]:
    """Remove temporary folders of this machine's dead processes and return their paths."""
    removed = []
    for folder in Path(tempfile.gettempdir()).glob(f"{TEMPORARY_PREFIX}*-*"):
        owner = Owner.parse(folder.name.removeprefix(TEMPORARY_PREFIX).rpartition("-")[0])
        if owner is not None and owner.is_gone():
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
    return removed
