"""Writes a run's files into a folder without overwriting or mixing in anything of another run.

Each save leaves a hidden manifest: its number, and what it wrote. Another run never uses the
number of a manifest whose files are still there, even if no names are equal.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # as asked for above

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_NEW |= getattr(os, "O_BINARY", 0)
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]|[. ]$')
_MAX_MANIFEST_BYTES = 1 << 20
_MANIFEST = ".codegen-agent-{}.json"

Contents = Callable[[Mapping[str, str]], Mapping[str, bytes]]
"""Makes the files, wanted name to content, given the names that they will have."""


class SavedFiles(list[Path]):
    """The files that were written.

    ``renamed``: wanted name to actual one, where they differ. ``left_out``: a value's name to why
    it has no file.
    """

    def __init__(
        self,
        paths: Collection[Path],
        renamed: Mapping[str, str],
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(paths)
        self.renamed = dict(renamed)
        self.left_out = dict(left_out or {})


def save_files(
    folder: Path,
    names: Collection[str],
    contents: Contents,
    *,
    run: str = "",
) -> SavedFiles:
    """Write files into ``folder``; where that can't be all under their names, all get a number.

    A name is free if nothing has it, if a file with this very content has it, or if the same
    ``run`` wrote the file before and nobody has changed it since. A number is free if no other
    run has saved under it, or only the very same files. Paths are never written through links.
    ``run``: empty for one that is saved only once.

    Raises:
        OSError: the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        return _save(folder, names, contents, run or secrets.token_hex(8))


def _save(folder: Path, names: Collection[str], contents: Contents, run: str) -> SavedFiles:
    manifest = _Manifest(folder, run)
    wanted = {name: safe_name(name) for name in names}
    first = [manifest.number] if manifest.number else []
    for number in itertools.chain(first, itertools.count(1)):
        placed = {name: numbered(safe, number) for name, safe in wanted.items()}
        files = {placed[name]: data for name, data in contents(placed).items()}
        if manifest.is_taken(number, files):
            continue
        if not all(_is_free(folder, name, data, manifest) for name, data in files.items()):
            continue
        if _write_all(folder, files, manifest):
            manifest.replace(number, files)
            renamed = {name: place for name, place in placed.items() if name != place}
            return SavedFiles([folder / name for name in files], renamed)
    raise AssertionError("the numbers never end")


def numbered(name: str, number: int) -> str:
    """Put a number into a relative path: ``code-2.py``, ``tables-2/a.csv``; 1 changes nothing."""
    if number == 1:
        return name
    head, slash, rest = name.partition("/")
    if slash:
        return f"{head}-{number}/{rest}"
    path = PurePosixPath(name)
    return f"{path.stem}-{number}{path.suffix}"


def safe_name(name: str) -> str:
    """Return a name under which a file that the code made can't become a tool's setting.

    Hidden names (``.env``, ``.git/config``) lose their dot. On Windows, characters that it
    doesn't allow are replaced.
    """
    parts = [f"_{part[1:]}" if part.startswith(".") else part for part in name.split("/")]
    if os.name == "nt":
        parts = [_NOT_ON_WINDOWS.sub("_", part) for part in parts]
    return "/".join(parts)


class _Saved(NamedTuple):
    """What was saved together: its number, and the SHA-256 of each file."""

    number: int
    digests: Mapping[str, str]


class _Manifest:
    """What one run wrote into a folder before, and what other runs did."""

    def __init__(self, folder: Path, run: str) -> None:
        mark = hashlib.sha256(run.encode("utf-8", "backslashreplace")).hexdigest()[:16]
        self._path = folder / _MANIFEST.format(mark)
        self.number, self.digests = _read_manifest(self._path) or _Saved(0, {})
        others = set(folder.glob(_MANIFEST.format("*"))) - {self._path}
        self._others = [saved for path in others if (saved := _read_manifest(path))]

    def is_taken(self, number: int, files: Mapping[str, bytes]) -> bool:
        """Whether files that another run saved under this number are there, and not just these."""
        digests = _digests(files)
        return any(
            other.number == number
            and other.digests != digests
            and any(os.path.lexists(self._path.parent / name) for name in other.digests)
            for other in self._others
        )

    def owns(self, folder: Path, name: str) -> bool:
        """Whether the run wrote this file and nobody has changed it since."""
        digest = self.digests.get(name)
        return digest is not None and digest == _digest_of(folder / name)

    def replace(self, number: int, files: Mapping[str, bytes]) -> None:
        """Note what is there now, and remove what the same run left under this number before."""
        if number == self.number:
            for name in self.digests.keys() - files.keys():
                if _is_inside(self._path.parent, name) and self.owns(self._path.parent, name):
                    (self._path.parent / name).unlink(missing_ok=True)
        digests = _digests(files)
        if files and _Saved(number, digests) not in self._others:
            text = json.dumps({"number": number, "files": digests})
            _put(self._path, text.encode(), replace=True)


def _read_manifest(path: Path) -> _Saved | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        saved = json.loads(_read_plain(path, _MAX_MANIFEST_BYTES))
        digests = {str(name): str(digest) for name, digest in saved["files"].items()}
        return _Saved(max(0, int(saved["number"])), digests)
    return None


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time save into a folder; on Windows only names are exclusive."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_free(folder: Path, name: str, data: bytes, manifest: _Manifest) -> bool:
    path = folder / name
    if not _is_inside(folder, name):
        return False
    if not os.path.lexists(path):
        return True
    return _digest_of(path) == hashlib.sha256(data).hexdigest() or manifest.owns(folder, name)


def _is_inside(folder: Path, name: str) -> bool:
    """Whether each folder on the way to a file is a real folder, or doesn't exist yet."""
    parents = [folder / parent for parent in PurePosixPath(name).parents if parent.name]
    return ".." not in PurePosixPath(name).parts and not any(
        parent.is_symlink() or (parent.exists() and not parent.is_dir()) for parent in parents
    )


def _write_all(folder: Path, files: Mapping[str, bytes], manifest: _Manifest) -> bool:
    """Write files; if another program takes a name meanwhile, undo that and return False."""
    made: list[Path] = []
    try:
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if manifest.owns(folder, name):
                _put(path, data, replace=True)
            elif _digest_of(path) != hashlib.sha256(data).hexdigest():
                _put(path, data)
                made.append(path)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        if not isinstance(error, FileExistsError):
            raise
        return False
    return True


def _put(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file beside its place, then give it its name: no half file is ever there.

    Raises:
        FileExistsError: the name is taken, and ``replace`` is false.
    """
    beside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        _write_new(beside, data)
        if replace:
            beside.replace(path)
        else:
            os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:
        if replace or not beside.exists():
            raise
        _write_new(path, data)  # this file system has no hard links
    finally:
        beside.unlink(missing_ok=True)


def _write_new(path: Path, data: bytes) -> None:
    with open(os.open(path, _NEW, 0o666), "wb") as file:
        try:
            file.write(data)
            file.flush()
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _digest_of(path: Path) -> str:
    """Return the SHA-256 of a regular file; an empty string for anything else."""
    try:
        return hashlib.sha256(_read_plain(path)).hexdigest()
    except OSError:
        return ""


def _read_plain(path: Path, most: int = -1) -> bytes:
    """Read a regular file, not through a link.

    Raises:
        OSError: it isn't one, or can't be read.
    """
    if path.is_symlink() or not path.is_file():
        raise FileNotFoundError(str(path))
    with path.open("rb") as file:
        return file.read(most)
