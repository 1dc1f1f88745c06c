"""What handing a 1 GB frame over costs, against copying its bytes to the same disk."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from sandbox import VariableStore

ROWS, COLUMNS = 1_250_000, 100
BLOCK_BYTES = 8 << 20


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def copy(data: memoryview, path: Path) -> None:
    with open(path, "wb", buffering=0) as file:
        for start in range(0, data.nbytes, BLOCK_BYTES):
            file.write(data[start : start + BLOCK_BYTES])
    path.unlink()


def measure(folder: Path) -> dict[str, float]:
    """Time one hand-over, its repetition, and what each is compared with."""
    numbers = np.random.default_rng(1).random((COLUMNS, ROWS)).T  # as pandas lies in memory
    frame = pd.DataFrame(numbers, columns=[f"c{at}" for at in range(COLUMNS)])
    data = memoryview(numbers.T).cast("B")
    store = VariableStore(folder / "store")
    times = {
        "copy": seconds(lambda: copy(data, folder / "copy")),
        "hash": seconds(lambda: hashlib.sha256(data).digest()),
        "first": seconds(lambda: store.put_variables({"frame": frame})),
        "again": seconds(lambda: store.put_variables({"frame": frame})),
    }
    shutil.rmtree(folder / "store")
    return times


def test_handing_over(tmp_path: Path) -> None:
    measure(tmp_path)  # the disk's first writes cost more than the later ones
    runs = [measure(tmp_path) for _ in range(3)]
    times = {name: min(run[name] for run in runs) for name in runs[0]}
    gigabytes = ROWS * COLUMNS * 8 / 1e9
    print(f"\n{gigabytes:.1f} GB of float64 on {os.cpu_count()} cores")
    print(f"  copied {times['copy']:.2f} s, hashed {times['hash']:.2f} s")
    print(
        f"  first hand-over {times['first']:.2f} s: {times['first'] / times['copy']:.2f} × copying"
    )
    besides = times["again"] - times["hash"]
    print(f"  again {times['again']:.2f} s: {besides * 1e3:.0f} ms besides hashing")
