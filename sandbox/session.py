"""One container for one conversation: names live on from run to run."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Self

from sandbox.arguments import check_arguments, job_message, names_to_return
from sandbox.containers.launch import Lease
from sandbox.containers.raw_run import RawRun
from sandbox.errors import SandboxError, SandboxUnavailableError, SessionEndedError
from sandbox.policy import SandboxPolicy
from sandbox.protocol import OutputListener
from sandbox.records import Execution
from sandbox.results.collect import collect
from sandbox.results.decode import libraries_of
from sandbox.variables.bundle import StoredResult, VariableBundle
from sandbox.variables.composing import composed
from sandbox.variables.store import VariableStore

IDLE_S = 600.0
LIMIT_S = 3600.0
CLOSED = "it was closed"
ToBundle = Callable[[Mapping[str, Any] | VariableBundle | None], VariableBundle]


@dataclass(frozen=True, slots=True)
class SavedSession:
    """The values of a session, as references into its store: plain data, see ``to_json``.

    ``not_saved``: name to reason, for what has no safe encoding: functions, classes, modules.
    """

    variables: VariableBundle
    not_saved: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {"variables": self.variables.to_json(), "not_saved": dict(self.not_saved)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` made.

        Raises:
            VariableError: it is something else.
        """
        bundle = VariableBundle.from_json(data["variables"])
        return cls(bundle, MappingProxyType(dict(data["not_saved"])))


