"""Large frames to pass to the sandbox."""

from __future__ import annotations

import numpy as np
import pandas as pd

COLUMNS = 100
MB = 1_000_000


def frame_of(size_bytes: int) -> tuple[pd.DataFrame, memoryview]:
    """Make a frame of random float64 of this size; return it and a view of its bytes."""
    rows = size_bytes // COLUMNS // 8
    numbers = (
        np.random.default_rng(1).random((COLUMNS, rows)).T
    )  # the memory order of a pandas block
    frame = pd.DataFrame(numbers, columns=[f"c{at}" for at in range(COLUMNS)])
    return frame, memoryview(numbers.T).cast("B")
