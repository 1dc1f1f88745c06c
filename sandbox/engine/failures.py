"""Separates what ended a container: the engine, its memory, or the code."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime
from typing import Any, Literal

from sandbox.engine.connection import engine_errors
from sandbox.errors import SandboxUnavailableError

CrashCause = Literal["code", "memory"]


def find_crash_cause(api: Any, container_id: str, *, is_podman: bool = False) -> CrashCause:
    """Find out why a container's stream ended without a report.

    Process 1 reports how the code ended, and no process inside the container can send
    it a signal. So it ran out of memory, the code broke it, or it was ended from outside.

    Raises:
        SandboxUnavailableError: the engine stopped or was restarted, or the container
            was killed or removed from outside.
    """
    import docker.errors
    import requests

    with engine_errors("finding out how a run ended"):
        api.ping()
        with contextlib.suppress(docker.errors.NotFound, requests.exceptions.Timeout):
            api.wait(container_id, timeout=5)
        events = _events(api, container_id, is_podman)
    actions = [action for action, _ in events]
    codes = [code for action, code in events if action == "die"]
    if "oom" in actions:
        return "memory"
    if "start" not in actions:
        raise SandboxUnavailableError(
            "the container engine was restarted during a run; run it again"
        )
    if "kill" in actions or "stop" in actions:
        raise SandboxUnavailableError(
            "the run's container was killed or removed from outside; run it again"
        )
    if codes == ["0"]:
        # Process 1 exits with 0 after its report, or when its input ends.
        raise SandboxUnavailableError(
            "the connection to the run's container was lost; run it again"
        )
    # 137: killed by the kernel. Podman sends no "oom" event, and Docker's can be lost when all
    # processes are killed at once, as under gVisor. In Podman a forced removal looks the same.
    return "memory" if codes == ["137"] else "code"


def engine_time(api: Any) -> str:
    """Read the engine's clock, seconds since the epoch with nanoseconds.

    Events are listed up to this time: with a time in the engine's future the request
    would wait for it, and with a time in RFC 3339 format the engine lists no events.
    """
    stamp, _, fraction = str(api.info()["SystemTime"]).rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(f"{stamp}+00:00").timestamp())
    return f"{seconds}.{fraction:0<9}"


def _events(api: Any, container_id: str, is_podman: bool) -> list[tuple[str, str]]:
    """List an engine's events of a container: the action, and the exit code if there is one."""
    if is_podman:
        # Podman ends the list with stream=false; with Docker's `until` it lists nothing.
        url = f"{api.base_url}/v{api.api_version}/events"
        query = {"stream": "false", "filters": json.dumps({"container": [container_id]})}
        lines = api.get(url, params=query, timeout=api.timeout).text.splitlines()
        listed = [json.loads(line) for line in lines if line]
    else:
        until = engine_time(api)
        listed = list(api.events(until=until, filters={"container": container_id}, decode=True))
    events = []
    for event in listed:
        attributes = event.get("Actor", {}).get("Attributes") or {}
        code = attributes.get("exitCode", attributes.get("containerExitCode", ""))
        events.append((str(event.get("Action", "")).partition(":")[0], str(code)))
    return events
