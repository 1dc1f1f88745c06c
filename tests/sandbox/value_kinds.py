"""One maker for each kind of value that crosses the sandbox's border."""

from __future__ import annotations

import array
import collections
import datetime as dt
import decimal
import fractions
import ipaddress
import pathlib
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sp
from PIL import Image

Kind = tuple[str, Callable[[], Any]]
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
Point = collections.namedtuple("Point", "x y")
RNG_SEED = 7


def with_attrs(frame: Any, **attrs: Any) -> Any:
    """Set attrs and return the object."""
    frame.attrs.update(attrs)
    return frame


def mixed_frame() -> pd.DataFrame:
    """A frame with a column of most dtypes, duplicate and odd labels."""
    frame = pd.DataFrame(
        {
            "i": [1, 2, 3],
            "f": [1.5, np.nan, -0.0],
            "s": ["a", None, "ü"],
            "b": [True, False, True],
            "t": pd.date_range("2024-01-01", periods=3, tz="Europe/Berlin"),
            "c": pd.Categorical(["x", "y", None], categories=["y", "x", "z"], ordered=True),
            "o": pd.Series([1, "two", None], dtype=object),
            "m": pd.array([1, None, 3], dtype="Int64"),
            "i2": [4, 5, 6],
        }
    )
    frame.columns = pd.Index(
        ["a", "a", 3, None, ("t", 1), 1.5, "b", "c", dt.date(2024, 1, 1)], dtype=object
    )
    return frame


def rgba_image() -> Any:
    """A small image with an alpha channel and a note."""
    image = Image.frombytes("RGBA", (3, 2), bytes(range(24)))
    image.info["dpi"] = (72, 72)
    return image


def palette_image() -> Any:
    """An image of indexed colours."""
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 255, 10, 20])
    return image


def multi_indexed() -> pd.DataFrame:
    """MultiIndex on both axes, an unused level value and a missing one."""
    rows = pd.MultiIndex.from_tuples(
        [("a", 1), ("a", 2), ("b", 1), ("c", 9)], names=["k", ("odd", "name")]
    )
    columns = pd.MultiIndex.from_product([["x", "y"], [1.0, 2.0]], names=[None, "z"])
    return pd.DataFrame(np.arange(16.0).reshape(4, 4), rows, columns).iloc[:3]


PLAIN: list[Kind] = [
    ("None", lambda: None),
    ("bool", lambda: True),
    ("int", lambda: -42),
    ("int 64 bit edges", lambda: [2**63 - 1, -(2**63), 2**63, -(2**63) - 1]),
    ("int huge", lambda: 10**6000 + 7),
    ("int huge negative", lambda: -(3**20_000)),
    ("float", lambda: 0.1),
    ("float specials", lambda: [float("nan"), float("inf"), float("-inf"), -0.0, 5e-324]),
    ("complex", lambda: complex(-0.0, float("nan"))),
    ("str", lambda: "Grüße, \u2028 \x00 🎉"),
    ("str lone surrogates", lambda: "\ud83d\ude00 \udcff"),
    ("str long", lambda: "aé🎉" * 5_000),
    ("bytes", lambda: bytes(range(256))),
    ("bytes long", lambda: bytes(range(256)) * 100),
    ("bytearray", lambda: bytearray(b"abc")),
    ("range", lambda: range(10**30, -5, -3)),
    ("slice", lambda: slice(None, 3, "x")),
    ("Ellipsis", lambda: ...),
    ("NotImplemented", lambda: NotImplemented),
    ("builtin type", lambda: [int, dict, type(None)]),
    ("list empty", list),
    ("list nested", lambda: [1, [2.0, ["3", [None, [True]]]]]),
    ("list of ints", lambda: list(range(-50, 50))),
    ("list of big ints", lambda: [2**70 + at for at in range(50)]),
    ("list of floats", lambda: [0.1 * at for at in range(100)] + [float("nan"), -0.0]),
    ("list of bools", lambda: [True, False] * 20),
    ("list ints and bools", lambda: [True, 0, 1] * 20),
    ("list of strings", lambda: ["", "ä", "\udc80", None, float("nan"), "x" * 300] * 10),
    ("list strings and floats", lambda: ["a", 1.5] * 20),
    ("tuple", lambda: (1, ("a",), ())),
    ("set", lambda: {1, "a", (2, 3), None}),
    ("set of NaNs", lambda: {float("nan"), float("nan"), (float("nan"),), (float("nan"),)}),
    ("frozenset", lambda: frozenset(range(100))),
    ("dict", lambda: {"b": 1, "a": [2], 3: {None: "x"}, (1, "t"): 2.5, frozenset({1}): set()}),
    ("dict long", lambda: {f"k{at}": float(at) for at in range(2_000)}),
    ("dict nan keys", lambda: {float("nan"): 1, "x": 2}),
    ("dict several NaN keys", lambda: {float("nan"): 1, float("nan"): 2, (float("nan"),): 3}),
    ("records", lambda: [{"n": at, "s": str(at), "f": at / 2} for at in range(50)]),
    ("shared reference", lambda: [[1]] * 3),
    ("deep", lambda: __import__("functools").reduce(lambda inner, _: [inner], range(90), "x")),
]  # fmt: skip

