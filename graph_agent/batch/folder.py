"""A folder that many runs leave their results in: one process works in it, a line per result."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from graph_agent.config.settings import Settings
from graph_agent.errors import OutputError, RequestError
from graph_agent.records import Record
from sandbox.file_lock import file_lock

__all__ = ["RecordLines", "alone_in", "new_folder", "our_version", "read_record", "replace_file"]

_Record = TypeVar("_Record", bound=Record)


def new_folder(settings: Settings, kind: str, name: str) -> Path:
    """Name a new folder in the state folder; ``kind``: the folder that it is in."""
    name = re.sub(r"[^\w-]+", "-", name)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return settings.state_dir / kind / f"{name}-{stamp}-{secrets.token_hex(2)}"


def our_version() -> str:
    """Return the version of this program."""
    try:
        return version("codegen-agent")
    except PackageNotFoundError:
        return "not installed"


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Create the folder, and keep other processes out of it.

    Raises:
        RequestError: another process works in it.
        OutputError: it can't be written.
    """

    def refuse() -> None:
        raise RequestError(f"another process is working in {str(folder)!r}; wait until it ends")

    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(file_lock(folder / ".lock", on_wait=refuse, remove=True))
        except OSError as error:
            raise OutputError(
                f"cannot write to {str(folder)!r}: {error.strerror}; name another folder"
            ) from error
        yield


class RecordLines(Generic[_Record]):
    """A file with a line of JSON for each record, which a kill leaves usable."""

    def __init__(self, path: Path, kind: type[_Record]) -> None:
        self.path = path
        self._kind = kind

    def read(self) -> list[_Record]:
        """Read the records; a last line that a kill cut off is removed.

        Raises:
            RequestError: the file has something else in it.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.truncate(self.path, len(whole))
        try:
            return [self._kind.model_validate_json(line) for line in whole.splitlines()]
        except ValidationError as error:
            raise RequestError(
                f"{str(self.path)!r} has a line that isn't a result of this version; start again"
                " in another folder"
            ) from error

    def add(self, record: _Record) -> None:
        """Append a record, and wait until it is on the disk.

        Raises:
            OutputError: the file can't be written.
        """
        with _writing(self.path.parent), self.path.open("a", encoding="utf-8") as file:
            file.write(record.model_dump_json() + "\n")
            file.flush()
            os.fsync(file.fileno())

    def clear(self) -> None:
        """Remove the file.

        Raises:
            OutputError: it can't be removed.
        """
        with _writing(self.path.parent):
            self.path.unlink(missing_ok=True)


def read_record(path: Path, kind: type[_Record], what: str) -> _Record | None:
    """Read a file with one record; None: there is none.

    Raises:
        RequestError: the file is unusable; ``what`` says what it should be.
    """
    try:
        return kind.model_validate_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RequestError(f"{str(path)!r} is no {what}; name another folder with --out") from error


def replace_file(path: Path, text: str) -> None:
    """Write a file so that a kill leaves the old one or the new one.

    Raises:
        OutputError: it can't be written.
    """
    with _writing(path.parent):
        new = path.with_name(f".{path.name}.new")
        new.write_text(text, "utf-8")
        new.replace(path)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise OutputError(
            f"cannot write to {str(folder)!r}: {error.strerror}; free some space and continue"
            " with --resume, or name another folder with --out"
        ) from error
