"""The variable store: values as content-addressed blobs on disk.

A blob's name is the SHA-256 of its bytes, so the same data is written once, and a reference to
it fits in any checkpoint.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import re
import secrets
import shutil
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from sandbox.errors import UnsendableVariableError, VariableStoreError
from sandbox.file_lock import file_lock
from sandbox.owner import Owner
from sandbox.private_files import private_folder
from sandbox.variables import blob_checks
from sandbox.variables.bundle import StoredBuffer, StoredFile, VariableBundle, check_variable_name
from sandbox.variables.named_files import NamedFiles
from sandbox.variables.pickling import pickle_variables
from sandbox.variables.shared import SharedBlobs

UNHASHED_BYTES = 8 << 20
"""From this size on, data is written before its digest is known, unless it may be stored."""
_DIGEST = re.compile("[0-9a-f]{64}")
REHASHED_BYTES = 256 << 10
"""So much of a run's variables is hashed before every run, which takes less than a millisecond."""


class VariableStore:
    """Blobs below ``root``, a folder only this user can enter.

    ``shared``: where several machines keep them too. What is stored here goes there, and what is
    missing here comes from there, once for this machine.
    """

    def __init__(self, root: str | os.PathLike[str], *, shared: SharedBlobs | None = None) -> None:
        self.root = Path(root)
        self.shared = shared

    def put(self, data: bytes | bytearray | memoryview) -> str:
        """Store bytes and return their SHA-256, hex.

        Raises:
            VariableStoreError: they can't be written.
        """
        digest = self._put(data)
        if self.shared is not None:
            self.shared.offer(digest, self._path(digest))
        return digest

    def _put(self, data: bytes | bytearray | memoryview) -> str:
        view = memoryview(data).cast("B")
        blobs = self.root / "blobs"
        with self._write_errors():
            if view.nbytes < UNHASHED_BYTES or has_file_of_size(blobs, view.nbytes):
                digest = hashlib.sha256(view).hexdigest()
                # Compared, because a damaged blob must be replaced. Made young, so that it stays
                # until a checkpoint names it.
                blob = self._path(digest)
                if blob_checks.is_same(blob, view):
                    with contextlib.suppress(FileNotFoundError):  # another process removes it
                        blob_checks.mark_whole(blob)
                        return digest
            self._make_private(blobs)
            with staged(view, blobs) as (file, digest):
                blob = self._path(digest)
                self._make_private(blob.parent)
                file.replace(blob)
                with contextlib.suppress(FileNotFoundError):
                    blob_checks.mark_whole(blob)
            return digest

    def put_file(self, path: Path) -> str:
        """Store a file's content and return its SHA-256, hex.

        Raises:
            VariableStoreError: it can't be read, or its copy can't be written.
        """
        try:
            with open(path, "rb") as file:
                if os.fstat(file.fileno()).st_size == 0:  # nothing to map
                    return self.put(b"")
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    return self.put(memoryview(content))
        except OSError as error:
            raise VariableStoreError(f"cannot read {str(path)!r}: {error.strerror}") from error

    def get(self, digest: str) -> bytes:
        """Read a blob and check it against its digest.

        Raises:
            VariableStoreError: it is missing or damaged.
        """
        self._check(digest, by_hash=True)
        return self._path(digest).read_bytes()

    def open(self, digest: str, what: str = "") -> BinaryIO:
        """Open a blob for reading, checked as before a run; ``what`` it is part of, for errors.

        Raises:
            VariableStoreError: it is missing or damaged.
        """
        self._check(digest, what, by_hash_up_to=REHASHED_BYTES)
        return self._path(digest).open("rb")

    def keep(self, digest: str, what: str = "") -> int:
        """Make a blob young, so that it stays until a checkpoint names it; return its bytes.

        Raises:
            VariableStoreError: it is missing or damaged.
        """
        size_bytes = self._check(digest, what)
        try:
            blob_checks.mark_whole(self._path(digest))
        except OSError as error:
            raise self._unreadable(digest, what, error) from error
        return size_bytes

    def put_variables(
        self,
        values: Mapping[str, Any],
        *,
        skip_unsendable: bool = False,
        beside: VariableBundle | None = None,
    ) -> VariableBundle:
        """Store the values of variables and return references to them.

        ``beside``: variables that will be in the same container; files get other places.

        Raises:
            VariableNameError: a name isn't an identifier.
            UnsendableVariableError: values can't be pickled. With ``skip_unsendable`` they
                are listed in the bundle instead.
        """
        for name in values:
            check_variable_name(name)
        files = NamedFiles(values, beside.files if beside else ())
        pickled = pickle_variables(values, files)
        if pickled.unsendable and not skip_unsendable:
            raise UnsendableVariableError(pickled.unsendable)
        return VariableBundle(
            python="{}.{}".format(*sys.version_info),
            pickle=self.put(pickled.stream),
            variables=tuple(pickled.variables),
            buffers=tuple(
                StoredBuffer(self.put(raw), raw.nbytes, raw.readonly) for raw in pickled.buffers
            ),
            files=tuple(
                StoredFile(place, self.put_file(path)) for path, place in files.places.items()
            ),
            unsendable=pickled.unsendable,
        )

    def link_variables(self, bundle: VariableBundle, folder: Path) -> None:
        """Put the blobs of a bundle into ``folder``, without copying where possible.

        Raises:
            VariableStoreError: a blob is missing, damaged or can't be read.
        """
        unhashed_bytes = REHASHED_BYTES
        for digest, what in bundle.uses().items():
            source, target = self._path(digest), folder / digest
            if target.exists():
                continue
            size_bytes = self._check(digest, what, by_hash_up_to=unhashed_bytes)
            unhashed_bytes -= size_bytes if size_bytes <= unhashed_bytes else 0
            try:
                try:
                    os.link(source, target)
                except OSError:  # another file system, or no hard links
                    shutil.copyfile(source, target)
                    target.chmod(blob_checks.MODE)
            except OSError as error:
                raise self._unreadable(digest, what, error) from error

    def verify(self) -> list[str]:
        """Hash every blob and list the damaged ones; giving their values again repairs them.

        Raises:
            VariableStoreError: the store can't be read.
        """
        damaged = []
        for path in sorted((self.root / "blobs").glob("??/*")):
            with contextlib.suppress(FileNotFoundError):  # another process removed it
                try:
                    if is_digest(path.name) and not blob_checks.is_whole(
                        path, path.name, by_hash=True
                    ):
                        damaged.append(path.name)
                except PermissionError:
                    damaged.append(path.name)
        return damaged

    def _check(
        self, digest: str, what: str = "", *, by_hash: bool = False, by_hash_up_to: int = 0
    ) -> int:
        """Return the size of a blob that is whole."""
        path = self._path(digest)
        if self.shared is not None and not path.exists():
            self._fetch(self.shared, digest, what)
        try:
            size_bytes = path.lstat().st_size
            by_hash = by_hash or size_bytes <= by_hash_up_to
            if blob_checks.is_whole(path, digest, by_hash=by_hash):
                return size_bytes
        except OSError as error:
            raise self._unreadable(digest, what, error) from error
        raise VariableStoreError(
            f"the stored value{what} is damaged on the disk (blob {digest!r} in"
            f" {str(self.root)!r}): pass the variables again to repair it;"
            " `codegen-agent variables verify` lists all damaged values"
        )

    def _fetch(self, shared: SharedBlobs, digest: str, what: str) -> None:
        """Copy a blob from the shared store, and compare it with its digest.

        Other processes of this machine wait, so that it travels once.
        """
        path = self._path(digest)
        with self._write_errors():
            self._make_private(path.parent.parent)
            self._make_private(path.parent)
            staged = path.parent.parent / f".{secrets.token_hex(8)}"
            with file_lock(self.root / "fetching" / digest, remove=True):
                if path.exists():
                    return
                try:
                    shared.fetch(digest, staged)
                    if not blob_checks.is_whole(staged, digest, by_hash=True):
                        raise VariableStoreError(
                            f"the stored value{what} (blob {digest!r}) is damaged in the shared"
                            f" store {shared.url!r}; remove it there and pass the variables"
                            " again"
                        )
                    staged.replace(path)
                    blob_checks.mark_whole(path)
                except FileNotFoundError:
                    return  # the check says what is missing
                finally:
                    staged.unlink(missing_ok=True)

    def _unreadable(self, digest: str, what: str, error: OSError) -> VariableStoreError:
        if isinstance(error, FileNotFoundError):
            problem = f"is not in the variable store {str(self.root)!r}"
            if self.shared is not None:
                problem += f" and not in {self.shared.url!r}"
        else:
            problem = f"cannot be read from {str(self.root)!r}: {error.strerror}"
        return VariableStoreError(
            f"the stored value{what} (blob {digest!r}) {problem}; pass the variables again"
        )

    def blob_bytes(self, digests: Collection[str], stored_before: float) -> dict[str, int]:
        """Return the sizes of those blobs that were last stored before a time, by digest."""
        found = {}
        for digest in digests:
            with contextlib.suppress(OSError):
                status = self._path(digest).stat()
                if status.st_mtime <= stored_before:
                    found[digest] = status.st_size
        return found

    def give_up(self, digests: Collection[str], stored_before: float) -> None:
        """Mark blobs for :meth:`remove_given_up`; storing one again removes its mark.

        Those stored after ``stored_before`` may belong to a run that has just begun.

        Raises:
            VariableStoreError: the store can't be written.
        """
        with self._write_errors():
            for digest in self.blob_bytes(digests, stored_before):
                with contextlib.suppress(FileNotFoundError):
                    os.utime(self._path(digest), (0, 0))

    def given_up(self) -> list[Path]:
        """List the marked blobs, also what a killed :meth:`remove_given_up` left."""
        blobs = self.root / "blobs"
        return [path for path in (*blobs.glob("??/*"), *blobs.glob(".*")) if _is_marked(path)]

    def remove_given_up(self, keep: Collection[str]) -> int:
        """Remove marked blobs except ``keep`` and those a container has; return their bytes.

        Raises:
            VariableStoreError: the store can't be written.
        """
        freed_bytes = 0
        with self._write_errors():
            for path in self.given_up():
                if path.name not in keep:
                    freed_bytes += self._remove(path)
        return freed_bytes

    def _remove(self, blob: Path) -> int:
        """Remove a blob unless it is in use or is being stored again; return its size."""
        hidden = self.root / "blobs" / f".{secrets.token_hex(8)}"
        with contextlib.suppress(FileNotFoundError):  # another process removes it
            if blob.stat().st_nlink > 1:
                return 0
            blob.rename(hidden)
            # Renamed first: from here on, whoever stores the same data writes it anew.
            if _is_marked(hidden):
                size_bytes = hidden.stat().st_size
                hidden.unlink()
                return size_bytes
            hidden.replace(blob)
        return 0

    @contextlib.contextmanager
    def job_folder(self) -> Iterator[Path]:
        """Yield a folder for one container's variables; it is removed afterwards."""
        with self._write_errors():
            jobs = self._make_private(self.root / "jobs")
            folder = Path(tempfile.mkdtemp(prefix=f"{Owner.of(os.getpid())}-", dir=jobs))
            folder.chmod(0o755)  # for the container's user; other users can't enter the store
        maker = os.getpid()
        try:
            yield folder
        finally:
            if os.getpid() == maker:  # not in a forked process that drops its copy
                shutil.rmtree(folder, ignore_errors=True)

    def _path(self, digest: str) -> Path:
        if not is_digest(digest):
            raise VariableStoreError(f"{digest!r} is not a SHA-256 digest")
        return self.root / "blobs" / digest[:2] / digest

    def _make_private(self, folder: Path) -> Path:
        private_folder(self.root)
        return private_folder(folder)

    @contextlib.contextmanager
    def _write_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise VariableStoreError(
                f"cannot write to the variable store {str(self.root)!r}: {error.strerror};"
                " free some space or set CODEGEN_AGENT_STATE to a folder that can be written"
            ) from error