STANDARD: list[Kind] = [
    ("datetime", lambda: dt.datetime(2024, 2, 29, 23, 59, 59, 999_999)),
    ("datetime utc", lambda: dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
    ("datetime zoneinfo fold", lambda: dt.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=1)),
    ("datetime offset", lambda: dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-3)))),
    ("timezone named", lambda: dt.timezone(dt.timedelta(seconds=61, microseconds=5), "odd")),
    ("zoneinfo", lambda: BERLIN),
    ("date", lambda: dt.date(9999, 12, 31)),
    ("time", lambda: dt.time(1, 2, 3, 4, tzinfo=dt.UTC, fold=1)),
    ("timedelta", lambda: dt.timedelta(-5, 3, 1)),
    ("Decimal", lambda: [decimal.Decimal(text) for text in ("1.10", "-0", "NaN", "1E+999999")]),
    ("Fraction", lambda: fractions.Fraction(-(10**30), 7)),
    ("UUID", lambda: uuid.UUID(int=7)),
    ("paths", lambda: [pathlib.PurePosixPath("/a/b"), pathlib.PureWindowsPath("c:\\x")]),
    ("Path", lambda: pathlib.Path("data") / "tips.csv"),
    ("ip addresses", lambda: [ipaddress.ip_address("::1"), ipaddress.ip_network("10.0.0.0/8")]),
    ("deque", lambda: collections.deque([1, "a"], maxlen=5)),
    ("OrderedDict", lambda: collections.OrderedDict(b=1, a=2)),
    ("defaultdict", lambda: collections.defaultdict(list, {"a": [1]})),
    ("defaultdict without default", lambda: collections.defaultdict(None, {"a": 1})),
    ("Counter", lambda: collections.Counter("mississippi")),
    ("namedtuple", lambda: [Point(1, Point("a", None)), Point(2, 3)]),
    (
        "namedtuple renamed",
        lambda: list(pd.DataFrame({"day": ["Sun"], "tip pct": [0.1]}).itertuples()),
    ),
    ("array.array", lambda: array.array("d", [1.5, float("nan")])),
]

