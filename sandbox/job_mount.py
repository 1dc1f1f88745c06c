"""How the job's files get into a container: a folder the engine sees, or a volume of its own."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from sandbox.errors import SandboxUnavailableError
from sandbox.hardened import JOB_FOLDER
from sandbox.image.labels import ROLE_LABEL
from sandbox.upload import upload

REMOVAL_S = 5.0
_UNSEEN = (
    "source path does not exist",  # Docker
    "mounts denied",  # Docker Desktop
    "is not shared",  # Docker Desktop
    "statfs",  # Podman
    "making volume mountpoint",  # Podman of another user, or on a read-only disk
)
"""What engines say of a folder they do not see, or may not enter."""


class FolderUnseenError(SandboxUnavailableError):
    """The engine runs where this machine's files are not; variables must be copied to it."""


class JobMount(Protocol):
    """Where the job's files lie for the engine."""

    def mount(self) -> Any:
        """Describe it to the engine, read-only.

        Raises:
            docker.errors.APIError: it could not be made.
        """

    def confirm(self, files: object) -> None:
        """Make sure that it is what the container sees, by the names of the files there.

        Raises:
            FolderUnseenError: it is not.
        """

    def fill(self, image: str, folder: Path) -> None:
        """Put a folder's files there; ``image`` is any on the engine.

        Raises:
            SandboxUnavailableError: the engine failed or went away.
        """

    def remove(self) -> None:
        """Remove what was made for it; never raises."""


class SharedFolder:
    """A folder of this machine.

    That the engine has a folder of this name does not mean that it is this one: it may
    run outside the container this process is in, or the folder may be a copy. So a file
    nobody else has is put there, and the container must see it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark = folder / f".{secrets.token_hex(16)}"

    def mount(self) -> Any:
        """Describe it to the engine."""
        from docker.types import Mount

        self._mark.touch()
        # A mount, not a bind: where the folder is not seen that is an error, while for a bind
        # the engine makes an empty folder of that name on its machine.
        return Mount(JOB_FOLDER, str(self._folder), type="bind", read_only=True)

    def confirm(self, files: object) -> None:
        """Make sure that the container sees this very folder, and may read it."""
        self._mark.unlink(missing_ok=True)
        if not isinstance(files, list) or self._mark.name not in files:
            raise FolderUnseenError(
                f"the container engine has another folder at {str(self._folder)!r}"
            )

    def fill(self, image: str, folder: Path) -> None:
        """Do nothing: what lies in the folder is there."""

    def remove(self) -> None:
        """Leave it to whoever lent it."""


class JobVolume:
    """A volume on the engine, for one container: no other run's variables are in it."""

    def __init__(self, client: Any, labels: Mapping[str, str]) -> None:
        self._client = client
        self._api = client.api
        self._labels = {ROLE_LABEL: "run", **labels}
        self.name = f"codegen-agent-{secrets.token_hex(16)}"

    def mount(self) -> Any:
        """Make it, and describe it to the engine."""
        from docker.types import Mount

        self._api.create_volume(self.name, labels=self._labels)
        return Mount(JOB_FOLDER, self.name, type="volume", read_only=True, no_copy=True)

    def confirm(self, files: object) -> None:
        """Do nothing: nobody else knows its name."""

    def fill(self, image: str, folder: Path) -> None:
        """Copy a folder's files into it."""
        upload(self._client, image, self.name, folder, self._labels)

    def remove(self) -> None:
        """Remove it, as soon as its container is gone."""
        import docker.errors

        deadline = time.monotonic() + REMOVAL_S
        while time.monotonic() < deadline:
            try:
                self._api.remove_volume(self.name)
            except docker.errors.NotFound:
                return
            except docker.errors.APIError as error:
                if error.status_code != 409:  # 409: its container is still being removed
                    return
                time.sleep(0.05)
            except Exception:  # the engine is gone; `codegen-agent sandbox gc` finds it later
                return
            else:
                return


@contextlib.contextmanager
def unseen_folder(mount: JobMount) -> Iterator[None]:
    """Tell an engine that does not see a folder from one that fails.

    Raises:
        FolderUnseenError: it does not.
    """
    import docker.errors

    try:
        yield
    except docker.errors.APIError as error:
        said = str(error.explanation or error).lower()
        if isinstance(mount, SharedFolder) and any(words in said for words in _UNSEEN):
            raise FolderUnseenError(
                f"the container engine does not see this machine's files: {said}"
            ) from error
        raise
