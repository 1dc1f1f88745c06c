"""polars' columns, SciPy's matrices and Pillow's images."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from PIL import PngImagePlugin

from sandbox.runner.encode import encode_value
from tests.sandbox.runner.encoding.refused import reason_for

REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("polars objects", lambda: pl.DataFrame({"a": pl.Series([object()], dtype=pl.Object)}),
     r"^\['a'\]: a polars column of dtype Object"),
    ("polars nested wide", lambda: pl.Series("a", [[1]], dtype=pl.List(pl.Int128)), "Int128"),
    ("image of a file", lambda: PngImagePlugin.PngImageFile.__new__(
        PngImagePlugin.PngImageFile), r"call \.copy\(\)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "reason"),
    [(make, reason) for _, make, reason in REFUSED],
    ids=[name for name, _, _ in REFUSED],
)
def test_is_refused(make: Callable[[], Any], reason: str) -> None:
    assert re.search(reason, reason_for(make()))


def test_a_sparse_matrix_goes_by_its_parts() -> None:
    matrix = sp.csr_array(np.eye(100))
    sizes = [len(part) for part in encode_value(matrix) if isinstance(part, memoryview)]
    assert sorted(sizes) == sorted(
        part.nbytes for part in (matrix.data, matrix.indices, matrix.indptr)
    )