BLOCK_BYTES = 8 << 20


def is_digest(name: str) -> bool:
    """Whether a name is that of a blob: a SHA-256, in hex."""
    return _DIGEST.fullmatch(name) is not None


@contextlib.contextmanager
def staged(data: memoryview, folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield a temporary, read-only file of ``data`` and its SHA-256; deleted unless renamed.

    Raises:
        OSError: it can't be written.
    """
    path = folder / f".{secrets.token_hex(8)}"
    try:
        digest = hashlib.sha256()
        # Not an executor: it refuses work as soon as the program's main thread has ended.
        hashing = threading.Thread(target=digest.update, args=(data,), name="codegen-digest")
        hashing.start()
        try:
            with open(path, "xb", buffering=0) as file:
                for start in range(0, data.nbytes, BLOCK_BYTES):
                    _write_all(file.fileno(), data[start : start + BLOCK_BYTES])
        finally:
            hashing.join()
        path.chmod(blob_checks.MODE)
        yield path, digest.hexdigest()
    finally:
        path.unlink(missing_ok=True)


def has_file_of_size(folder: Path, size_bytes: int) -> bool:
    """Whether a file one level below ``folder`` has this size."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                with os.scandir(entry) as files:
                    if any(file.stat().st_size == size_bytes for file in files):
                        return True
    return False


def _is_marked(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return path.is_file() and path.stat().st_mtime == 0
    return False


def _write_all(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]
