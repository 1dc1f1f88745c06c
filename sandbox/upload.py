"""Variables to an engine that does not see this machine's files: through its API."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.failure import engine_errors
from sandbox.hardened import JOB_FOLDER

BLOCK_BYTES = 1 << 20
_END_OF_ARCHIVE = bytes(2 * tarfile.BLOCKSIZE)


def upload(client: Any, image: str, volume: str, folder: Path, labels: Mapping[str, str]) -> None:
    """Copy a folder's files into a volume.

    The container that is to use it has it read-only and may be running. So
    another one, never started, takes the files in.

    Args:
        client: the engine.
        image: any image on it.
        volume: its name.
        folder: holds files only.
        labels: put on the other container.

    Raises:
        SandboxUnavailableError: the engine failed or went away.
    """
    from docker.types import Mount

    api = client.api
    with engine_errors("copying variables to it"):
        host_config = api.create_host_config(
            mounts=[Mount(JOB_FOLDER, volume, type="volume", no_copy=True)], network_mode="none"
        )
        way_in = api.create_container(
            image, host_config=host_config, labels=dict(labels), network_disabled=True
        )["Id"]
        try:
            api.put_archive(way_in, JOB_FOLDER, archive(folder))
        finally:
            # Without its volumes: this one is the other container's.
            api.remove_container(way_in, force=True)


def archive(folder: Path) -> Iterator[bytes]:
    """Write a folder's files as a tar stream, each readable by all, a block at a time."""
    for path in sorted(folder.iterdir()):
        entry = tarfile.TarInfo(path.name)
        entry.mode = 0o444
        entry.size = path.stat().st_size
        yield entry.tobuf(tarfile.PAX_FORMAT)
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block
        yield bytes(-entry.size % tarfile.BLOCKSIZE)
    yield _END_OF_ARCHIVE
