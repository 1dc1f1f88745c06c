"""Sends the files that the code left in its folders, for process 1.

Process 1 reads them, not the worker, so they come back whatever became of the worker. They are
only read: no link is followed, and nothing is opened that isn't a regular file.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from typing import Any

from .shared import frames

CODE_FOLDER, CODE_NAME = ".code", "generated_code.py"
SKIPPED = frozenset(
    {
        *("__pycache__", ".cache", ".config", ".matplotlib", ".fontconfig", "fontconfig"),
        *(".ipynb_checkpoints", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".numba_cache"),
    }
)
"""Folders in which libraries keep their own files."""
OWN_FOLDERS = frozenset({"work", CODE_FOLDER, os.path.basename(frames.FILES_FOLDER)})
SHARED_MEMORY = "/dev/shm"  # noqa: S108  # the container's own
LIBRARY_FILE = re.compile(r"\.|org\.chromium\.|sem\.|psm_[0-9a-f]{8}$|pym-\d+-")
LIBRARY_FOLDER = re.compile(r"\.|(?:matplotlib|joblib|pymp|polars|org\.chromium)[-_.]")
"""Names that libraries give to what they put beside the working folder."""
TEMPORARY = re.compile(r"tmp[a-z0-9_]{8}(?:\.|$)")
"""Names that :mod:`tempfile` makes up."""
MAX_LOOKED_AT = 10_000
MAX_DEPTH = 16
MAX_LEFT_OUT = 50
READ_BYTES = 1 << 16
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Write = Callable[[bytes], None]
"""Writes framed bytes to the host."""
SentFiles = dict[tuple[int, int], tuple[int, int]]
"""Device and inode of each file sent, with its size and the time of its last change."""


def scratch_folder() -> str:
    """Return the folder for what the code writes. In a container, only shared memory is another."""
    return os.environ.get("TMPDIR") or "/tmp"  # noqa: S108  # the container's own


def _places_beside() -> dict[str, frozenset[str]]:
    """Return where else the code can write, each with the names there that are ours."""
    scratch = {scratch_folder(): OWN_FOLDERS}
    if "TMPDIR" in os.environ:  # a program outside a container: shared memory is everyone's
        return scratch
    return {**scratch, SHARED_MEMORY: frozenset()}


def work_folder() -> str:
    """Return the folder that the code runs in; libraries keep their files beside it."""
    return os.path.join(scratch_folder(), "work")


class LeftFiles:
    """Sends files up to a number and a total size, and says which it left out and why."""

    def __init__(
        self, max_files: int, max_bytes: int, write: Write, sent_before: SentFiles | None = None
    ) -> None:
        """Send nothing yet; files in ``sent_before`` are sent only if they changed since."""
        self._max_files = max_files
        self._max_bytes = max_bytes
        self._left_bytes = max_bytes
        self._write = write
        self._sent: set[str] = set()
        self._sent_before = {} if sent_before is None else sent_before
        self._looked_at = 0
        self._left_out = 0

    def send(self) -> None:
        """Send what is in the working folder, next to the code's file and next to given files.

        Also what a path such as ``/tmp/x.csv``, ``~/x.csv`` or ``/dev/shm/x.csv`` put elsewhere.
        Never raises because of what is found there.
        """
        for folder in (work_folder(), os.path.join(scratch_folder(), CODE_FOLDER)):
            self._send_folder(folder, links="a link; links are not followed")
        given = frames.FILES_FOLDER
        for place in _names(given):  # the given files themselves are links
            self._send_folder(os.path.join(given, place), links="")
        for folder, ours in _places_beside().items():
            self._send_folder(folder, links="", beside=ours)
        if self._left_out > MAX_LEFT_OUT:
            self._message("left_out", "", f"{self._left_out - MAX_LEFT_OUT} more were left out")

    def _send_folder(self, path: str, links: str, beside: frozenset[str] | None = None) -> None:
        try:
            folder = os.open(path, _READ | os.O_DIRECTORY)
        except OSError:
            return
        try:
            self._walk(folder, "", links, beside)
        finally:
            os.close(folder)

    def _walk(
        self, folder: int, prefix: str, links: str, beside: frozenset[str] | None = None
    ) -> None:
        """Send a folder's files; ``beside``: names to skip in one beside the working folder."""
        for name in _names(folder):
            if name in (beside or ()):
                continue
            path = prefix + name
            self._looked_at += 1
            if self._looked_at > MAX_LOOKED_AT:
                if self._looked_at == MAX_LOOKED_AT + 1:
                    self._leave_out("", f"only the first {MAX_LOOKED_AT} files were looked at")
                return
            try:
                mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
                if beside is not None and self._is_temporary(
                    folder, name, is_folder=stat.S_ISDIR(mode)
                ):
                    continue
                if stat.S_ISDIR(mode):
                    if name not in SKIPPED:
                        self._enter(folder, name, path, links)
                elif stat.S_ISREG(mode):
                    if path != CODE_NAME:
                        self._take(folder, name, path)
                elif not stat.S_ISLNK(mode):
                    self._leave_out(path, "not a regular file")
                elif links:
                    self._leave_out(path, links)
            except OSError as error:  # removed meanwhile, or not readable
                self._leave_out(path, f"it can't be read: {error.strerror}")

    def _is_temporary(self, folder: int, name: str, *, is_folder: bool) -> bool:
        """Whether its name is a temporary one; leave it out if only the code may have made it."""
        if (LIBRARY_FOLDER if is_folder else LIBRARY_FILE).match(name):
            return True
        if not TEMPORARY.match(name):
            return False
        if not is_folder or _has_entries(folder, name):
            self._leave_out(name, "its name is that of a temporary file; choose another name")
        return True

    def _enter(self, folder: int, name: str, path: str, links: str) -> None:
        if path.count("/") >= MAX_DEPTH:
            self._leave_out(path, f"more than {MAX_DEPTH} folders deep")
            return
        inner = os.open(name, _READ | os.O_DIRECTORY, dir_fd=folder)
        try:
            self._walk(inner, f"{path}/", links)
        finally:
            os.close(inner)

    def _take(self, folder: int, name: str, path: str) -> None:
        file = os.open(name, _READ, dir_fd=folder)
        try:
            found = os.fstat(file)
            size = found.st_size
            which, state = (found.st_dev, found.st_ino), (size, found.st_ctime_ns)
            if self._sent_before.get(which) == state:
                return
            if not stat.S_ISREG(found.st_mode):
                self._leave_out(path, "not a regular file")
            elif path in self._sent:
                self._leave_out(path, "another file has the same name")
            elif len(self._sent) >= self._max_files:
                self._leave_out(path, f"over the limit of {self._max_files} files")
            elif size > self._left_bytes:
                limit = f"the limit of {self._max_bytes} bytes for all files"
                self._leave_out(path, f"its {size} bytes are over {limit}")
            else:
                self._sent.add(path)
                self._sent_before[which] = state
                self._left_bytes -= size
                self._send_file(file, size, path)
        finally:
            os.close(file)

    def _send_file(self, file: int, size: int, path: str) -> None:
        self._write(frames.pack_message({"type": "file", "name": path}, size))
        whole = True
        while size:
            data = os.read(file, min(size, READ_BYTES))
            if not data:  # cut off meanwhile: the announced size must follow
                whole, data = False, bytes(min(size, READ_BYTES))
            self._write(data)
            size -= len(data)
        if not whole:
            self._message("left_out", path, "it changed while it was read")

    def _leave_out(self, path: str, reason: str) -> None:
        self._left_out += 1
        if self._left_out <= MAX_LEFT_OUT:
            self._message("left_out", path, reason)

    def _message(self, kind: str, name: str, reason: str) -> None:
        header: dict[str, Any] = {"type": kind, "name": name, "reason": reason}
        self._write(frames.pack_message(header))


def _has_entries(parent: int, name: str) -> bool:
    folder = os.open(name, _READ | os.O_DIRECTORY, dir_fd=parent)
    try:
        return any(_names(folder))
    finally:
        os.close(folder)


def _names(folder: int | str) -> Iterator[str]:
    try:
        yield from sorted(os.listdir(folder))
    except OSError:
        return