NUMPY: list[Kind] = [
    *[
        (f"array {name}", lambda name=name: np.array([0, 1, 2, 100]).astype(name))
        for name in ("bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8",
                     "longdouble", "c8", "c16", "clongdouble", "longlong", ">i4", ">f8",
                     "M8[D]", "M8[25s]", "m8[ns]", "M8[Y]", "m8")
    ],
    ("array str", lambda: np.array(["a", "ü🎉", ""])),
    ("array bytes", lambda: np.array([b"ab", b"\x00c"])),
    ("array void", lambda: np.array([b"abc"], dtype="V3")),
    ("array StringDType", lambda: np.array([["a", "ü" * 50]], dtype=np.dtypes.StringDType())),
    ("array StringDType na",
     lambda: np.array(["a", None], dtype=np.dtypes.StringDType(na_object=None))),
    ("array 0-d", lambda: np.array(3.5)),
    ("array empty", lambda: np.empty((0, 3))),
    ("array 3-d", lambda: np.arange(24.0).reshape(2, 3, 4)),
    ("array Fortran", lambda: np.asfortranarray(np.arange(6).reshape(2, 3))),
    ("array strided", lambda: np.arange(20)[::3]),
    ("array no bytes", lambda: np.zeros(3, dtype="S0")),
    ("array nat", lambda: np.array(["2024-01-01", "NaT"], dtype="M8[ms]")),
    ("array structured",
     lambda: np.array([(1, 2.5, "a")], dtype=[("x", "i2"), ("y", "f8"), ("z", "U3")])),
    ("array aligned nested", lambda: np.zeros(2, dtype=np.dtype(
        [("a", "u1"), ("b", [("c", "f8", (2, 3)), ("d", "M8[s]")])], align=True))),
    ("array titled", lambda: np.zeros(2, dtype=[(("title", "a"), "i4"), ("b", "?")])),
    ("recarray", lambda: np.rec.array([(1, 2.0)], dtype=[("x", "i4"), ("y", "f8")])),
    ("array objects", lambda: np.array([[1, "a"], [None, np.float64(2)]], dtype=object)),
    ("array of arrays", lambda: pd.Series([np.arange(2), np.arange(3)]).to_numpy()),
    ("masked array", lambda: np.ma.array([1, 2, 3], mask=[0, 1, 0], fill_value=99)),
    ("masked nomask", lambda: np.ma.array([1.5, 2.5])),
    ("masked hard", lambda: np.ma.array([1, 2], mask=[1, 0], hard_mask=True)),
    ("masked constant", lambda: np.ma.masked),
    ("matrix", lambda: np.arange(4).reshape(2, 2).view(np.matrix)),
    *[
        (f"scalar {name}", lambda name=name: getattr(np, name)(1))
        for name in ("bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
                     "uint64", "longlong", "float16", "float32", "float64", "longdouble",
                     "complex64", "complex128", "clongdouble")
    ],
    ("scalar nan", lambda: [np.float64("nan"), np.float32("-inf")]),
    ("scalar datetime64", lambda: [np.datetime64("2024-01-01"), np.datetime64("NaT")]),
    ("scalar timedelta64", lambda: np.timedelta64(3, "25s")),
    ("scalar str", lambda: [np.str_("ü"), np.bytes_(b"x")]),
    ("scalar void", lambda: np.array([(1, 2.5)], dtype=[("x", "i4"), ("y", "f8")])[0]),
    ("dtypes", lambda: [np.dtype("f8"), np.dtype(object), np.dtype([("a", ">i4")])]),
]  # fmt: skip

PANDAS_ARRAYS: list[Kind] = [
    ("str nan pyarrow", lambda: pd.array(["a", None, "ü"], dtype="str")),
    *[
        (f"string {storage} {marker!r}", lambda storage=storage, marker=marker: pd.array(
            ["a", None] * 20, dtype=pd.StringDtype(storage, na_value=marker)))
        for storage in ("python", "pyarrow")
        for marker in (np.nan, pd.NA)
    ],
    *[
        (f"masked {name}", lambda name=name: pd.array([1, None, 0], dtype=name))
        for name in ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64",
                     "Float32", "Float64", "boolean")
    ],
    ("categorical", lambda: pd.Categorical(["b", None], categories=["c", "b"], ordered=True)),
    ("categorical ints", lambda: pd.Categorical([3, 1, 3])),
    ("categorical dates", lambda: pd.Categorical(pd.date_range("2024", periods=3, tz="UTC"))),
    ("datetimes tz", lambda: pd.date_range("2024-10-26", periods=3, tz=BERLIN).array),
    ("datetimes unit s", lambda: pd.DatetimeIndex(["2024", None]).as_unit("s").array),
    ("timedeltas", lambda: pd.to_timedelta(["1D", None]).as_unit("ms").array),
    ("periods", lambda: pd.array(pd.PeriodIndex(["2024-01", None], freq="M"))),
    ("intervals", lambda: pd.arrays.IntervalArray.from_tuples([(0, 1), None], closed="both")),
    ("intervals of times", lambda: pd.interval_range(
        pd.Timestamp("2024"), periods=3, freq="D").array),
    ("sparse", lambda: pd.arrays.SparseArray([0, 0, 5], fill_value=0)),
    ("sparse block nan", lambda: pd.arrays.SparseArray([np.nan, 1.5, 2], kind="block")),
    ("sparse bool", lambda: pd.arrays.SparseArray([False, True], fill_value=False)),
    ("arrow list", lambda: pd.array([[1], None], dtype=pd.ArrowDtype(pa.list_(pa.int64())))),
    ("arrow decimal", lambda: pd.array(
        [decimal.Decimal("1.2")], dtype=pd.ArrowDtype(pa.decimal128(10, 2)))),
    *[
        (f"arrow {name}", lambda name=name: pd.array(
            ["a", None, "ü"], dtype=pd.ArrowDtype(getattr(pa, name)())))
        for name in ("string", "large_string", "string_view")
    ],
    ("arrow binary", lambda: pd.array([b"a", None], dtype=pd.ArrowDtype(pa.binary()))),
    ("arrow dictionary", lambda: pd.array(
        ["a", None], dtype=pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())))),
    ("arrow timestamp", lambda: pd.array(
        [dt.datetime(2024, 1, 1)], dtype=pd.ArrowDtype(pa.timestamp("us", "Europe/Berlin")))),
    ("numpy extension", lambda: pd.arrays.NumpyExtensionArray(np.array([1, 2]))),
]  # fmt: skip

