"""A sandbox whose container is ready when the clock starts, according to the engine."""

from __future__ import annotations

import contextlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from sandbox import DockerSandbox, Execution
from sandbox.engine.connection import connect

IDLE_S = 0.3
IDLE_CPU_S = 0.005
MIN_CPU_S = 0.05
"""A container that has used less has not started its imports."""
PREPARED_WITHIN_S = 120


@dataclass(frozen=True, slots=True)
class TimedRun:
    """A run, its total time, and the time after the code's last output."""

    execution: Execution
    seconds: float
    after_output_s: float


class PreparedSandbox(contextlib.ExitStack):
    """Keeps one container prepared and waits for it before each run."""

    def __init__(self, **options: Any) -> None:
        """Take the options of :class:`sandbox.DockerSandbox`."""
        super().__init__()
        self._options = options
        self._label = secrets.token_hex(8)

    def __enter__(self) -> PreparedSandbox:
        self._api: Any = connect().api
        self.callback(self._api.close)
        labels = {"bench": self._label}
        self._sandbox = self.enter_context(DockerSandbox(warm=1, labels=labels, **self._options))
        self._sandbox.prepare()
        return self

    def run(self, code: str, *arguments: Any, **options: Any) -> TimedRun:
        """Wait until a container is ready, then time a run of code that prints something.

        Raises:
            RuntimeError: the run failed.
        """
        self.wait()
        heard: list[float] = []
        started = time.perf_counter()
        execution = self._sandbox.run(
            code, *arguments, on_output=lambda *_: heard.append(time.perf_counter()), **options
        )
        ended = time.perf_counter()
        if not execution.ok:
            raise RuntimeError(f"a run ended with {execution.outcome}: {execution.error}")
        return TimedRun(execution, ended - started, ended - heard[-1])

    def wait(self) -> None:
        """Wait until a container has done its imports and is idle.

        Raises:
            TimeoutError: none is ready within two minutes.
        """
        deadline = time.monotonic() + PREPARED_WITHIN_S
        before: dict[str, float] = {}
        while time.monotonic() < deadline:
            now = self._cpu_seconds()
            if now and all(
                used_s > MIN_CPU_S and used_s - before.get(container_id, 0.0) < IDLE_CPU_S
                for container_id, used_s in now.items()
            ):
                return
            before = now
            time.sleep(IDLE_S)
        raise TimeoutError(f"no container was prepared within {PREPARED_WITHIN_S} s")

    def _cpu_seconds(self) -> dict[str, float]:
        import docker.errors

        used = {}
        filters = {"label": f"org.codegen-agent.bench={self._label}"}
        for container in self._api.containers(filters=filters):
            try:
                stats = self._api.stats(container["Id"], stream=False, one_shot=True)
                used[container["Id"]] = stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9
            except (docker.errors.APIError, KeyError, ValueError):  # it is being removed
                continue
        return used


def expect(right: object) -> None:
    """Refuse to time a wrong result.

    Raises:
        RuntimeError: the result is wrong.
    """
    if not right:
        raise RuntimeError("a contender returned a wrong result")
