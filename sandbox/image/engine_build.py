"""Has the engine build an image from a context made of nothing but what it needs."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sandbox.errors import ImageBuildError

if TYPE_CHECKING:
    import docker

Progress = Callable[[str], None]
BUILD_STALL_S = 1800
"""The engine may be silent that long while one instruction runs."""
TAIL_LINES = 20


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
    """Build an image; its tag appears only once it is whole.

    Args:
        client: the engine; builds with the classic builder and with BuildKit.
        tag: what to call it.
        files: the context, path → bytes or a file to copy; one is ``Dockerfile``.
        arguments: the Dockerfile's ARGs.
        labels: put on the image.
        progress: told each instruction.
        force: use nothing an earlier build left.

    Raises:
        ImageBuildError: an instruction failed, or the engine gave up.
    """
    import docker.errors
    import requests.exceptions

    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with tempfile.TemporaryFile() as context:
        _write_context(context, files)
        context.seek(0)
        try:
            messages = client.api.build(
                fileobj=context,
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
            )
            for message in messages:
                if "error" in message:
                    raise ImageBuildError(_failure(tag, str(message["error"]), tail))
                _follow(str(message.get("stream", "")), tail, progress)
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise ImageBuildError(_failure(tag, str(error), tail)) from None


def _write_context(target: IO[bytes], files: Iterable[tuple[str, bytes | Path]]) -> None:
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.mode = 0o644
            if isinstance(content, Path):
                entry.size = content.stat().st_size
                with content.open("rb") as stream:
                    archive.addfile(entry, stream)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))


def _follow(text: str, tail: deque[str], progress: Progress) -> None:
    for line in filter(None, map(str.strip, text.splitlines())):
        tail.append(line)
        if line.startswith("Step "):
            progress(line[:100])


def _failure(tag: str, said: str, tail: Iterable[str]) -> str:
    return (
        f"building {tag!r} failed: {said.strip()}; mend what the last lines name and run"
        " `codegen-agent sandbox build` again. Last lines:\n" + "\n".join(tail)
    )
