"""Compares values by types, labels and bits, not by equality."""

from __future__ import annotations

import array
import pathlib
import struct
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sp
from PIL import Image


def identical(left: Any, right: Any) -> bool:
    """Whether two values differ in nothing but their place in memory."""
    return difference(left, right) is None


def difference(left: Any, right: Any, where: str = "value") -> str | None:
    """Describe the first difference between two values; return None if there is none."""
    try:
        _same(left, right, where)
    except AssertionError as error:
        return str(error)
    return None


def as_returned(value: Any) -> Any:
    """Return what a value is expected to come back as: a path as one that opens nothing."""
    if not isinstance(value, pathlib.Path):
        return value
    windows = isinstance(value, pathlib.PureWindowsPath)
    return (pathlib.PureWindowsPath if windows else pathlib.PurePosixPath)(value)


def _same(left: Any, right: Any, where: str) -> None:
    kind = type(left)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):  # the host makes its own class
        _equal(kind.__name__, type(right).__name__, f"{where} name")
        _equal(kind._fields, type(right)._fields, f"{where} fields")
        _same(tuple(left), tuple(right), where)
        return
    assert kind is type(right), f"{where}: {kind} is not {type(right)}"
    for base, compare in _COMPARISONS:
        if isinstance(left, base):
            compare(left, right, where)
            return
    _equal(left, right, where)


def _equal(left: Any, right: Any, where: str) -> None:
    assert left is right or left == right, f"{where}: {left!r:.200} is not {right!r:.200}"


def _bits(left: float, right: float, where: str) -> None:
    _equal(struct.pack("d", left), struct.pack("d", right), where)


def _complex(left: complex, right: complex, where: str) -> None:
    _bits(left.real, right.real, where)
    _bits(left.imag, right.imag, where)


def _sequence(left: Any, right: Any, where: str) -> None:
    assert len(left) == len(right), f"{where}: lengths {len(left)} and {len(right)}"
    _equal(getattr(left, "maxlen", None), getattr(right, "maxlen", None), f"{where} maxlen")
    for at, (mine, other) in enumerate(zip(left, right, strict=True)):
        _same(mine, other, f"{where}[{at}]")


def _mapping(left: Any, right: Any, where: str) -> None:
    _sequence(list(left), list(right), f"{where} keys")
    _sequence(list(left.values()), list(right.values()), f"{where} values")
    factory = getattr(left, "default_factory", None)
    assert factory is getattr(right, "default_factory", None), f"{where} factory"


def _set(left: Any, right: Any, where: str) -> None:
    _sequence(sorted(left, key=repr), sorted(right, key=repr), where)


def _time(left: Any, right: Any, where: str) -> None:
    _equal(left, right, where)
    _equal(left.fold, right.fold, f"{where} fold")
    _same(left.tzinfo, right.tzinfo, f"{where} zone")


def _ndarray(left: Any, right: Any, where: str) -> None:
    _dtype(left.dtype, right.dtype, f"{where} dtype")
    _equal(left.shape, right.shape, f"{where} shape")
    assert right.flags.writeable, f"{where} is read-only"
    for order in ("c_contiguous", "f_contiguous"):
        if left.flags.c_contiguous or left.flags.f_contiguous:
            _equal(getattr(left.flags, order), getattr(right.flags, order), f"{where} {order}")
    if left.dtype.hasobject:
        _sequence(left.ravel().tolist(), right.ravel().tolist(), where)
    else:
        _equal(_content(left), _content(right), where)


def _content(value: Any) -> bytes:
    """The bytes of an array or scalar, without the padding of x86's long doubles."""
    if value.dtype.char not in "gG" or np.finfo(np.longdouble).nmant != 63:
        return bytes(value.tobytes())
    numbers = np.ascontiguousarray(value).reshape(-1).view(np.longdouble)
    return bytes(numbers.view("u1").reshape(len(numbers), -1)[:, :10].tobytes())


def _masked(left: Any, right: Any, where: str) -> None:
    _ndarray(left.data, right.data, where)
    _equal(left.mask is np.ma.nomask, right.mask is np.ma.nomask, f"{where} nomask")
    _ndarray(np.ma.getmaskarray(left), np.ma.getmaskarray(right), f"{where} mask")
    _same(left.fill_value, right.fill_value, f"{where} fill")
    _equal(left.hardmask, right.hardmask, f"{where} hard mask")


def _scalar(left: Any, right: Any, where: str) -> None:
    _dtype(left.dtype, right.dtype, f"{where} dtype")
    _equal(_content(left), _content(right), where)


def _dtype(left: Any, right: Any, where: str) -> None:
    _equal(left, right, where)
    assert type(left) is type(right), f"{where}: {type(left)} is not {type(right)}"
    _equal(repr(left), repr(right), where)
    if isinstance(left, np.dtype):
        _equal((left.char, left.type, left.isalignedstruct),
               (right.char, right.type, right.isalignedstruct), where)  # fmt: skip


