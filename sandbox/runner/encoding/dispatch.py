"""Finds the encoder of a value by the exact type, never by a base class."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from . import (
    arrow_tables,
    builtin_values,
    images,
    numpy_arrays,
    pandas_frames,
    polars_frames,
    sparse_matrices,
    stdlib_values,
)
from .errors import NotEncodableError
from .naming import module_name
from .refusals import reason_for
from .writer import Node, Writer

_BY_TYPE: dict[type, Callable[[Writer, Any], Node]] = {
    **builtin_values.ENCODERS,
    **stdlib_values.ENCODERS,
}
_BY_LIBRARY: dict[str, Callable[[Writer, Any], Node | None]] = {
    "numpy": numpy_arrays.encode,
    "pandas": pandas_frames.encode,
    "pyarrow": arrow_tables.encode,
    "polars": polars_frames.encode,
    "scipy": sparse_matrices.encode,
    "PIL": images.encode,
}


def encode_any(writer: Writer, value: object) -> Node:
    """Make the node of any value.

    Raises:
        NotEncodableError: it has no safe encoding.
    """
    kind = type(value)
    encoder = _BY_TYPE.get(kind)
    if encoder is not None:
        return encoder(writer, value)
    library = module_name(kind).partition(".")[0]
    # A value of a library means that the code imported it; a name alone proves nothing.
    node: Node | None = None
    if library in _BY_LIBRARY and library in sys.modules:
        node = _BY_LIBRARY[library](writer, value)
    if node is None:
        node = stdlib_values.encode_lazily_imported(writer, value)
    if node is None:
        raise NotEncodableError(reason_for(value))
    return node
