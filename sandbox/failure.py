"""Tells a failing engine from failing code."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from sandbox.errors import ImageMissingError, SandboxUnavailableError

Ending = Literal["code", "memory"]


@contextlib.contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Turn what the Docker SDK raises while ``doing`` something into our errors.

    Raises:
        ImageMissingError: the runner image is not there.
        SandboxUnavailableError: anything else the engine or the way to it does wrong.
    """
    import docker.errors
    import requests

    try:
        yield
    except docker.errors.ImageNotFound as error:
        raise ImageMissingError(
            f"the runner image is not on the engine ({error.explanation});"
            " run `codegen-agent sandbox build`"
        ) from error
    except docker.errors.APIError as error:
        raise SandboxUnavailableError(
            f"the container engine failed while {doing}: {error.explanation or error};"
            " `codegen-agent doctor` tells what works"
        ) from error
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise SandboxUnavailableError(
            f"the container engine did not answer while {doing} ({type(error).__name__}: {error});"
            " check that it runs, `codegen-agent doctor` tells what works"
        ) from error


def post_mortem(api: Any, container_id: str, *, is_podman: bool = False) -> Ending:
    """Find out why a container's stream ended without a report.

    Process 1 reports every end of the code, and nothing inside the container can
    send it a signal; so either memory ran out for it too, or the code broke it,
    or somebody outside did.

    Raises:
        SandboxUnavailableError: the engine is gone or was restarted, or somebody
            else removed or killed the container.
    """
    import docker.errors
    import requests

    with engine_errors("looking for the end of a run"):
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
        # Process 1 leaves so when it has reported, or when its input ends.
        raise SandboxUnavailableError(
            "the connection to the run's container was lost; run it again"
        )
    if codes == ["137"]:
        # By the kernel, then. Podman tells of no "oom", and Docker's may be lost when all goes
        # at once, as under gVisor. To Podman a removal by force looks the same.
        return "memory"
    return "code"


def _events(api: Any, container_id: str, is_podman: bool) -> list[tuple[str, str]]:
    """List what an engine has noted of a container: the action, and the exit code if one."""
    if is_podman:
        # Its way to end the list; given an `until` as Docker needs it, it lists nothing.
        url = f"{api.base_url}/v{api.api_version}/events"
        asked = {"stream": "false", "filters": json.dumps({"container": [container_id]})}
        lines = api.get(url, params=asked, timeout=api.timeout).text.splitlines()
        noted = [json.loads(line) for line in lines if line]
    else:
        until = engine_time(api)
        noted = list(api.events(until=until, filters={"container": container_id}, decode=True))
    events = []
    for one in noted:
        attributes = one.get("Actor", {}).get("Attributes") or {}
        code = attributes.get("exitCode", attributes.get("containerExitCode", ""))
        events.append((str(one.get("Action", "")).partition(":")[0], str(code)))
    return events


def engine_time(api: Any) -> str:
    """Read the engine's clock, seconds since the epoch with nanoseconds.

    Its own clock, since an ``until`` in its future would wait for that time to
    come; as a number, since it overlooks all events when given RFC 3339.
    """
    stamp, _, fraction = str(api.info()["SystemTime"]).rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(f"{stamp}+00:00").timestamp())
    return f"{seconds}.{fraction:0<9}"
