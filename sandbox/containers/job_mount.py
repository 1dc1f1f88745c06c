"""How the job's files get into a container: by a shared folder, or by a volume of its own."""

from __future__ import annotations

import contextlib
import secrets
import tarfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.arguments import JOB_FOLDER
from sandbox.engine.connection import engine_errors
from sandbox.errors import SandboxUnavailableError
from sandbox.image.spec import ROLE_LABEL

BLOCK_BYTES = 1 << 20
REMOVAL_S = 5.0
_END_OF_ARCHIVE = bytes(2 * tarfile.BLOCKSIZE)
_NOT_SHARED = (
    "source path does not exist",  # Docker
    "mounts denied",  # Docker Desktop
    "is not shared",  # Docker Desktop
    "statfs",  # Podman
    "making volume mountpoint",  # Podman of another user, or on a read-only disk
)
"""Parts of engines' messages about a folder they can't see or enter."""


class FolderNotSharedError(SandboxUnavailableError):
    """The engine doesn't see this machine's files; variables must be copied to it."""


class JobMount(ABC):
    """Where the engine finds the job's files."""

    @abstractmethod
    def mount(self) -> Any:
        """Make it, and return the read-only mount.

        Raises:
            docker.errors.APIError: it couldn't be made.
        """

    def confirm(self, files: object) -> None:  # noqa: B027
        """Check, by the names of the files the container sees, that it sees this place.

        Raises:
            FolderNotSharedError: it sees another one.
        """

    def fill(self, image: str, folder: Path) -> None:  # noqa: B027
        """Put a folder's files there; ``image`` is any image on the engine.

        Raises:
            SandboxUnavailableError: the engine failed or went away.
        """

    def remove(self) -> None:  # noqa: B027
        """Remove what was made for it; never raises."""


class SharedFolder(JobMount):
    """A folder of this machine.

    The engine may have another folder of this name: it may run outside the container this
    process is in, or the folder may be a copy. So a file with a random name is put there, and
    the container must see it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark = folder / f".{secrets.token_hex(16)}"

    def mount(self) -> Any:
        """Mark the folder and return its mount."""
        from docker.types import Mount

        self._mark.touch()
        # For a mount, a missing folder is an error. For a bind, the engine creates an empty one.
        return Mount(JOB_FOLDER, str(self._folder), type="bind", read_only=True)

    def confirm(self, files: object) -> None:
        """Check that the container sees the mark."""
        self._mark.unlink(missing_ok=True)
        if not isinstance(files, list) or self._mark.name not in files:
            raise FolderNotSharedError(
                f"the container engine has another folder at {str(self._folder)!r}"
            )


class JobVolume(JobMount):
    """A volume on the engine, for one container only."""

    def __init__(self, client: Any, labels: Mapping[str, str]) -> None:
        self._api = client.api
        self._labels = {ROLE_LABEL: "run", **labels}
        self.name = f"codegen-agent-{secrets.token_hex(16)}"

    def mount(self) -> Any:
        """Create it and return its mount."""
        from docker.types import Mount

        self._api.create_volume(self.name, labels=self._labels)
        return Mount(JOB_FOLDER, self.name, type="volume", read_only=True, no_copy=True)

    def fill(self, image: str, folder: Path) -> None:
        """Copy a folder's files into it, through a second container that is never started.

        The container that uses the volume has it read-only and may be running.
        """
        from docker.types import Mount

        api = self._api
        mount = Mount(JOB_FOLDER, self.name, type="volume", no_copy=True)
        with engine_errors("copying variables to it"):
            host_config = api.create_host_config(mounts=[mount], network_mode="none")
            carrier = api.create_container(
                image,
                host_config=host_config,
                labels=self._labels,
                network_disabled=True,
                use_config_proxy=False,
            )["Id"]
            try:
                api.put_archive(carrier, JOB_FOLDER, archive(folder))
            finally:
                api.remove_container(carrier, force=True)  # not its volume

    def remove(self) -> None:
        """Remove it as soon as its container is gone."""
        import docker.errors

        deadline = time.monotonic() + REMOVAL_S
        while time.monotonic() < deadline:
            try:
                self._api.remove_volume(self.name)
            except docker.errors.APIError as error:
                if error.status_code != 409:  # 409: its container is still being removed
                    return
                time.sleep(0.05)
            except Exception:  # the engine is gone; `codegen-agent sandbox gc` finds it later
                return
            else:
                return


def archive(folder: Path) -> Iterator[bytes]:
    """Yield a folder's files as a tar stream, each readable by everyone, block by block."""
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


@contextlib.contextmanager
def folder_errors(mount: JobMount) -> Iterator[None]:
    """Raise a FolderNotSharedError where an engine's error says that it can't see a folder."""
    import docker.errors

    try:
        yield
    except docker.errors.APIError as error:
        message = str(error.explanation or error).lower()
        if isinstance(mount, SharedFolder) and any(words in message for words in _NOT_SHARED):
            raise FolderNotSharedError(
                f"the container engine does not see this machine's files: {message}"
            ) from error
        raise
