"""Arrays of numpy, sparse arrays of scipy, and tensors of other libraries."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from graph_agent.summaries.parts import (
    Description,
    View,
    join_first,
    short_repr,
    truncate,
    type_name,
)
from graph_agent.summaries.tables import number_stats, partial_note

_MAX_STATS_VALUES = 1_000_000
_MAX_TYPED_VALUES = 10_000
_HEAD_VALUES = 8
_TENSOR_LIBRARIES = frozenset(
    {"torch", "jax", "jaxlib", "tensorflow", "cupy", "xarray", "dask", "h5py", "zarr"}
)


def describe_array(value: object, view: View) -> Description | None:
    """Describe an array; return None for anything else."""
    kind = type(value)
    if "numpy" in sys.modules:
        import numpy as np

        if issubclass(kind, np.ndarray):
            return _describe_numpy(value, view)
    roots = {str(cls.__module__).partition(".")[0] for cls in kind.__mro__}
    if "scipy" in roots and hasattr(kind, "tocsr"):
        matrix: Any = value
        known = f"shape {matrix.shape}, {matrix.dtype}, {matrix.nnz:,} stored values"
        return Description(f"{type_name(value)}, {known}", [])
    # These libraries compute nothing to return shape and dtype.
    if roots & _TENSOR_LIBRARIES and hasattr(kind, "shape") and hasattr(kind, "dtype"):
        tensor: Any = value
        shape = tuple(tensor.shape)
        return Description(
            f"{type_name(value)}, shape {shape}, {truncate(str(tensor.dtype), 80)}", []
        )
    return None


def _describe_numpy(array: Any, view: View) -> Description:
    import numpy as np

    headline = f"{type_name(array)}, shape {array.shape}, {_dtype(array.dtype)}"
    if view.depth:
        return Description(headline, [])
    lines = []
    # As a plain array, because a flat numpy.matrix stays two-dimensional.
    plain = np.asarray(array)
    if array.dtype.kind == "O":
        types = Counter(type_name(item) for item in plain.flat[:_MAX_TYPED_VALUES])
        lines.append(f"elements: {join_first((f'{n:,} {t}' for t, n in types.most_common()), 8)}")
    # A flat slice copies only its own values, for any memory layout.
    part = plain.flat[:_MAX_STATS_VALUES]
    mask = np.ma.getmask(array)
    hidden = np.zeros(part.shape, bool) if mask is np.ma.nomask else mask.flat[: part.size]
    if view.stats and part.size and part.dtype.kind in "iufb":
        stats = _stats(part, hidden, view)
        lines += [*stats, *partial_note(part.size, array.size, "value")] if stats else []
    if view.sample and part.size:
        head = [
            "masked" if gone else short_repr(item, 60)
            for item, gone in zip(part[:_HEAD_VALUES], hidden, strict=False)
        ]
        lines.append(f"first values: {join_first(head, _HEAD_VALUES, total=array.size)}")
    return Description(headline, lines)


def _dtype(dtype: Any) -> str:
    """Name a dtype; list the fields of a structured one."""
    if dtype.names is None:
        return truncate(str(dtype), 80)
    fields = (f"{name!r}: {_dtype(dtype[name])}" for name in dtype.names)
    return f"structured ({join_first(fields, 20)})"


def _stats(part: Any, hidden: Any, view: View) -> list[str]:
    """Aggregate the finite values that are not masked."""
    import numpy as np

    missing = hidden | np.isnan(part)
    lines = [f"{int(missing.sum()):,} missing"] if missing.any() else []
    usable = part[~missing & np.isfinite(part)]
    if not usable.size:
        return lines
    low, high = usable.min(), usable.max()
    if view.may_aggregate(usable.size, n_unique=1 if low == high else 2):
        if part.dtype.kind == "b":
            lines.append(f"{int(usable.sum()):,} true")
        else:
            lines.append(number_stats(low, high, float(usable.mean(dtype=np.float64))))
    return lines
