"""How much memory the container has left."""

from __future__ import annotations

import math

V2 = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat")
V1 = (
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    "/sys/fs/cgroup/memory/memory.stat",
)


def memory_left_bytes() -> float:
    """Tell what can still be taken, the page cache counted as free; infinity if unlimited."""
    for limit, usage, details in (V2, V1):
        try:
            with open(limit) as one, open(usage) as other, open(details) as stat:
                allowed, used = one.read().strip(), int(other.read())
                counts = dict(line.split() for line in stat)
        except (OSError, ValueError):
            continue
        cached = int(counts.get("total_inactive_file", counts.get("inactive_file", 0)))
        return math.inf if allowed == "max" else int(allowed) - used + cached
    return math.inf
