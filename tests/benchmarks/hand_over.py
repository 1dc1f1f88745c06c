"""A large frame in: stored once and again, compared to copying and hashing its bytes."""

from __future__ import annotations

import hashlib
import shutil
import statistics
import tempfile
from pathlib import Path

from sandbox import VariableStore
from tests.benchmarks.frames import MB, frame_of
from tests.benchmarks.measuring import (
    Findings,
    Row,
    Scale,
    above,
    at_most,
    excess,
    interleaved,
    seconds,
    timed,
)
from tests.benchmarks.prepared import PreparedSandbox

BLOCK_BYTES = 8 << 20
COPY, MEMCPY, HASH = "copied to the same disk", "memcpy", "SHA-256"
FIRST, AGAIN = "first", "again"
WITH, WITHOUT = "a run with the frame", "a run without it"
FIRST_BOUND = (
    "the first hand-over writes the bytes while another core makes their digest; it takes what the"
    " slower of the two takes, and more where both want the same memory or the core is busy"
)
AGAIN_BOUND = "besides the digest, pickling the frame without its buffers, and a few small files"


def measure(scale: Scale) -> Findings:
    """Measure 100 MB and 1 GB, or a small frame."""
    findings = Findings()
    sizes = [(20 * MB, 1)] if scale.quick else [(100 * MB, 10), (1000 * MB, 3)]
    for size_bytes, firsts in sizes:
        with tempfile.TemporaryDirectory(prefix="codegen-agent-bench-") as folder:
            _measure(findings, size_bytes, Path(folder), firsts, scale)
    return findings


def _measure(findings: Findings, size_bytes: int, folder: Path, firsts: int, scale: Scale) -> None:
    frame, data = frame_of(size_bytes)
    store, target = VariableStore(folder / "store"), memoryview(bytearray(data.nbytes))

    def hand_over() -> None:
        store.put_variables({"frame": frame})

    def first() -> float:
        shutil.rmtree(store.root, ignore_errors=True)
        return timed(hand_over)()

    def memcpy() -> None:
        target[:] = data

    written = interleaved(
        {COPY: lambda: copy(data, folder / "copy"), FIRST: first}, firsts, warm_up=not scale.quick
    )
    repeated = interleaved(
        {
            MEMCPY: timed(memcpy),
            HASH: timed(lambda: hashlib.sha256(data).digest()),
            AGAIN: timed(hand_over),
        },
        scale.rounds,
    )
    used = use(frame, store, scale)
    size = f"{size_bytes // MB} MB frame"
    for name, samples in {**written, **repeated, **used}.items():
        findings.samples[f"{size}, {name}"] = samples
    findings.rows += rows(size, written, repeated, used, is_big=size_bytes == 1000 * MB)


def rows(
    size: str,
    written: dict[str, list[float]],
    repeated: dict[str, list[float]],
    used: dict[str, list[float]],
    *,
    is_big: bool,
) -> list[Row]:
    """Make the rows of one size; only the large size has goals."""
    first, again = f"{size} in, first time", f"{size} in, again"
    rounds = len(written[FIRST])
    memcpy_s, again_s = (statistics.median(repeated[name]) for name in (MEMCPY, AGAIN))
    first_s = statistics.median(written[FIRST])
    more_s = excess(repeated[AGAIN], repeated[HASH])
    hashed_s = statistics.median(repeated[HASH])
    return [
        at_most(
            f"{first} ({rounds} times)", written, FIRST, COPY, 2 if is_big else None, FIRST_BOUND
        ),
        Row(
            first, seconds(first_s), f"{seconds(memcpy_s)} {MEMCPY}", f"{first_s / memcpy_s:.3g} ×"
        ),
        at_most(again, repeated, AGAIN, HASH, 1.2 if is_big else None, AGAIN_BOUND),
        Row(
            f"{again}: besides hashing",
            seconds(more_s),
            f"{seconds(hashed_s)} {HASH}",
            f"{more_s / hashed_s:.2g} ×",
            "≤ 50 ms" if is_big else "",
            more_s <= 0.05 if is_big else None,
            AGAIN_BOUND,
        ),
        Row(
            again, seconds(again_s), f"{seconds(memcpy_s)} {MEMCPY}", f"{again_s / memcpy_s:.3g} ×"
        ),
        above(f"{size}: whole run that reads one column", used, WITH, WITHOUT),
    ]


def use(frame: object, store: VariableStore, scale: Scale) -> dict[str, list[float]]:
    """Time runs with references to the stored frame, compared to runs without."""
    bundle = store.put_variables({"frame": frame})
    with PreparedSandbox(store=store) as sandbox:
        return interleaved(
            {
                WITH: lambda: sandbox.run("print(frame.c1.sum())", bundle).seconds,
                WITHOUT: lambda: sandbox.run("print(0)").seconds,
            },
            scale.rounds,
            warm_up=not scale.quick,
        )


def copy(data: memoryview, path: Path) -> float:
    """Write bytes to a file; return the seconds, without those for removing it."""

    def write() -> None:
        with open(path, "wb", buffering=0) as file:
            for start in range(0, data.nbytes, BLOCK_BYTES):
                file.write(data[start : start + BLOCK_BYTES])

    took_s = timed(write)()
    path.unlink()
    return took_s
