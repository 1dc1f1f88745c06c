"""Writes to privately mapped memory are detected."""

from __future__ import annotations

import ctypes
import mmap
from pathlib import Path

from sandbox.runner import written_pages
from sandbox.runner.written_pages import written_ranges


def mapped(path: Path) -> tuple[mmap.mmap, tuple[int, int]]:
    """Map five pages privately; return the map and its range of addresses."""
    path.write_bytes(bytes(5 * mmap.PAGESIZE))
    with path.open("rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return memory, (start, start + len(memory))


def test_only_written_ranges_are_found(tmp_path: Path) -> None:
    maps = [mapped(tmp_path / name) for name in "abc"]
    for memory, _ in maps:
        assert memory[-1] == 0
    assert written_ranges(addresses for _, addresses in maps) == set()
    maps[1][0][3 * mmap.PAGESIZE] = 1
    ranges = [addresses for _, addresses in maps]
    assert written_ranges(ranges) == {1}
    assert written_pages._by_memory_map(ranges) == {1}, "the way for kernels without a page map"


def test_no_ranges() -> None:
    assert written_ranges([]) == set()
