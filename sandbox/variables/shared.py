"""Blobs where several machines reach them: a folder, or a bucket of S3, Google or Azure.

What comes from there is data of others until its digest has been compared.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.errors import VariableStoreError

__all__ = ["SharedBlobs"]

SPARE_BYTES = 64 << 20
"""What stays free on a disk that a blob is copied to."""


class SharedBlobs:
    """Blobs below a URL that fsspec understands. Nothing is connected before it is used."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._known: set[str] = set()
        self._opened: tuple[Any, str] | None = None

    def offer(self, digest: str, path: Path) -> None:
        """Copy a blob there, unless it is there.

        Raises:
            VariableStoreError: the store can't be written.
        """
        if digest in self._known:
            return
        place = self._place(digest)
        with self._errors("written"):
            files, root = self._files()
            there = f"{root}/{place}"
            if self._size(there) != path.stat().st_size:
                self._put(files, path, there)
        self._known.add(digest)

    def fetch(self, digest: str, target: Path) -> None:
        """Copy a blob from there into a new file; nothing is compared yet.

        Raises:
            FileNotFoundError: there is none.
            VariableStoreError: it can't be read, or doesn't fit on the disk.
        """
        with self._errors("read"):
            files, root = self._files()
            there = f"{root}/{self._place(digest)}"
            size_bytes = self._size(there)
            if size_bytes is None:
                raise FileNotFoundError(there)
            free_bytes = shutil.disk_usage(target.parent).free
            if size_bytes + SPARE_BYTES > free_bytes:
                raise VariableStoreError(
                    f"a stored value is too large for this machine: it has {_mb(size_bytes)}, and"
                    f" {_mb(free_bytes)} are free in {str(target.parent)!r}; free some space, or"
                    " set CODEGEN_AGENT_STATE to a folder on a larger disk"
                )
            files.get_file(there, str(target))

    def write_text(self, name: str, text: str) -> None:
        """Write a small file beside the blobs.

        Raises:
            VariableStoreError: the store can't be written.
        """
        with self._errors("written"):
            files, root = self._files()
            files.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
            files.pipe_file(f"{root}/{name}", text.encode())

    def read_text(self, name: str) -> str | None:
        """Read a small file; None: it isn't there.

        Raises:
            VariableStoreError: the store can't be read.
        """
        with self._errors("read"):
            files, root = self._files()
            files.invalidate_cache()
            try:
                return bytes(files.cat_file(f"{root}/{name}")).decode("utf-8", "replace")
            except FileNotFoundError:
                return None

    def remove(self, name: str) -> None:
        """Remove a small file, or a folder of them; a failure leaves it there."""
        with contextlib.suppress(Exception):  # each provider has its own errors
            files, root = self._files()
            files.rm(f"{root}/{name}", recursive=True)

    def _put(self, files: Any, path: Path, there: str) -> None:
        files.makedirs(there.rpartition("/")[0], exist_ok=True)
        if not _is_local(files):  # an object is there as a whole or not at all
            files.put_file(str(path), there)
            return
        staged = f"{there}.{secrets.token_hex(8)}"
        files.put_file(str(path), staged)
        files.mv(staged, there)

    def _size(self, there: str) -> int | None:
        files, _ = self._files()
        try:
            files.invalidate_cache()
            return int(files.size(there))
        except FileNotFoundError:
            return None

    def _files(self) -> tuple[Any, str]:
        if self._opened is None:
            try:
                self._opened = _opened(self.url)
            except ImportError as error:
                raise VariableStoreError(
                    "a shared variable store needs a package that isn't installed"
                    f" ({error}); run: pip install 'codegen-agent[ray]'"
                ) from error
        return self._opened

    @staticmethod
    def _place(digest: str) -> str:
        return f"blobs/{digest[:2]}/{digest}"

    @contextlib.contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except (VariableStoreError, FileNotFoundError):
            raise
        except Exception as error:  # each provider has its own errors
            raise VariableStoreError(
                f"the shared variable store {self.url!r} can't be {done}"
                f" ({type(error).__name__}: {error}); check its address and this machine's"
                " credentials for it"
            ) from error


def _opened(url: str) -> tuple[Any, str]:
    """Return fsspec's file system for a URL, and the folder in it."""
    protocol, _, root = url.partition("://")
    if protocol == "file":
        from fsspec.implementations.local import LocalFileSystem

        return LocalFileSystem(), "/" + root.strip("/")
    # Not fsspec's own for buckets: each has many dependencies, which the runner image's exclude.
    from obstore import fsspec as obstore

    made: Any = obstore.FsspecStore  # one overload for each provider
    return made(protocol), root.strip("/")


def _is_local(files: Any) -> bool:
    protocol = files.protocol
    return "file" in ((protocol,) if isinstance(protocol, str) else protocol)


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.0f} MB"
