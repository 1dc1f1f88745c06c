"""Builds an image on the engine from a context that holds only what is needed."""

from __future__ import annotations

import contextlib
import io
import tarfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.engine.commands import Progress
from sandbox.errors import ImageBuildError
from sandbox.image.spec import ROLE_LABEL

if TYPE_CHECKING:
    import docker

BUILD_STALL_S = 1800
"""The longest silence of the engine while one instruction runs."""
TAIL_LINES = 20
PIECE_BYTES = 1 << 20


def build(
    client: docker.DockerClient,
    tag: str,
    files: Iterable[tuple[str, bytes | Path]],
    *,
    arguments: Mapping[str, str],
    labels: Mapping[str, str],
    progress: Progress,
    force: bool = False,
) -> None:
    """Build an image. Its tag appears only when the build is complete.

    Args:
        client: the engine, with the classic builder or BuildKit.
        tag: the image's name.
        files: the context: path, and bytes or a file to copy; one is ``Dockerfile``.
        arguments: the Dockerfile's ARGs.
        labels: put on the image.
        progress: receives each instruction.
        force: don't use the engine's build cache.

    Raises:
        ImageBuildError: an instruction failed, or the engine did.
    """
    import docker.errors
    import requests.exceptions

    tail: deque[str] = deque(maxlen=TAIL_LINES)
    try:
        with _no_credentials(client.api):
            messages = client.api.build(
                fileobj=_context(files),
                custom_context=True,
                tag=tag,
                buildargs=dict(arguments),
                labels=dict(labels),
                network_mode="none",
                nocache=force,
                rm=True,
                forcerm=True,
                timeout=BUILD_STALL_S,
                decode=True,
                use_config_proxy=False,  # a proxy's address may contain a password
            )
        for message in messages:
            if "error" in message:
                raise ImageBuildError(_failure(tag, str(message["error"]), tail))
            _follow(str(message.get("stream", "")), tail, progress)
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise ImageBuildError(_failure(tag, str(error), tail)) from None


@contextlib.contextmanager
def _no_credentials(api: Any) -> Iterator[None]:
    """Send no passwords for image registries along with a build; its base is on the engine.

    The SDK would ask the credential helpers of the Docker CLI's config.json for all of them,
    and fail if one isn't installed.
    """
    api._set_auth_headers = lambda headers: None
    try:
        yield
    finally:
        del api._set_auth_headers


def remove_untagged(client: docker.DockerClient) -> None:
    """Remove the untagged images that builds leave, above all the stage with the wheels."""
    with contextlib.suppress(Exception):  # what is left only takes up space
        client.images.prune(filters={"dangling": True, "label": ROLE_LABEL})


def _context(files: Iterable[tuple[str, bytes | Path]]) -> Iterator[bytes]:
    """Yield an archive piece by piece: with all libraries in it, it is large."""
    for name, content in files:
        entry = tarfile.TarInfo(name)
        entry.mode = 0o644
        with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as stream:
            entry.size = stream.seek(0, io.SEEK_END)
            stream.seek(0)
            yield entry.tobuf(tarfile.PAX_FORMAT)
            while piece := stream.read(PIECE_BYTES):
                yield piece
        yield bytes(-entry.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _follow(text: str, tail: deque[str], progress: Progress) -> None:
    for line in filter(None, map(str.strip, text.splitlines())):
        tail.append(line)
        if line.startswith("Step "):
            progress(line[:100])


def _failure(tag: str, error: str, tail: Iterable[str]) -> str:
    return (
        f"building {tag!r} failed: {error.strip()}; fix what the last lines report and run"
        " `codegen-agent sandbox build` again. Last lines:\n" + "\n".join(tail)
    )
