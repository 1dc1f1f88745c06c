"""Loads the given variables from the mounted folder, and detects later changes to them.

Big buffers stay in their files and are mapped copy-on-write: they take no memory until
written, and nothing written reaches the host.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import mmap
import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from .shared.frames import FILES_FOLDER
from .written_pages import written_ranges

MAX_FINGERPRINT_BYTES = 64 << 20
"""Values whose in-band pickle is larger are only checked for rebinding."""


class LoadError(Exception):
    """A variable doesn't unpickle here; ``name`` is empty if the failure isn't tied to one."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"{name}: {reason}")


class MappedFile:
    """One buffer file, mapped privately at ``address``."""

    def __init__(self, path: str, readonly: bool) -> None:
        fd = os.open(path, os.O_RDONLY)
        try:
            self._map = mmap.mmap(fd, 0, access=mmap.ACCESS_COPY)
        finally:
            os.close(fd)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        self.end = self.address + len(self._map)
        view = memoryview(self._map)
        self.view = view.toreadonly() if readonly else view


class Given:
    """The variables as loaded, and what is needed to detect changes later."""

    def __init__(self, mappings: Sequence[MappedFile] = ()) -> None:
        self.values: dict[str, Any] = {}
        self._mappings = mappings
        self._used: dict[str, set[int]] = {}
        self._prints: dict[str, bytes | None] = {}

    def add(self, name: str, value: object, buffers: range, pickled_bytes: int) -> None:
        """Add a loaded variable."""
        self.values[name] = value
        # Buffers shared with an earlier variable only show up in the fingerprint.
        used = self._used[name] = set(buffers)
        small = pickled_bytes <= MAX_FINGERPRINT_BYTES
        self._prints[name] = self._fingerprint(value, used) if small else None

    def is_changed(self, name: str, namespace: dict[str, Any]) -> bool:
        """Whether one given variable was deleted, rebound, or changed in place."""
        return self._is_changed(name, namespace, self._written() if self._used[name] else set())

    def is_as_mapped(self, name: str) -> bool:
        """Whether a variable has mapped buffers, and nobody has written to them."""
        used = self._used[name]
        return bool(used) and self._written().isdisjoint(used)

    def changed(self, namespace: dict[str, Any]) -> list[str]:
        """Name the given variables that were deleted, rebound, or changed in place."""
        written = self._written()
        return [name for name in self.values if self._is_changed(name, namespace, written)]

    def _written(self) -> set[int]:
        return written_ranges((mapping.address, mapping.end) for mapping in self._mappings)

    def _is_changed(self, name: str, namespace: dict[str, Any], written: set[int]) -> bool:
        if name not in namespace:
            return True
        if not written.isdisjoint(self._used[name]):
            return True
        before = self._prints[name]
        if before is None:
            return namespace[name] is not self.values[name]
        return self._fingerprint(namespace[name], set()) != before

    def _fingerprint(self, value: object, used: set[int]) -> bytes | None:
        """Digest a value; mapped buffers count by their place, which is added to ``used``.

        None if that fails: such values are only checked for rebinding.
        """
        from .fingerprints import fingerprint  # slow to import, and only needed with variables

        def place(raw: memoryview) -> bytes | None:
            found = self._place(raw)
            if found is None:
                return None
            used.add(found[0])
            return repr(found).encode()

        try:
            with quietly():
                return fingerprint(value, place)
        except BaseException:  # it arrived by pickle, but the code may have changed that
            return None

    def _place(self, raw: memoryview) -> tuple[int, int, int] | None:
        numpy = sys.modules.get("numpy")
        if numpy is None or not raw.nbytes:
            return None
        address = numpy.frombuffer(raw, "u1").ctypes.data
        for index, mapping in enumerate(self._mappings):
            if mapping.address <= address < mapping.end:
                return index, address - mapping.address, raw.nbytes
        return None


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Drop what the user's classes print while being pickled: the code didn't print it."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def load(manifest: dict[str, Any], folder: str) -> Given:
    """Load the variables that a manifest lists from the files in ``folder``.

    Raises:
        LoadError: a file is missing, or a value needs what this image lacks.
    """
    if not manifest.get("pickle"):
        return Given()
    name = ""
    try:
        for file in manifest["files"]:
            _link_file(file, folder)
        mappings = [  # in the order in which the pickle refers to them
            MappedFile(os.path.join(folder, buffer["sha256"]), buffer["readonly"])
            for buffer in manifest["buffers"]
        ]
        with open(os.path.join(folder, manifest["pickle"]), "rb") as stream:
            views = (mapping.view for mapping in mappings)
            unpickler = pickle.Unpickler(stream, buffers=views)  # noqa: S301  # the host's own
            loaded = []
            for entry in manifest["variables"]:
                name = entry["name"]
                loaded.append((entry, unpickler.load()))
                for _ in range(entry.get("module_sets", 0)):
                    _install_modules(unpickler.load())
        given = Given(mappings)
        for entry, value in loaded:
            given.add(entry["name"], value, range(*entry["buffers"]), entry["bytes"])
    except Exception as error:
        raise LoadError(name, f"{type(error).__name__}: {error}") from None
    return given


def _install_modules(modules: dict[str, Any]) -> None:
    """Let functions import the user's own modules; installed modules take precedence."""
    for name, module in modules.items():
        sys.modules.setdefault(name, module)


def _link_file(file: dict[str, Any], folder: str) -> None:
    """Show a given file under its own name, read-only."""
    path = os.path.join(FILES_FOLDER, file["place"])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with contextlib.suppress(FileNotFoundError):  # given before, in a session
        os.unlink(path)
    os.symlink(os.path.join(folder, file["sha256"]), path)