PANDAS: list[Kind] = [
    *[(f"pandas array {name}", make) for name, make in PANDAS_ARRAYS],
    *[(f"Series of {name}", lambda make=make, name=name: pd.Series(make(), name=name))
      for name, make in PANDAS_ARRAYS],
    *[(f"Index of {name}", lambda make=make: pd.Index(make(), name=("a", 1)))
      for name, make in PANDAS_ARRAYS if "list" not in name],
    ("frame mixed", mixed_frame),
    ("frame floats", lambda: pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=list("abc"))),
    ("frame float columns", lambda: pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})),
    ("frame two dtypes", lambda: pd.DataFrame({"a": [1.0], "b": [1], "c": [2.0], "d": [True]})),
    ("frame datetimes", lambda: pd.DataFrame({
        "s": np.array([1, 2], "M8[s]"), "ns": np.array([1, 2], "M8[ns]"),
        "td": np.array([1, 2], "m8[ms]")})),
    ("frame complex and small", lambda: pd.DataFrame({
        "c": [1j], "f": np.array([1], "f4"), "u": np.array([1], "u1")})),
    ("frame empty", pd.DataFrame),
    ("frame without rows", lambda: mixed_frame().iloc[:0]),
    ("frame without columns", lambda: pd.DataFrame(index=pd.Index(["a", "b"], name="n"))),
    ("frame multi-indexed", multi_indexed),
    ("frame pivot", lambda: pd.DataFrame({
        "d": pd.Categorical(["Sun", "Sat", "Sun"]), "t": ["L", "D", "D"], "p": [1.0, 2, 3],
    }).pivot_table("p", "d", "t", observed=False)),
    ("frame describe", lambda: mixed_frame().iloc[:, [0, 2]].describe(include="all")),
    ("frame attrs flags", lambda: with_attrs(pd.DataFrame({"a": [1]}), source="x", n=[1, {2: 3}])
     .set_flags(allows_duplicate_labels=False)),
    ("frame of objects", lambda: pd.DataFrame(
        {"a": ["x", "y"], "b": [[1], {"k": np.int64(2)}]}, dtype=object)),
    ("frame object strings", lambda: pd.DataFrame({"a": ["x", None, np.nan] * 10}, dtype=object)),
    ("frame nested in frame", lambda: pd.DataFrame({"f": [pd.DataFrame({"a": [1]}), None]})),
    ("frame by row slice", lambda: pd.DataFrame(np.arange(20).reshape(10, 2)).iloc[1:9:2]),
    ("frame with frequency", lambda: pd.DataFrame(
        {"v": [1, 2, 3]}, index=pd.date_range("2024", periods=3, freq="W-MON", name="week"))),
    ("frame sparse", lambda: pd.DataFrame.sparse.from_spmatrix(sp.eye_array(3, format="csr"))),
    ("frame from polars", lambda: pl.DataFrame({"s": ["a", None], "n": [1, None]}).to_pandas(
        use_pyarrow_extension_array=True)),
    ("frame from Arrow", lambda: pa.table({"s": ["a", None], "n": [1, None]}).to_pandas(
        types_mapper=pd.ArrowDtype)),
    ("frame wide", lambda: pd.DataFrame(np.ones((2, 300), "f4"))),
    ("series plain", lambda: pd.Series([1.5, 2.5], index=["a", "b"], name="x")),
    ("series objects", lambda: pd.Series([1, "a", None, pd.NA, pd.NaT, np.nan], dtype=object)),
    ("series of strings as objects", lambda: pd.Series(["a", "b"], dtype=object)),
    ("series of periods named", lambda: pd.Series(pd.period_range("2024", periods=2, freq="Q"))),
    ("series dtypes", lambda: mixed_frame().dtypes),
    ("series attrs", lambda: with_attrs(pd.Series([1]), unit="kg")),
    ("series value counts", lambda: pd.Series(["a", "b", "a"]).value_counts()),
    ("series of half floats", lambda: pd.Series(np.array([1.5, 2], "f2"))),
    ("index range", lambda: pd.RangeIndex(3, 10**17, 7, name="r")),
    ("index int", lambda: pd.Index([1, 2], dtype="int32")),
    ("index float", lambda: pd.Index([1.5, np.nan])),
    ("index bool", lambda: pd.Index([True, False])),
    ("index str", lambda: pd.Index(["a", None], name="n")),
    ("index objects", lambda: pd.Index([("a", 1), "b", None], dtype=object, tupleize_cols=False)),
    ("index object strings", lambda: pd.Index(["a", "b"], dtype=object)),
    ("index datetimes freq tz",
     lambda: pd.date_range("2024-03-30", periods=3, freq="D", tz=BERLIN)),
    ("index datetimes no freq", lambda: pd.DatetimeIndex(["2024-01-01", "2024-01-03", "NaT"])),
    ("index timedeltas freq", lambda: pd.timedelta_range("1h", periods=3, freq="h")),
    ("index periods", lambda: pd.period_range("2024", periods=3, freq="Y-MAR", name="p")),
    ("index intervals", lambda: pd.cut([1, 5, 9], 3).categories),
    ("index categories", lambda: pd.CategoricalIndex(["a", "b"], ordered=True, name="c")),
    ("multi-index dates", lambda: pd.MultiIndex.from_product(
        [pd.date_range("2024", periods=2), pd.Categorical(["x", "y"])], names=["d", "c"])),
    ("multi-index missing", lambda: pd.MultiIndex.from_arrays([[1, None], ["a", None]])),
    ("Timestamp", lambda: [pd.Timestamp("2024-01-01 01:02:03.123456789"), pd.Timestamp("1500")]),
    ("Timestamp tz", lambda: pd.Timestamp("2024-10-27 01:30", tz="UTC").tz_convert(BERLIN)),
    ("Timestamp unit", lambda: pd.Timestamp("2024").as_unit("s")),
    ("Timedelta", lambda: [pd.Timedelta("-1D"), pd.Timedelta(5, "ms").as_unit("ms")]),
    ("Period", lambda: pd.Period("2024-05", freq="M")),
    ("Interval", lambda: [pd.Interval(0, 1.5, "left"), pd.Interval(pd.Timestamp("2024"),
                                                                  pd.Timestamp("2025"))]),
    ("NaT NA", lambda: [pd.NaT, pd.NA]),
    ("offset", lambda: pd.tseries.frequencies.to_offset("2QE-FEB")),
    ("pandas dtypes", lambda: [
        pd.CategoricalDtype(["a"], True), pd.CategoricalDtype(), pd.Int8Dtype(),
        pd.DatetimeTZDtype("us", BERLIN), pd.StringDtype("python"), pd.PeriodDtype("D"),
        pd.IntervalDtype("int64", "left"), pd.SparseDtype("f8"), pd.ArrowDtype(pa.string())]),
]  # fmt: skip

