"""SciPy's sparse arrays and matrices, by the arrays they are made of."""

from __future__ import annotations

import sys
from typing import Any

from .numpy_arrays import encode_array
from .writer import Node, Writer

PARTS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
    "dia": ("data", "offsets"),
}


def encode(writer: Writer, value: Any) -> Node | None:
    """Encode a sparse array or matrix of any format, None for anything else."""
    sparse = sys.modules.get("scipy.sparse")
    form = getattr(value, "format", None)
    if sparse is None or not isinstance(form, str):
        return None
    for flavour in ("array", "matrix"):
        if type(value) is getattr(sparse, f"{form}_{flavour}", None):
            return _encode(writer, value, form, flavour)
    return None


def _encode(writer: Writer, value: Any, form: str, flavour: str) -> Node:
    shape = [int(size) for size in value.shape]
    if form == "lil":
        writer.budget.spend(128 * shape[0])
    if form in PARTS:
        parts = [encode_array(writer, getattr(value, name)) for name in PARTS[form]]
    else:  # coo itself; the others are built on the host from what coo says
        triplets = value.tocoo()
        parts = [encode_array(writer, triplets.data)]
        parts += [encode_array(writer, one) for one in triplets.coords]
    return writer.node("sp.matrix", form, flavour, shape, parts)
