"""The given variables: loaded from the mounted folder, and watched for changes.

Big buffers stay in their files and are mapped copy-on-write: they cost no
memory until they are written, and nothing written reaches the host.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import mmap
import os
import pickle
import sys
from collections.abc import Iterator
from typing import Any

from .written_pages import written_ranges

MAX_FINGERPRINT_BYTES = 64 << 20
"""Values whose in-band pickle is larger are watched for rebinding only."""
FILES_FOLDER = "/tmp/files"  # noqa: S108  # the container's own
"""Where given files are found, below the place that the host chose for each."""


class LoadError(Exception):
    """A variable that does not unpickle here; ``name`` is empty if it is none in particular."""

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
    """The variables as loaded, with what is needed to tell later which were changed."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._mappings: list[MappedFile] = []
        self._used: dict[str, set[int]] = {}
        self._prints: dict[str, bytes | None] = {}

    def add_mapping(self, mapping: MappedFile) -> None:
        """Keep a mapped buffer, in the order the pickle refers to them."""
        self._mappings.append(mapping)

    @property
    def views(self) -> Iterator[memoryview]:
        """The mapped buffers, for the unpickler."""
        return (mapping.view for mapping in self._mappings)

    def add(self, name: str, value: object, buffers: range, pickled_bytes: int) -> None:
        """Take a loaded variable over."""
        self.values[name] = value
        # Those it shares with an earlier variable come up in its fingerprint only.
        used = self._used[name] = set(buffers)
        small = pickled_bytes <= MAX_FINGERPRINT_BYTES
        self._prints[name] = self._fingerprint(value, used) if small else None

    def changed(self, namespace: dict[str, Any]) -> list[str]:
        """Name the given variables that are gone, rebound, or altered in place."""
        written = written_ranges((one.address, one.end) for one in self._mappings)
        return [name for name in self.values if self._is_changed(name, namespace, written)]

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
        """Digest a value; mapped buffers count by their place, and are noted in ``used``.

        None if it cannot be told: such values are watched for rebinding only.
        """
        from .fingerprints import fingerprint  # slow to import, and needed with variables only

        def place(raw: memoryview) -> bytes | None:
            found = self._place(raw)
            if found is None:
                return None
            used.add(found[0])
            return repr(found).encode()

        try:
            with _quietly():
                return fingerprint(value, place)
        except BaseException:  # it came by pickle, but what the code made of it may not go
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


def load(manifest: dict[str, Any], folder: str) -> Given:
    """Load the variables a manifest lists from the files of ``folder``.

    Raises:
        LoadError: a file is missing, or a value needs what this image lacks.
    """
    given = Given()
    if not manifest.get("pickle"):
        return given
    name = ""
    try:
        for file in manifest["files"]:
            _lay_out(file, folder)
        for buffer in manifest["buffers"]:
            path = os.path.join(folder, buffer["sha256"])
            given.add_mapping(MappedFile(path, buffer["readonly"]))
        with open(os.path.join(folder, manifest["pickle"]), "rb") as stream:
            unpickler = pickle.Unpickler(stream, buffers=given.views)  # noqa: S301  # the host's own
            loaded = []
            for entry in manifest["variables"]:
                name = entry["name"]
                loaded.append((entry, unpickler.load()))
                for _ in range(entry.get("module_sets", 0)):
                    _put_in_place(unpickler.load())
        for entry, value in loaded:
            given.add(entry["name"], value, range(*entry["buffers"]), entry["bytes"])
    except Exception as error:
        raise LoadError(name, f"{type(error).__name__}: {error}") from None
    return given


def _quietly() -> contextlib.ExitStack:
    """Swallow what classes of the user's print while pickled: the code has not printed it."""
    stack = contextlib.ExitStack()
    stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
    stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
    return stack


def _put_in_place(modules: dict[str, Any]) -> None:
    """Let functions import the user's own modules; what is installed here goes first."""
    for name, module in modules.items():
        sys.modules.setdefault(name, module)


def _lay_out(file: dict[str, Any], folder: str) -> None:
    """Show a given file under its own name; it stays read-only."""
    path = os.path.join(FILES_FOLDER, file["place"])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(os.path.join(folder, file["sha256"]), path)