ARROW: list[Kind] = [
    (
        "pa table",
        lambda: pa.table({"a": [1, None], "b": ["x", "y"]}).replace_schema_metadata({"k": "v"}),
    ),
    ("pa table of chunks", lambda: pa.concat_tables([pa.table({"a": [1]}), pa.table({"a": [2]})])),
    (
        "pa table from pandas",
        lambda: pa.Table.from_pandas(mixed_frame().iloc[:, [0, 5]].set_axis(["i", "c"], axis=1)),
    ),
    ("pa batch", lambda: pa.record_batch({"a": pa.array([1.5], pa.float16())})),
    ("pa array", lambda: pa.array([[1], None, [2, 3]])),
    ("pa array sliced", lambda: pa.array(list(range(100)))[40:60]),
    ("pa dictionary", lambda: pa.array(["a", "b", "a", None]).dictionary_encode()),
    (
        "pa struct map",
        lambda: pa.array([[("k", {"v": 1})]], pa.map_(pa.string(), pa.struct([("v", pa.int8())]))),
    ),
    (
        "pa union",
        lambda: pa.UnionArray.from_sparse(
            pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]
        ),
    ),
    ("pa run-end encoded", lambda: pa.RunEndEncodedArray.from_arrays([2, 5], ["a", "b"])),
    ("pa views", lambda: pa.array(["a", "long " * 20], pa.string_view())),
    ("pa null", lambda: pa.nulls(5)),
    ("pa chunked", lambda: pa.chunked_array([[1], [2, 3]])),
    ("pa chunked empty", lambda: pa.chunked_array([], pa.int8())),
    ("pa scalar", lambda: [pa.scalar(5), pa.scalar(None, pa.string()), pa.scalar([1, 2])]),
    ("pa schema", lambda: pa.schema([pa.field("a", pa.int8(), False, {"m": "1"})], {"k": "v"})),
    ("pa field type", lambda: [pa.field("a", pa.int8()), pa.decimal256(50, 3)]),
    ("pa timestamps", lambda: pa.array([dt.datetime(2024, 1, 1)], pa.timestamp("ns", "UTC"))),
]


