"""The base of the runner image: a small Linux with the host's minor version of Python.

Pulled from an image registry if one can be reached; otherwise made on this host.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sandbox.engine.commands import Progress
from sandbox.errors import ImageBuildError
from sandbox.image.packaged_base import made_tag, make_base, own_tag

if TYPE_CHECKING:
    import docker

PULL_FIRST_ANSWER_S = 10.0
PULL_STALL_S = 120.0


def ensure_base(
    client: docker.DockerClient,
    python: str,
    arch: str,
    progress: Progress,
    *,
    wanted: str | None = None,
) -> str:
    """Return a base image that is on the engine; pull or make one if needed.

    Args:
        client: the engine.
        python: minor version, such as ``3.11``.
        arch: the engine's, such as ``amd64``.
        progress: receives each step.
        wanted: the only image to use.

    Raises:
        ImageBuildError: no base image is available; the message says what to do.
    """
    official = f"python:{python}-slim"
    for tag in [wanted] if wanted else [official, made_tag(python), own_tag()]:
        if client.images.list(tag):
            return tag
    progress(f"pulling {wanted or official!r}")
    problem = pull(client, wanted or official)
    if problem is None:
        return wanted or official
    if wanted:
        raise ImageBuildError(
            f"the base image {wanted!r} is not on the engine and cannot be pulled"
            f" ({problem}); pull it yourself, or unset CODEGEN_AGENT_BASE_IMAGE"
        )
    progress(f"no image registry answers ({problem}); making the base from packages")
    return make_base(client, python, arch, progress)


def pull(
    client: docker.DockerClient,
    tag: str,
    first_answer_s: float = PULL_FIRST_ANSWER_S,
    stall_s: float = PULL_STALL_S,
) -> str | None:
    """Pull an image; return None, or why that failed.

    The wait is limited here because the engine itself tries for much longer.
    """
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            for message in _pull(client.api, tag):
                if "error" in message:
                    answers.put(f"! {message['error']}")
                    return
                answers.put("")
            answers.put(None)
        # Any failure: there is another way to get a base.
        except Exception as error:
            answers.put(f"! {getattr(error, 'explanation', None) or error}")

    threading.Thread(target=work, name="codegen-pull", daemon=True).start()
    timeout_s = first_answer_s
    while True:
        try:
            answer = answers.get(timeout=timeout_s)
        except queue.Empty:
            return f"no answer for {timeout_s:g} s"
        if answer is None:
            return None
        if answer:
            return answer.removeprefix("! ").strip()
        timeout_s = stall_s


def _pull(api: Any, tag: str) -> Iterator[dict[str, Any]]:
    """Pull with the Docker CLI's credentials; without any if their helper doesn't work."""
    import docker.errors
    from docker.credentials import StoreError
    from docker.utils.config import find_config_file

    try:
        yield from api.pull(tag, stream=True, decode=True)
        return
    except docker.errors.DockerException as error:
        if not isinstance(error.__cause__, StoreError):
            raise
        helper = f"without credentials: {error.__cause__}, which {find_config_file()!r} names"
    try:
        for message in api.pull(tag, stream=True, decode=True, auth_config={}):
            problem = message.get("error")
            yield {"error": f"{problem}; tried {helper}"} if problem else message
    except docker.errors.DockerException as error:
        reason = getattr(error, "explanation", None) or error
        raise docker.errors.DockerException(f"{reason}; tried {helper}") from None