def _index(left: Any, right: Any, where: str) -> None:
    _sequence(list(left.names), list(right.names), f"{where} names")
    if isinstance(left, pd.MultiIndex):
        for at, (level, other) in enumerate(zip(left.levels, right.levels, strict=True)):
            _same(level, other, f"{where} level {at}")
        for codes, other in zip(left.codes, right.codes, strict=True):
            _dtype(codes.dtype, other.dtype, f"{where} codes")
            _equal(codes.tolist(), other.tolist(), f"{where} codes")
        return
    if isinstance(left, pd.RangeIndex):
        parts = ("start", "stop", "step", "name")
        for part in parts:
            _equal(getattr(left, part), getattr(right, part), f"{where} {part}")
        return
    _dtype(left.dtype, right.dtype, f"{where} dtype")
    _equal(getattr(left, "freq", None), getattr(right, "freq", None), f"{where} freq")
    _same(left.array, right.array, where)


def _labelled(left: Any, right: Any, where: str) -> None:
    _same(left.index, right.index, f"{where} index")
    _same(left.attrs, right.attrs, f"{where} attrs")
    _equal(left.flags.allows_duplicate_labels, right.flags.allows_duplicate_labels, where)
    if isinstance(left, pd.Series):
        _same(left.name, right.name, f"{where} name")
        _same(left.array, right.array, where)
        return
    _same(left.columns, right.columns, f"{where} columns")
    for at in range(left.shape[1]):
        _same(left.iloc[:, at].array, right.iloc[:, at].array, f"{where} column {at}")


def _extension(left: Any, right: Any, where: str) -> None:
    _dtype(left.dtype, right.dtype, f"{where} dtype")
    if isinstance(left, pd.Categorical):
        _ndarray(left.codes, right.codes.copy(), f"{where} codes")
        _same(left.categories, right.categories, f"{where} categories")
    elif isinstance(left, pd.arrays.SparseArray):
        _same(left.sp_values, right.sp_values, f"{where} values")
        _equal(repr(left.sp_index), repr(right.sp_index), f"{where} sparse index")
        _same(left.fill_value, right.fill_value, f"{where} fill")
    elif hasattr(left, "_mask"):
        _ndarray(left._data, right._data, where)
        _ndarray(left._mask, right._mask, f"{where} mask")
    else:
        _sequence(list(left), list(right), where)


def _arrow(left: Any, right: Any, where: str) -> None:
    for part in ("type", "schema"):
        if hasattr(left, part):
            same = getattr(left, part).equals(getattr(right, part), check_metadata=True)
            assert same, f"{where} {part}"
    if isinstance(left, (pa.Schema, pa.Field)):
        assert left.equals(right, check_metadata=True), where
    assert left.equals(right), where


def _polars(left: Any, right: Any, where: str) -> None:
    if isinstance(left, pl.DataFrame):
        _equal(left.schema, right.schema, f"{where} schema")
    else:
        _equal((left.name, left.dtype), (right.name, right.dtype), where)
    assert left.equals(right, null_equal=True), where


def _sparse(left: Any, right: Any, where: str) -> None:
    _equal((left.shape, left.dtype), (right.shape, right.dtype), where)
    parts = {"coo": ("data", "coords"), "dia": ("data", "offsets"), "lil": ("rows", "data")}
    names = parts.get(left.format, ("data", "indices", "indptr"))
    if left.format == "dok":
        _equal(dict(left), dict(right), where)
        return
    for name in names:
        _same(getattr(left, name), getattr(right, name), f"{where}.{name}")


def _image(left: Any, right: Any, where: str) -> None:
    _equal((left.mode, left.size, left.getpalette()), (right.mode, right.size, right.getpalette()),
           where)  # fmt: skip
    _equal(left.tobytes(), right.tobytes(), where)
    _same(left.info, right.info, f"{where} info")


def _same_bytes(left: Any, right: Any, where: str) -> None:
    _equal((left.typecode, left.tobytes()), (right.typecode, right.tobytes()), where)


_COMPARISONS: list[tuple[Any, Any]] = [
    (np.ma.core.MaskedConstant, lambda left, right, where: _equal(left is right, True, where)),
    (np.ma.MaskedArray, _masked),
    (np.ndarray, _ndarray),
    (np.generic, _scalar),
    ((np.dtype, pd.api.extensions.ExtensionDtype), _dtype),
    (pd.Index, _index),
    ((pd.Series, pd.DataFrame), _labelled),
    (pd.api.extensions.ExtensionArray, _extension),
    ((pa.Table, pa.RecordBatch, pa.Array, pa.ChunkedArray, pa.Scalar, pa.Schema, pa.Field), _arrow),
    ((pl.DataFrame, pl.Series), _polars),
    (sp.sparray, _sparse),
    (sp.spmatrix, _sparse),
    (Image.Image, _image),
    (array.array, _same_bytes),
    ((str, bytes, bytearray), _equal),
    (float, _bits),
    (complex, _complex),
    (pd.Timestamp, lambda left, right, where: (
        _time(left, right, where), _equal(left.unit, right.unit, where))),
    (pd.Timedelta, lambda left, right, where: (
        _equal(left, right, where), _equal(left.unit, right.unit, where))),
    (type(pd.NaT), lambda left, right, where: None),
    (__import__("datetime").datetime, _time),
    (__import__("datetime").time, _time),
    (__import__("decimal").Decimal, lambda left, right, where: _equal(
        left.as_tuple(), right.as_tuple(), where)),
    (dict, _mapping),
    ((set, frozenset), _set),
    ((list, tuple, __import__("collections").deque), _sequence),
]  # fmt: skip