def polars_frame() -> pl.DataFrame:
    """A column of each polars dtype."""
    return pl.DataFrame(
        {
            "i": [1, None], "s": ["a", None], "f": [1.5, float("nan")], "b": [True, None],
            "cat": pl.Series(["x", "y"], dtype=pl.Categorical),
            "enum": pl.Series(["x", "y"], dtype=pl.Enum(["y", "x", "z"])),
            "list": [[1], [2, 3]], "struct": [{"a": 1, "b": "x"}, {"a": 2, "b": None}],
            "array": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int64, 2)),
            "dec": [decimal.Decimal("1.23"), None], "dur": [dt.timedelta(1), None],
            "time": [dt.time(1), None], "date": [dt.date(2020, 1, 1), None],
            "tz": pl.Series([dt.datetime(2020, 1, 1), None]).dt.replace_time_zone("Europe/Berlin"),
            "bin": [b"x", None], "null": [None, None],
            "i128": pl.Series([2**100, None], dtype=pl.Int128),
            "f16": pl.Series([1.5, None], dtype=pl.Float16),
            "le": pl.Series([["a"], None], dtype=pl.List(pl.Enum(["a"]))),
        }
    )  # fmt: skip


OTHER: list[Kind] = [
    ("pl frame", polars_frame),
    ("pl frame empty", pl.DataFrame),
    ("pl frame without rows", lambda: polars_frame().clear()),
    ("pl frame chunked", lambda: pl.concat([polars_frame()] * 2, rechunk=False)),
    *[(f"pl series {name}", lambda name=name: polars_frame()[name])
      for name in polars_frame().columns],
    ("pl schema", lambda: polars_frame().schema),
    ("pl dtype", lambda: [pl.Int8(), pl.Datetime("ms", "UTC")]),
    *[
        (f"sparse {form} {flavour}", lambda form=form, flavour=flavour: getattr(
            sp, f"{form}_{flavour}")(np.array([[0, 1.5, 0, 0], [2, 0, 0, 3]])))
        for form in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok")
        for flavour in ("array", "matrix")
    ],
    ("sparse empty", lambda: sp.csr_array((5, 4), dtype="int8")),
    ("sparse 1-d", lambda: sp.coo_array(np.array([0, 1, 0, 2]))),
    ("sparse long indices", lambda: sp.csr_array(
        (np.ones(1), np.array([0], "i8"), np.array([0, 1], "i8")), shape=(1, 2**40))),
    ("image RGBA", rgba_image),
    ("image palette", palette_image),
    *[(f"image {mode}", lambda mode=mode: Image.new(mode, (5, 3), 1))
      for mode in ("1", "L", "I", "F", "I;16", "RGB", "CMYK", "HSV")],
    ("result dict", lambda: {"table": mixed_frame(), "model": {"coef": np.ones(3), "r2": 0.5},
                             "when": pd.Timestamp("2024"), "note": ["ok", 1]}),
]  # fmt: skip

KINDS: list[Kind] = [*PLAIN, *STANDARD, *NUMPY, *PANDAS, *ARROW, *OTHER]

