"""Memory that a 1 GB frame costs on the host and in the container, compared to a pickle."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from tests.benchmarks.frames import MB
from tests.benchmarks.measuring import Findings, Row, Scale, megabytes

OURS, IN_BAND = "ours", "in-band pickle"
SIDES = {
    "host": ("memory the host adds at its peak", "pickled into bytes"),
    "container": ("memory the container adds, every byte read", "loaded from bytes"),
}


def measure(scale: Scale) -> Findings:
    """Measure each way in new processes, whose memory nothing else has used."""
    size_bytes, rounds = scale.of(1000 * MB, 20 * MB), scale.of(3, 1)
    findings = Findings()
    for _ in range(rounds):
        for way in (OURS, IN_BAND):
            for side, added in in_a_process(way, size_bytes).items():
                findings.samples.setdefault(f"{way}, {side}, bytes", []).append(float(added))
    for side, (what, beside) in SIDES.items():
        ours, other = (
            statistics.median(findings.samples[f"{way}, {side}, bytes"]) for way in (OURS, IN_BAND)
        )
        findings.rows.append(
            Row(
                f"{size_bytes // MB} MB frame in, {what} ({rounds} times)",
                megabytes(max(ours, 0)),  # the kernel's count varies a little
                f"{megabytes(other)} {beside}",
                f"{max(ours, 0) / other:.2g} ×",
            )
        )
    findings.notes.append(
        "Memory of a frame in: the stored file's pages in the kernel's cache are not counted; they"
        " are given up when memory is short, and the container maps the same ones."
    )
    return findings


def in_a_process(way: str, size_bytes: int) -> dict[str, int]:
    """Measure one way in a new process."""
    command = [sys.executable, "-m", "tests.benchmarks.memory_child", way, str(size_bytes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the process that measures memory failed: {done.stderr[-500:]}")
    added: dict[str, int] = json.loads(done.stdout)
    return added
