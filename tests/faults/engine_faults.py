"""A container engine that is stopped, killed or frozen just when one of its methods is called."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.sandbox.engine.second_engine import SecondEngine

UP_S = 30.0


class KillableEngine(SecondEngine):
    """An engine whose daemon can be killed without its containers, and is started again.

    As with systemd, its socket stays open meanwhile.
    """

    SERVE = (
        'exec 3<&0 </dev/null; while :; do sh -c \'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"\' sh "$@";'
        ' while [ -e "$DOWN" ]; do sleep 0.05; done; done'
    )

    def __init__(self) -> None:
        super().__init__(None)
        self._down = self.folder / "down"
        self.SERVE = f"DOWN={self._down}; {self.SERVE}"

    def signal_daemon(self, number: int) -> None:
        """Send a signal to the daemon alone; one that ends isn't started before :meth:`repair`."""
        self._down.touch()
        for pid in _children(self._daemon()):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                if Path(f"/proc/{pid}/comm").read_text().strip() == "dockerd":
                    os.kill(pid, number)

    def repair(self) -> None:
        """Start the engine, or its daemon, or let it continue."""
        if self._process is None:
            self._down.unlink(missing_ok=True)
            self.start().close()
            return
        self.signal_daemon(signal.SIGCONT)
        self._down.unlink()
        self.await_answer()

    def await_answer(self) -> None:
        """Wait until it answers."""
        from sandbox.engine.connection import connect
        from sandbox.errors import EngineUnreachableError

        deadline = time.monotonic() + UP_S
        while True:
            try:
                connect(self.address, 5.0).close()
            except EngineUnreachableError:
                assert time.monotonic() < deadline, "the engine does not answer"
            else:
                return


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class StruckApi:
    """A client's API that strikes once, before or after a call of one of its methods.

    ``method``: the method's name, or ``receive`` for the first bytes of a result.
    """

    def __init__(self, api: Any, method: str, when: str, strike: Callable[[], object]) -> None:
        self._api = api
        self._method = method
        self._when = when
        self._strike: Callable[[], object] | None = strike

    @property
    def struck(self) -> bool:
        """Whether it did."""
        return self._strike is None

    def strike(self) -> None:
        """Strike, unless it did."""
        strike, self._strike = self._strike, None
        if strike is not None:
            strike()

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            super().__setattr__(name, value)
        else:
            setattr(self._api, name, value)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._api, name)
        if name == "attach_socket" and self._method == "receive":
            return lambda *args, **options: StruckSocket(value(*args, **options), self.strike)
        if name != self._method:
            return value

        def call(*args: Any, **options: Any) -> Any:
            if self._when == "before":
                self.strike()
            result = value(*args, **options)
            self.strike()
            return result

        return call


class StruckSocket:
    """A container's stream that strikes in the middle of a large result."""

    def __init__(self, raw: Any, strike: Callable[[], object]) -> None:
        self._raw, self._strike = raw, strike
        self._socket: socket.socket = getattr(raw, "_sock", raw)
        self._received = 0

    def recv(self, size: int) -> bytes:
        """Receive; strike after a megabyte."""
        data = self._socket.recv(size)
        self._received += len(data)
        if self._received > 1 << 20:
            self._strike()
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw if name == "_response" else self._socket, name)