A = "np.arange(12.0) + np.sin(np.arange(12))"
B = "np.arange(12.0) * 1.2 + np.cos(np.arange(12))"
FIT = f"sm.OLS({B}, sm.add_constant({A})).fit()"
MADE_HEADER = """
import argparse, collections, dataclasses, enum, time, types, typing
import numpy as np
import scipy.integrate, scipy.optimize
import statsmodels.api as sm
from scipy import stats
from sklearn.datasets import load_iris
from statsmodels.stats.multicomp import pairwise_tukeyhsd

class Colour(enum.Enum):
    RED = 1

@dataclasses.dataclass
class Person:
    name: str
    scores: list

class Pair(typing.NamedTuple):
    x: int
    y: int
    def total(self):
        return self.x + self.y
"""
MADE: dict[str, str] = {
    "scipy ttest_ind": f"stats.ttest_ind({A}, {B})",
    "scipy ttest_rel": f"stats.ttest_rel({A}, {B})",
    "scipy pearsonr": f"stats.pearsonr({A}, {B})",
    "scipy spearmanr": f"stats.spearmanr({A}, {B})",
    "scipy kendalltau": f"stats.kendalltau({A}, {B})",
    "scipy wilcoxon": f"stats.wilcoxon({A}, {B})",
    "scipy mannwhitneyu": f"stats.mannwhitneyu({A}, {B})",
    "scipy chi2_contingency": "stats.chi2_contingency([[10, 20], [30, 25]])",
    "scipy chisquare": "stats.chisquare([10, 20, 30])",
    "scipy fisher_exact": "stats.fisher_exact([[1, 2], [3, 4]])",
    "scipy linregress": f"stats.linregress({A}, {B})",
    "scipy f_oneway": f"stats.f_oneway({A}, {B})",
    "scipy kruskal": f"stats.kruskal({A}, {B})",
    "scipy shapiro": f"stats.shapiro({A})",
    "scipy kstest": f"stats.kstest({A}, 'norm')",
    "scipy anderson": f"stats.anderson({A}, method='interpolate')",
    "scipy levene": f"stats.levene({A}, {B})",
    "scipy describe": f"stats.describe({A})",
    "scipy mode": f"stats.mode({A})",
    "scipy binomtest": "stats.binomtest(3, 10)",
    "scipy tukey_hsd": f"stats.tukey_hsd({A}, {B})",
    "scipy bootstrap": f"stats.bootstrap(({A},), np.mean, n_resamples=9)",
    "scipy ecdf": f"stats.ecdf({A})",
    "scipy minimize": "scipy.optimize.minimize(lambda x: (x ** 2).sum(), [1.0, 2.0])",
    "scipy minimize L-BFGS-B": "scipy.optimize.minimize("
    "lambda x: (x ** 2).sum(), [1.0, 2.0], method='L-BFGS-B')",
    "scipy curve_fit": f"scipy.optimize.curve_fit(lambda x, a, b: a * x + b, {A}, {B})",
    "scipy root": "scipy.optimize.root(lambda x: x - 1, [2.0])",
    "scipy root_scalar": "scipy.optimize.root_scalar(lambda x: x - 1, bracket=[0, 3])",
    "scipy linprog": "scipy.optimize.linprog([1, 2], A_ub=[[-1, -1]], b_ub=[-1])",
    "scipy solve_ivp": "scipy.integrate.solve_ivp(lambda t, y: -y, [0, 1], [1.0])",
    "scipy quad": "scipy.integrate.quad(np.sin, 0, 1)",
    "statsmodels Tukey": f"pairwise_tukeyhsd(np.r_[{A}, {B}], ['x'] * 12 + ['y'] * 12)",
    "statsmodels table": f"{FIT}.summary().tables[1]",
    "statsmodels t_test": f"{FIT}.t_test([0, 1])",
    "statsmodels f_test": f"{FIT}.f_test([0, 1])",
    "sklearn Bunch": "load_iris()",
    "dict keys": "{'a': 1, 'b': 2}.keys()",
    "dict values": "{'a': 1, 'b': [2]}.values()",
    "dict items": "{'a': 1, 'b': [2]}.items()",
    "OrderedDict items": "collections.OrderedDict(a=1).items()",
    "enum member": "Colour.RED",
    "dataclass made there": "Person('Ann', [1.5])",
    "NamedTuple with methods": "Pair(1, 2)",
    "SimpleNamespace": "types.SimpleNamespace(a=1)",
    "argparse Namespace": "argparse.Namespace(a=1)",
    "struct_time": "time.gmtime(0)",
}
"""Results that code makes: the class stays there, and what comes back prints the same."""
