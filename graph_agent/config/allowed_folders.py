"""The folders whose .env file the user has allowed, by path and content."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Literal

from graph_agent.errors import SettingsError
from sandbox.file_lock import file_lock
from sandbox.private_files import private_folder

__all__ = ["AllowedFolders", "Standing"]

Standing = Literal["allowed", "denied", "changed", "unknown"]
"""``changed``: it was allowed, and its content is another one now."""
FILE_NAME = "env-folders.json"


class AllowedFolders:
    """The list in a state folder; None: there is no such folder, and nothing is allowed."""

    def __init__(self, state_dir: Path | None) -> None:
        self._path = None if state_dir is None else state_dir / FILE_NAME

    def standing(self, dotenv: Path, digest: str) -> Standing:
        """Look up a .env file with this content (SHA-256, hex)."""
        known = self._read().get(_key(dotenv))
        if known is None:
            return "unknown"
        if known == "denied":
            return "denied"
        return "allowed" if known == digest else "changed"

    def allow(self, dotenv: Path, digest: str) -> None:
        """Let a .env file with this content set everything.

        Raises:
            SettingsError: the list can't be written.
        """
        self._write(dotenv, digest)

    def deny(self, dotenv: Path) -> None:
        """Let a .env file set nothing, whatever its content.

        Raises:
            SettingsError: the list can't be written.
        """
        self._write(dotenv, "denied")

    def _read(self) -> dict[str, str]:
        """Read the list; one that another user could have written counts as empty."""
        if self._path is None:
            return {}
        with contextlib.suppress(OSError, ValueError), open(self._path, "rb") as file:
            if _is_private(os.fstat(file.fileno())):
                known = json.loads(file.read())
                return known if isinstance(known, dict) else {}
        return {}

    def _write(self, dotenv: Path, standing: str) -> None:
        if self._path is None:
            raise SettingsError("there is no home folder: set CODEGEN_AGENT_STATE to a folder")
        staged = self._path.with_name(f".{FILE_NAME}.{secrets.token_hex(8)}")
        try:
            private_folder(self._path.parent)
            with file_lock(self._path.with_suffix(".lock")):
                known = {**self._read(), _key(dotenv): standing}
                with open(
                    os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
                ) as file:
                    json.dump(known, file, indent=1)
                staged.replace(self._path)
        except OSError as error:
            raise SettingsError(
                f"cannot write {str(self._path)!r} ({error.strerror});"
                " free some space, or set CODEGEN_AGENT_STATE to a folder you can write to"
            ) from error
        finally:
            with contextlib.suppress(OSError):
                staged.unlink()


def _key(dotenv: Path) -> str:
    """Name the file by its real folder: a link to the folder isn't another one."""
    return str(dotenv.parent.resolve() / dotenv.name)


def _is_private(found: os.stat_result) -> bool:
    if not hasattr(os, "geteuid"):  # Windows: the user's profile folder protects it
        return True
    mine = found.st_uid in (os.geteuid(), 0)
    return mine and stat.S_ISREG(found.st_mode) and not found.st_mode & 0o022
