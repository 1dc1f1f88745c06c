"""Turns wheels into the archives that an image's build unpacks: installed files and byte code.

Done on the host, because an installation during the build takes several times as long: pip, a
container and a copy of each file for every instruction. Runs as a program in processes of its
own, and needs the standard library only: ``python packing.py SITE ARCHIVE WHEEL…``.
"""

from __future__ import annotations

import importlib.util
import io
import marshal
import os
import re
import subprocess
import sys
import tarfile
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

PREFIX = "opt/venv"
FONTS = "usr/share/fonts/codegen-agent"
"""Where fontconfig looks, and with it a browser. Matplotlib lists what is there in the build."""
MTIME = 315619200
"""1980-01-02: the same wheels make the same archive, and zip files can hold this date."""
UNCHECKED_HASH = (1).to_bytes(4, "little")
"""Byte code that is never compared with its source: the image is read-only."""
_TEST_SUITES = re.compile(
    r"(pandas|pyarrow|scipy|sklearn|statsmodels|matplotlib|mpl_toolkits)/(.*/)?tests/"
)
"""The libraries' own. Numpy's stay: its testing module imports from them."""
_FOR_COMPILERS = re.compile(r"pyarrow/(include|src)/")
_AT_EVERY_START = re.compile(r"[^/]*\.pth|(site|user)customize(\.py|/).*")
"""What would run whenever an interpreter starts, process 1 of the container included."""
_FONT = re.compile(r"(?!.*Italic).*\.tt[fc]")


class PackingError(Exception):
    """A wheel can't be unpacked; the message says why."""


def site_packages(python: str) -> str:
    """Return the image's folder of libraries, without the leading slash."""
    return f"{PREFIX}/lib/python{python}/site-packages"


def pack(
    wheels: Sequence[Path], folder: Path, python: str, fonts: Sequence[Path] = ()
) -> list[Path]:
    """Write the archives of some wheels into a folder; return their paths.

    Args:
        wheels: packages to install.
        folder: receives the archives.
        python: the image's minor version; this interpreter's, because byte code depends on it.
        fonts: packages of which only the fonts and licenses are kept.

    Raises:
        PackingError: a wheel is damaged, or the disk is full.
    """
    at_once = os.cpu_count() or 1
    shares: list[list[Path]] = [[] for _ in range(at_once)]
    # The largest first, each to the share that is smallest so far.
    for wheel in sorted(wheels, key=lambda path: (-path.stat().st_size, path.name)):
        min(shares, key=lambda share: sum(path.stat().st_size for path in share)).append(wheel)
    jobs = [(site_packages(python), share) for share in shares if share]
    jobs += [(FONTS, list(fonts))] if fonts else []
    with ThreadPoolExecutor(at_once) as pool:
        archives = [folder / f"{number}.tar" for number in range(len(jobs))]
        sites, shares = [site for site, _ in jobs], [share for _, share in jobs]
        list(pool.map(_in_a_process, sites, archives, shares))
    return archives


def _in_a_process(site: str, archive: Path, wheels: Sequence[Path]) -> None:
    command = [sys.executable, "-I", __file__, site, str(archive), *map(str, wheels)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise PackingError(lines[-1] if lines else f"exit code {done.returncode}")


def write_archive(site: str, archive: Path, wheels: Sequence[Path]) -> None:
    """Write what wheels install below a folder of the image into one archive."""
    seen: set[PurePosixPath] = set()
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        for wheel in wheels:
            for path, content, mode in installed(wheel, site):
                for parent in reversed(path.parents[:-3]):
                    if parent not in seen:
                        seen.add(parent)
                        _add(tar, parent, b"", 0o755, tarfile.DIRTYPE)
                _add(tar, path, content, mode)


def installed(wheel: Path, site: str) -> Iterator[tuple[PurePosixPath, bytes, int]]:
    """Yield path, content and mode of each file, and of the byte code of each module."""
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            path = None if entry.is_dir() else _place(entry.filename, site)
            if path is None:
                continue
            content = archive.read(entry)
            yield path, content, 0o755 if entry.external_attr >> 16 & 0o100 else 0o644
            if path.suffix == ".py" and (code := byte_code(content, f"/{path}")):
                yield byte_code_path(path), code, 0o644


def byte_code(source: bytes, path: str) -> bytes | None:
    """Compile a module as py_compile does; None: it is of another version of Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    header = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source)
    return header + marshal.dumps(code)


def byte_code_path(source: PurePosixPath) -> PurePosixPath:
    """Return where Python looks for a module's byte code."""
    return source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"


def _place(name: str, site: str) -> PurePosixPath | None:
    """Return where a wheel's file belongs in the image; None: it is not needed there.

    The folders of ``*.data`` are those of the binary distribution format; scripts and headers
    are left out.
    """
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise PackingError(f"the wheel's file {name!r} would be outside its folder")
    if site == FONTS:
        return _font_place(parts)
    if parts[0].endswith(".data"):
        kind, rest = parts[1] if len(parts) > 1 else "", parts[2:]
        if kind == "data" and rest:
            return PurePosixPath(PREFIX, *rest)
        if kind not in ("purelib", "platlib") or not rest:
            return None
        parts = rest
    inside = "/".join(parts)
    for left_out in (_TEST_SUITES.match, _FOR_COMPILERS.match, _AT_EVERY_START.fullmatch):
        if left_out(inside):
            return None
    return None if "__pycache__" in parts else PurePosixPath(site, *parts)


def _font_place(parts: Sequence[str]) -> PurePosixPath | None:
    if parts[0].endswith(".dist-info"):
        return PurePosixPath(FONTS, "licenses", *parts)
    return PurePosixPath(FONTS, parts[-1]) if _FONT.fullmatch(parts[-1]) else None


def _add(
    tar: tarfile.TarFile,
    path: PurePosixPath,
    content: bytes,
    mode: int,
    kind: bytes = tarfile.REGTYPE,
) -> None:
    entry = tarfile.TarInfo(str(path))
    entry.type, entry.mode, entry.mtime, entry.size = kind, mode, MTIME, len(content)
    tar.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    try:
        write_archive(sys.argv[1], Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
    except (PackingError, OSError, zipfile.BadZipFile) as error:
        sys.exit(f"{type(error).__name__}: {error}")
