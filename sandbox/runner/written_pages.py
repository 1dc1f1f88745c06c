"""Finds out whether memory mapped privately from a file was written.

A written page is a copy, that is, anonymous memory. Dirty pages are no measure: a file's
own pages are dirty too until they reach the disk.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable

# The top byte of a page's entry in /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst).
_IN_MEMORY, _SWAPPED, _OF_FILE = 0x80, 0x40, 0x20
_ENTRY_BYTES = 8


def written_ranges(ranges: Iterable[tuple[int, int]]) -> set[int]:
    """Return the positions of the address ranges with a written page; none if unknown."""
    wanted = list(ranges)
    if not wanted:
        return set()
    try:
        return _by_page_map(wanted)
    except (OSError, ValueError):  # not available in every kernel
        pass
    try:
        return _by_memory_map(wanted)
    except (OSError, ValueError):
        return set()


def _by_page_map(ranges: list[tuple[int, int]]) -> set[int]:
    written = set()
    with open("/proc/self/pagemap", "rb", buffering=0) as page_map:
        for index, (start, end) in enumerate(ranges):
            first, last = start // mmap.PAGESIZE, -(-end // mmap.PAGESIZE)
            page_map.seek(first * _ENTRY_BYTES)
            left = (last - first) * _ENTRY_BYTES
            while left:
                entries = page_map.read(min(left, 1 << 20))
                if not entries:
                    raise ValueError("it ended early")
                left -= len(entries)
                if any(map(_is_copy, set(entries[_ENTRY_BYTES - 1 :: _ENTRY_BYTES]))):
                    written.add(index)
                    break
    return written


def _is_copy(flags: int) -> bool:
    return bool(flags & (_IN_MEMORY | _SWAPPED)) and not flags & _OF_FILE


def _by_memory_map(ranges: list[tuple[int, int]]) -> set[int]:
    """Read the sizes of all mappings of this process: slow, because it visits every page."""
    starts = {start: index for index, (start, _) in enumerate(ranges)}
    written: set[int] = set()
    index: int | None = None
    with open("/proc/self/smaps") as mappings:
        for line in mappings:
            first = line.split(None, 1)[0]
            if not first.endswith(":"):
                index = starts.get(int(first.split("-")[0], 16))
            elif first == "Anonymous:" and index is not None and " 0 kB" not in line:
                written.add(index)
    return written
