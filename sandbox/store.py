"""The variable store: values as content-addressed blobs on disk.

A blob's name is the SHA-256 of its bytes, so the same object is written once,
and a reference to it fits any checkpoint.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from sandbox.blob_writing import ASIDE_BYTES, has_file_of_size, staged, staged_with_digest
from sandbox.errors import UnsendableVariableError, VariableStoreError
from sandbox.given_files import GivenFiles
from sandbox.names import check_variable_name
from sandbox.owner import Owner
from sandbox.pickling import pickle_variables

VariableBundle = dict[str, Any]
"""References to a set of stored variables; plain JSON-able data.

``python``: minor version that pickled it. ``pickle``: digest of the stream.
``variables``: name, ``bytes`` in the stream, ``buffers`` first to last and how
many ``module_sets`` follow, for each. ``buffers``: ``sha256``, ``bytes``,
``readonly``. ``files``: ``place`` and ``sha256`` of each file that a path among
the values names. ``unsendable``: name to reason, for what was left out.
"""


class VariableStore:
    """Blobs below ``root``, which only this user may enter."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    def put(self, data: bytes | bytearray | memoryview) -> str:
        """Store bytes and return their SHA-256, hex.

        Raises:
            VariableStoreError: they cannot be written.
        """
        view = memoryview(data).cast("B")
        blobs = self.root / "blobs"
        try:
            if view.nbytes < ASIDE_BYTES or has_file_of_size(blobs, view.nbytes):
                # Small, or perhaps stored already: then nothing is to be written.
                digest = hashlib.sha256(view).hexdigest()
                path = self._path(digest)
                if not path.exists() or path.stat().st_size != view.nbytes:
                    self._make_private(path.parent)
                    with staged(view, blobs) as file:
                        file.replace(path)
                else:
                    os.utime(path)  # young again: it may be wanted before a checkpoint names it
                return digest
            self._make_private(blobs)
            with staged_with_digest(view, blobs) as (file, digest):
                self._make_private(self._path(digest).parent)
                file.replace(self._path(digest))
            return digest
        except OSError as error:
            raise VariableStoreError(
                f"cannot write to the variable store {str(self.root)!r}: {error.strerror};"
                " free some space or set CODEGEN_AGENT_STATE to a folder that can be written"
            ) from error

    def put_file(self, path: Path) -> str:
        """Store a file's content and return its SHA-256, hex.

        Raises:
            VariableStoreError: it cannot be read, or its copy cannot be written.
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
        """Read a blob back, checked against its digest.

        Raises:
            VariableStoreError: it is gone or damaged.
        """
        try:
            data = self._path(digest).read_bytes()
        except OSError as error:
            raise VariableStoreError(
                f"blob {digest!r} is not in the variable store {str(self.root)!r}"
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise VariableStoreError(f"blob {digest!r} in {str(self.root)!r} is damaged")
        return data

    def open(self, digest: str) -> BinaryIO:
        """Open a blob for reading, unchecked.

        Raises:
            VariableStoreError: it is gone.
        """
        try:
            return self._path(digest).open("rb")
        except OSError as error:
            raise VariableStoreError(
                f"blob {digest!r} is not in the variable store {str(self.root)!r};"
                " hand the variables over again"
            ) from error

    def put_variables(
        self, values: Mapping[str, Any], *, skip_unsendable: bool = False
    ) -> VariableBundle:
        """Store the values of variables and return references to them.

        Raises:
            VariableNameError: a name is no identifier.
            UnsendableVariableError: values cannot be pickled; with
                ``skip_unsendable`` they are listed in the bundle instead.
        """
        for name in values:
            check_variable_name(name)
        files = GivenFiles(values)
        pickled = pickle_variables(values, files)
        if pickled.unsendable and not skip_unsendable:
            raise UnsendableVariableError(pickled.unsendable)
        return {
            "python": "{}.{}".format(*sys.version_info),
            "pickle": self.put(pickled.stream),
            "variables": [
                {
                    "name": one.name,
                    "bytes": one.pickled_bytes,
                    "buffers": list(one.buffers),
                    "module_sets": one.module_sets,
                }
                for one in pickled.variables
            ],
            "buffers": [
                {"sha256": self.put(raw), "bytes": raw.nbytes, "readonly": raw.readonly}
                for raw in pickled.buffers
            ],
            "files": [
                {"place": place, "sha256": self.put_file(path)}
                for path, place in files.places.items()
            ],
            "unsendable": pickled.unsendable,
        }

    def link_variables(self, bundle: VariableBundle, folder: Path) -> None:
        """Make the blobs of a bundle visible in ``folder``, without copying where possible.

        Raises:
            VariableStoreError: a blob is gone or damaged.
        """
        for digest in bundle_digests(bundle):
            source, target = self._path(digest), folder / digest
            if target.exists():
                continue
            try:
                try:
                    os.link(source, target)
                except FileNotFoundError:
                    raise
                except OSError:  # another file system, or one without hard links
                    shutil.copyfile(source, target)
                    target.chmod(0o444)
            except OSError as error:
                raise VariableStoreError(
                    f"blob {digest!r} cannot be read from the variable store"
                    f" {str(self.root)!r}: {error.strerror}; hand the variables over again"
                ) from error

    @contextlib.contextmanager
    def job_folder(self) -> Iterator[Path]:
        """Lend a folder for one container's variables; it is removed afterwards."""
        jobs = self.root / "jobs"
        self._make_private(jobs)
        folder = Path(tempfile.mkdtemp(prefix=f"{Owner.of(os.getpid())}-", dir=jobs))
        folder.chmod(0o755)  # the container's user enters it by the mount, others cannot reach it
        maker = os.getpid()
        try:
            yield folder
        finally:
            if os.getpid() == maker:  # not where a forked process drops its copy of the lender
                shutil.rmtree(folder, ignore_errors=True)

    def _path(self, digest: str) -> Path:
        if len(digest) != 64 or not all(char in "0123456789abcdef" for char in digest):
            raise VariableStoreError(f"{digest!r} is no SHA-256 digest")
        return self.root / "blobs" / digest[:2] / digest

    def _make_private(self, folder: Path) -> None:
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise VariableStoreError(
                f"cannot make the variable store {str(self.root)!r}: {error.strerror};"
                " set CODEGEN_AGENT_STATE to a folder that can be written"
            ) from error


def bundle_digests(bundle: VariableBundle) -> list[str]:
    """List the blobs a bundle refers to."""
    return [
        bundle["pickle"],
        *(buffer["sha256"] for buffer in bundle["buffers"]),
        *(file["sha256"] for file in bundle["files"]),
    ]


def is_bundle(value: object) -> bool:
    """Whether a mapping is a bundle of references rather than of values."""
    return isinstance(value, dict) and {"pickle", "variables", "buffers", "python"} <= set(value)