class Session:
    """Runs code in one container, which nothing else uses, until it is closed or ends.

    A context manager. A run at its time limit, out of memory or over its output limit ends the
    session: its execution says so, and the next run raises SessionEndedError. Between runs all
    of the session's processes are stopped. Runs from several threads wait for each other.
    """

    def __init__(
        self,
        lease: AbstractContextManager[Lease],
        policy: SandboxPolicy,
        store: VariableStore,
        to_bundle: ToBundle,
        first: VariableBundle,
        *,
        idle_s: float,
        limit_s: float,
    ) -> None:
        """Start it; called by :meth:`DockerSandbox.session`.

        Raises:
            SandboxError: a limit is no positive number.
            SandboxUnavailableError: no container could be started.
            VariableError: a first variable doesn't load in the image.
        """
        for name, limit in (("idle_s", idle_s), ("limit_s", limit_s)):
            if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not limit > 0:
                raise SandboxError(f"{name} must be a positive number of seconds, not {limit!r}")
        self._policy = policy
        self._store = store
        self._to_bundle = to_bundle
        self._idle_s = idle_s
        self._limit_s = limit_s
        self._running = threading.RLock()
        self._ended = ""
        self._exits = contextlib.ExitStack()
        self._lease = self._exits.enter_context(lease)
        self._end_at = time.monotonic() + limit_s
        self._timer: threading.Timer | None = None
        self._note_use()
        if first.variables:
            try:
                self._run("", first, None, None, None)
            except BaseException:
                self.close()
                raise
            if self._ended:
                raise SessionEndedError(self._ended)

    @property
    def ended(self) -> str:
        """Why it has ended; empty while it is open."""
        return self._ended

    @property
    def container_id(self) -> str:
        """The engine's id of the container."""
        return self._lease.container.id

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the container; a run that another thread waits for is ended."""
        self._end(CLOSED)

    def run(
        self,
        code: str,
        variables: Mapping[str, Any] | VariableBundle | None = None,
        returns: Sequence[str] | None = None,
        *,
        checks: str | None = None,
        on_output: OutputListener | None = None,
    ) -> Execution:
        """Run ``code`` with the names that earlier runs left, and ``variables``.

        Arguments and result are those of :meth:`DockerSandbox.run`, each run with limits of its
        own. ``files`` has what is new or changed, and so has ``variables`` by default.

        Raises:
            SessionEndedError: the session has ended.
            SandboxUnavailableError: the engine failed during the run, which ends the session.
            VariableError: a variable can't be sent, or doesn't load; the session goes on.
        """
        check_arguments(code, variables, checks, on_output)
        names = names_to_return(returns)
        with self._running:
            self._check_open()
            return self._run(code, self._to_bundle(variables), names, checks, on_output)

    def save(self) -> SavedSession:
        """Store the session's values, as far as they have a safe encoding.

        ``sandbox.session(saved)`` starts another one with them.

        Raises:
            SessionEndedError: the session has ended.
            SandboxError: the session can't say what it has.
        """
        with self._running:
            self._check_open()
            run = self._run("", self._to_bundle(None), None, None, None, save=True)
        if not run.ok:
            raise SandboxError(f"the session could not be saved: {run.outcome}: {run.detail}")
        results = [
            StoredResult(
                name,
                self._store.put(payload.data),
                len(payload.data),
                tuple(libraries_of(payload.data)),
            )
            for name, payload in run.payloads.items()
            if name in run.variables
        ]
        return SavedSession(composed(results, self._store), run.withheld)

    def _run(
        self,
        code: str,
        bundle: VariableBundle,
        names: list[str] | None,
        checks: str | None,
        on_output: OutputListener | None,
        *,
        save: bool = False,
    ) -> Execution:
        if not bundle.variables:
            bundle = replace(bundle, pickle="")  # nothing to load, so nothing to send
        job = job_message(code, bundle, names, checks, self._policy, session=True, save=save)
        if bundle.variables:
            self._lease.put_variables(bundle, self._store)
        raw = self._serve(job, on_output, checked=bool(checks))
        execution = collect(raw, self._policy, names, checked=bool(checks))
        if raw.lives_on:
            self._note_use()
            return execution
        why = execution.detail or "its process ended"
        self._end(f"its last run was ended: {why}")
        return replace(execution, detail=f"{why}; this ended the session")

    def _serve(self, job: bytes, on_output: OutputListener | None, *, checked: bool) -> RawRun:
        try:
            return self._lease.container.serve_in_session(job, on_output, checked=checked)
        except SandboxUnavailableError as error:
            if self._ended:  # closed, or at its limit, while the code ran
                raise SessionEndedError(self._ended) from error
            self._end(str(error))
            raise
        except BaseException:  # Ctrl-C, or what a listener raised: the run can't be read any more
            self._end("its last run was interrupted")
            raise

    def _check_open(self) -> None:
        if not self._ended and not self._lease.container.is_waiting():
            self._end("its container was killed or removed from outside, or the engine stopped")
        if self._ended:
            raise SessionEndedError(self._ended)

    def _end(self, reason: str) -> None:
        if self._ended:
            return
        self._ended = reason
        if self._timer is not None:
            self._timer.cancel()
        self._lease.container.end()
        with self._running:
            self._exits.close()

    def _note_use(self) -> None:
        self._idle_at = time.monotonic() + self._idle_s
        if self._timer is None:
            self._watch()

    def _watch(self) -> None:
        delay_s = min(self._idle_at, self._end_at) - time.monotonic()
        self._timer = threading.Timer(max(0.05, delay_s), self._look)
        self._timer.daemon = True
        self._timer.start()

    def _look(self) -> None:
        """End it at one of its limits; a run isn't idle."""
        now = time.monotonic()
        if now >= self._end_at:
            self._end(f"it was open for {self._limit_s:g} s, its limit")
        elif now < self._idle_at or not self._running.acquire(blocking=False):
            self._watch_again(now)
        else:
            try:
                if time.monotonic() >= self._idle_at:
                    self._end(f"it was idle for {self._idle_s:g} s")
                else:
                    self._watch_again(now)
            finally:
                self._running.release()

    def _watch_again(self, now: float) -> None:
        if self._idle_at <= now:  # a run is under way
            self._idle_at = now + min(1.0, self._idle_s)
        if not self._ended:
            self._watch()
