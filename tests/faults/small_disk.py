"""A small file system, as a disk that can be full: ext4 in a file, or in memory where it must."""

from __future__ import annotations

import contextlib
import functools
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

FILLING = "filling"


@contextlib.contextmanager
def small_disk(folder: Path, n_bytes: int) -> Iterator[Path]:
    """Mount one at a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    image = folder.with_name(f"{folder.name}.ext4")
    refused = mount_file(image, n_bytes, folder) if has_loop_devices() else "no loop devices"
    if refused:
        refused = run("mount", "-t", "tmpfs", "-o", f"size={n_bytes}", "tmpfs", folder)
    if refused:
        pytest.skip(f"no file system can be mounted: {refused}")
    try:
        folder.chmod(0o700)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        image.unlink(missing_ok=True)


@functools.cache
def has_loop_devices() -> bool:
    """Whether a file can be mounted as a disk here."""
    with tempfile.TemporaryDirectory() as folder:
        if mount_file(Path(folder, "image"), 1 << 20, Path(folder)):
            return False
        return not run("umount", folder)


def mount_file(image: Path, n_bytes: int, folder: Path) -> str:
    """Make a file system in a file and mount it; return why not."""
    with image.open("wb") as file:
        file.truncate(n_bytes)
    refused = run("mkfs.ext4", "-q", "-F", image) or run("mount", "-o", "loop", image, folder)
    if not refused:
        (folder / "lost+found").rmdir()
    return refused


def run(*command: str | Path) -> str:
    """Run a command; return what it said if it failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        return str(error)
    return done.stderr.strip() or "failed" if done.returncode else ""


def fill(disk: Path, keep_bytes: int = 0) -> None:
    """Fill it, except for some bytes."""
    with (disk / FILLING).open("wb", buffering=0) as file:
        for size in (1 << 20, 1024):
            with contextlib.suppress(OSError):
                while file.write(b"x" * size):
                    pass
    if keep_bytes:
        with (disk / FILLING).open("r+b") as file:
            file.truncate((disk / FILLING).stat().st_size - keep_bytes)


def empty(disk: Path) -> None:
    """Make room again."""
    (disk / FILLING).unlink()
