"""Payloads made by hand to break, exhaust or trick the decoder, by the module that reads them."""

from __future__ import annotations

import io
import json
import pickle
import struct
from typing import Any

import numpy as np
import pyarrow as pa

from sandbox.runner.shared.limits import MAGIC, PREAMBLE, padding

HUGE = 10**12


def payload(node: Any, *attachments: bytes) -> bytes:
    """Make a payload by hand; ``node`` may be JSON text as well."""
    text = node if isinstance(node, str) else json.dumps(node)
    return assemble(f"[{[len(data) for data in attachments]},{text}]".encode(), *attachments)


def assemble(tree: bytes, *attachments: bytes) -> bytes:
    data = PREAMBLE.pack(MAGIC, len(tree)) + tree
    for attachment in attachments:
        data += bytes(padding(len(data))) + attachment
    return data


def array_node(dtype: Any, shape: list[int], number: int | None = 0, order: Any = "C") -> list[Any]:
    return ["np.array", dtype, shape, order, number]


def stream(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    write = pa.ipc.IpcWriteOptions(allow_64bit=True, **options)
    with pa.ipc.new_stream(sink, table.schema, options=write) as out:
        out.write_table(table)
    return sink.getvalue()


def nulls(length: int) -> pa.Array:
    # pa.nulls() would allocate a bit for each.
    return pa.Array.from_buffers(pa.null(), length, [None])


WIDTH = 2**31 - 1
INTS = struct.pack("<3q", 0, 1, 2)
THREE = array_node("<i8", [3])
THREE_MORE = array_node("<i8", [3], 1)
COLUMN = array_node("<i8", [1, 3])
INDEX = ["pd.index", THREE, None, None]
ROWS = ["pd.range", 0, 3, 1, None]
TWO = ["pd.range", 0, 2, 1, None]
ATTRS = ["dict", ["j", []], ["j", []]]
COLLIDING = ["j", [["int", format(at * (2**61 - 1), "x")] for at in range(1, 1_500)]]
OBJECT_NPY = io.BytesIO()
np.save(OBJECT_NPY, np.array([print], dtype=object), allow_pickle=True)

MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "pickle": pickle.dumps(print),
    "npy of pickled objects": OBJECT_NPY.getvalue(),
    "magic alone": MAGIC,
    "other version": PREAMBLE.pack(b"\x93CGVAL\x02\n", 9) + b"[[],null]",
    "tree longer than payload": PREAMBLE.pack(MAGIC, 2**63) + b"[[],null]",
    "trailing bytes": assemble(b"[[],null]") + b"x",
    "not ascii": assemble('[[],"é"]'.encode()),
    "not json": assemble(b"[[],nul"),
    "json nan": assemble(b"[[],NaN]"),
    "json infinity": assemble(b"[[],-Infinity]"),
    "json object": assemble(b'[[],{"a":1}]'),
    "json object with duplicates": assemble(b'[[],{"a":1,"a":2}]'),
    "json int of many digits": assemble(b"[[]," + b"9" * 5_000 + b"]"),
    "json deep": assemble(b"[[]," + b"[" * 100_000),
    "json deep closed": assemble(b"[[]," + b"[" * 50_000 + b"]" * 50_000 + b"]"),
    "nodes deep": payload('["list",["j",[' * 250 + "]]]" * 250),
    "tree a scalar": assemble(b"5"),
    "tree of three": assemble(b"[[],1,2]"),
    "sizes a scalar": assemble(b"[5,null]"),
    "size negative": assemble(b"[[-1],null]"),
    "size boolean": assemble(b"[[true],null]"),
    "size a float": assemble(b"[[1.0],null]"),
    "size huge": assemble(b"[[9223372036854775807],null]"),
    "sizes out of range": assemble(b"[[10,10],null]", b"x" * 10),
    "attachment unused": payload(None, b"abc"),
    "attachment used twice": payload(["list", ["j", [["bytes", 0], ["bytes", 0]]]], b"abc"),
    "attachment negative": payload(["bytes", -1], b"abc"),
    "attachment unknown": payload(["bytes", 1], b"abc"),
    "node empty": payload([]),
    "tag unknown": payload(["os.system", "true"]),
    "tag no string": payload([["list"], []]),
    "arguments missing": payload(["list"]),
    "arguments too many": payload(["list", ["j", []], 1]),
}  # fmt: skip
BUILTIN: dict[str, bytes] = {
    "hex odd": payload(["bytes", "abc"]),
    "int underscore": payload(["int", "1_0"]),
    "int empty": payload(["int", ""]),
    "float name": payload(["float", "1.5"]),
    "complex of text": payload(["complex", "1", 2.0]),
    "range step zero": payload(["range", 1, 2, 0]),
    "type not listed": payload(["type", "eval"]),
    "defaultdict of eval": payload(["defaultdict", "eval", ["j", []], ["j", []]]),
    "dict unhashable": payload(["dict", ["j", [["list", ["j", []]]]], ["j", [1]]]),
    "dict duplicate": payload(["dict", ["j", ["a", "a"]], ["j", [1, 2]]]),
    "dict lengths": payload(["dict", ["j", ["a"]], ["j", []]]),
    "dict colliding": payload(["dict", COLLIDING, COLLIDING]),
    "set colliding": payload(["set", COLLIDING]),
    "set duplicate": payload(["set", ["j", [1, 1.0]]]),
    "strings do not add up": payload(["list", ["s", 0, 1]], struct.pack("<2q", 1, 5), b"ab"),
    "strings negative": payload(["list", ["s", 0, 1]], struct.pack("<2q", -3, 2), b"ab"),
    "strings overflow": payload(["list", ["s", 0, 1]], struct.pack("<2q", 2**62, 2**62), b"ab"),
    "strings not utf-8": payload(["list", ["s", 0, 1]], struct.pack("<q", 1), b"\xff"),
    "numbers odd": payload(["list", ["q", 0]], b"abc"),
}  # fmt: skip
STDLIB: dict[str, bytes] = {
    "namedtuple code": payload(["namedtuple", "x", ["a=print(1)"], ["j", [1]]]),
    "namedtuple keyword": payload(["namedtuple", "x", ["lambda"], ["j", [1]]]),
    "namedtuple normalised": payload(["namedtuple", "x", ["fi", "\ufb01"], ["j", [1, 2]]]),
    "namedtuple private": payload(["namedtuple", "x", ["__class__"], ["j", [1]]]),
    "namedtuple underscore": payload(["namedtuple", "x", ["a", "_2"], ["j", [1, 2]]]),
    "namedtuple field twice": payload(["namedtuple", "x", ["a", "a"], ["j", [1, 2]]]),
    "namedtuple count": payload(["namedtuple", "x", ["a"], ["j", [1, 2]]]),
    "namedtuple classes": payload(["list", ["j", [
        ["namedtuple", f"x{at}", [], ["j", []]] for at in range(300)]]]),
    "fraction huge": payload(["fraction", ["int", "f" * 20_000], 1]),
    "fraction by zero": payload(["fraction", 1, 0]),
    "decimal text": payload(["decimal", "abc"]),
    "datetime month": payload(["datetime", 2024, 13, 1, 0, 0, 0, 0, 0, None]),
    "datetime text": payload(["datetime", "2024", 1, 1, 0, 0, 0, 0, 0, None]),
    "timedelta overflow": payload(["timedelta", 2**62, 0, 0]),
    "zone path": payload(["zone", "../../etc/passwd"]),
    "zone absolute": payload(["zone", "/etc/localtime"]),
    "zone module": payload(["zone", "os.path/x"]),
    "zone unknown": payload(["zone", "Nowhere/Land"]),
    "path kind": payload(["path", "open", "/etc/passwd"]),
    "uuid text": payload(["uuid", "zz"]),
    "ip text": payload(["ip", "IPv4Address", "x"]),
    "array typecode": payload(["array", "u", 4, 0], b"abcd"),
}  # fmt: skip
RECORDS: dict[str, bytes] = {
    "field code": payload(["rec.object", "m.R", ["a=print(1)"], ["j", [1]], None]),
    "field special": payload(["rec.object", "m.R", ["__class__"], ["j", [1]], None]),
    "field of ours": payload(["rec.object", "m.R", ["_origin"], ["j", [1]], None]),
    "field twice": payload(["rec.object", "m.R", ["a", "a"], ["j", [1, 2]], None]),
    "field number": payload(["rec.object", "m.R", [1], ["j", [1]], None]),
    "fields many": payload(["rec.object", "m.R", [f"f{at}" for at in range(2_000)],
                            ["j", [1] * 2_000], None]),
    "values missing": payload(["rec.object", "m.R", ["a"], ["j", []], None]),
    "text of another kind": payload(["rec.object", "m.R", ["a"], ["j", [1]], 5]),
    "name path": payload(["rec.object", "../m.R", ["a"], ["j", [1]], None]),
    "name long": payload(["rec.object", "m" * 500, ["a"], ["j", [1]], None]),
    "name number": payload(["rec.object", 5, ["a"], ["j", [1]], None]),
    "tuple longer than its fields": payload(["rec.tuple", "R", ["a"], ["j", [1]], None, 2]),
    "tuple negative": payload(["rec.tuple", "R", ["a"], ["j", [1]], None, -1]),
    "dict duplicate": payload(["rec.dict", "R", ["j", ["a", "a"]], ["j", [1, 2]], None]),
    "namespace special": payload(["rec.namespace", ["j", ["__dict__"]], ["j", [1]]]),
    "namespace number": payload(["rec.arguments", ["j", [1]], ["j", [1]]]),
    "view twice": payload(["dict_keys", ["j", ["a", "a"]]]),
    "view colliding": payload(["dict_keys", COLLIDING]),
    "kind unknown": payload(["rec.eval", "R", ["a"], ["j", [1]], None]),
}  # fmt: skip
NUMPY: dict[str, bytes] = {
    "dtype objects": payload(array_node("|O", [3]), INTS),
    "dtype name": payload(array_node("float64", [3]), INTS),
    "dtype comma": payload(array_node("<i8,<i8", [3]), INTS),
    "dtype huge": payload(array_node("|V999999999", [HUGE], None)),
    "dtype deep": payload(
        array_node(json.loads('["sub",' * 40 + '"<i8"' + ",[1]]" * 40), [3]), INTS),
    "dtype field outside": payload(
        array_node(["struct", 4, False, [["a", "<i8", 0, None]]], [3]), INTS),
    "dtype subarray bomb": payload(array_node(["sub", "<i8", [2**40]], [0], None)),
    "dtype objects in field": payload(
        array_node(["struct", 8, False, [["a", "|O", 0, None]]], [3]), INTS),
    "array shape lies": payload(array_node("<i8", [HUGE]), INTS),
    "array shape negative": payload(array_node("<i8", [-3]), INTS),
    "array shape overflow": payload(array_node("<i8", [2**61, 8, 3]), INTS),
    "array without memory": payload(array_node("<i8", [HUGE], None)),
    "array of nothing": payload(array_node("|S0", [HUGE], None)),
    "array empty but huge": payload(array_node("<i8", [0, 2**62, 2**62], None)),
    "array order": payload(array_node("<i8", [3], 0, "A"), INTS),
    "array dimensions": payload(array_node("<i8", [1] * 200 + [3]), INTS),
    "array bools": payload(array_node("|b1", [3]), b"\x00\x01\x02"),
    "array characters": payload(array_node("<U1", [1]), b"\xff\xff\xff\x7f"),
    "objects shape": payload(["np.objects", [HUGE], ["j", []]]),
    "scalar size": payload(["np.scalar", "<i8", "00"]),
    "scalar objects": payload(["np.scalar", "|O", "00" * 8]),
    "masked shapes": payload(
        ["np.ma.array", THREE, array_node("|b1", [2], 1), 0, False], INTS, b"\0\0"),
}  # fmt: skip
PANDAS_FRAMES: dict[str, bytes] = {
    "series label NumPy acts on": payload(["pd.series", ["np.objects", [1], ["j", [1]]],
        ["pd.index", ["np.objects", [1], ["j", ["__array_interface__"]]], None, None],
        None, ATTRS, True]),
    "frame label NumPy acts on": payload(["pd.frame", ["pd.range", 0, 3, 1, None],
        ["pd.index", ["np.objects", [1], ["j", ["__array_struct__"]]], None, None],
        [[[0], COLUMN]], ATTRS, True], INTS),
    "frame long and empty": payload(["pd.frame", ["pd.range", 0, HUGE, 1, None],
        ["pd.range", 0, 0, 1, None], [], ATTRS, True]),
    "series lengths": payload(["pd.series", THREE, TWO, None, ATTRS, True], INTS),
    "series huge index": payload(
        ["pd.series", THREE, ["pd.range", 0, HUGE, 1, None], None, ATTRS, True], INTS),
    "series of structures": payload(["pd.series", array_node(
        ["struct", 8, False, [["a", "<i8", 0, None]]], [3]), ROWS, None, ATTRS, True], INTS),
    "frame column count": payload(["pd.frame", ROWS, TWO, [[[0], COLUMN]], ATTRS, True], INTS),
    "frame column twice": payload(["pd.frame", ROWS, TWO, [
        [[0], COLUMN], [[0], array_node("<i8", [1, 3], 1)]], ATTRS, True], INTS, INTS),
    "frame huge width": payload(
        ["pd.frame", ROWS, ["pd.range", 0, HUGE, 1, None], [], ATTRS, True]),
    "frame huge height": payload(
        ["pd.frame", ["pd.range", 0, HUGE, 1, None], TWO, [[[0, 1], COLUMN]], ATTRS, True], INTS),
    "frame position": payload(
        ["pd.frame", ROWS, TWO, [[[0, 5], array_node("<i8", [2, 3])]], ATTRS, True], INTS + INTS),
    "frame attrs": payload(["pd.frame", ROWS, ["pd.range", 0, 0, 1, None], [], None, True]),
    "frame columns lengths": payload(["pd.frame", ROWS, TWO, [
        [[0], ["np.objects", [3], ["j", [1, 2, 3]]]], [[1], ["np.objects", [2], ["j", [1, 2]]]]],
         ATTRS, True]),
    "index name unhashable": payload(["pd.index", THREE, ["list", ["j", []]], None], INTS),
    "index two-dimensional": payload(["pd.index", array_node("<i8", [3, 1]), None, None], INTS),
    "index frequency wrong": payload(
        ["pd.index", ["pd.datetimes", array_node("<M8[ns]", [3]), None], None, "W-MON"], INTS),
    "index frequency odd": payload(
        ["pd.index", ["pd.datetimes", array_node("<M8[ns]", [3]), None], None,
         "__import__('os')"], INTS),
    "multi-index codes": payload(["pd.multi", [ROWS], [THREE], [None]],
                                 struct.pack("<3q", 0, 1, 9)),
    "multi-index codes negative": payload(["pd.multi", [ROWS], [THREE], [None]],
                                          struct.pack("<3q", 0, 1, -9)),
    "multi-index names": payload(["pd.multi", [ROWS], [THREE], []], INTS),
    "multi-index lengths": payload(["pd.multi", [ROWS, ROWS], [
        THREE, array_node("|i1", [1], 1)], [None, None]], INTS, b"\0"),
    "timestamp unit": payload(["pd.timestamp", 1, "fortnight", None]),
    "timestamp overflow": payload(["pd.timestamp", 2**64, "ns", None]),
    "offset call": payload(["pd.offset", "eval(1)"]),
}  # fmt: skip
PANDAS_ARRAYS: dict[str, bytes] = {
    "categorical codes": payload(["pd.categorical", array_node("|i1", [1]), ROWS, False], b"\x05"),
    "categorical codes negative": payload(
        ["pd.categorical", array_node("|i1", [1]), ROWS, False], b"\xf0"),
    "categorical duplicates": payload(["pd.categorical", array_node("|i1", [1]), [
        "pd.index", ["np.objects", [2], ["j", ["a", "a"]]], None, None], False], b"\0"),
    "interval lengths": payload(
        ["pd.intervals", THREE, array_node("<i8", [2], 1), "left"], INTS, INTS[:16]),
    "interval closed": payload(
        ["pd.intervals", THREE, THREE_MORE, "ajar"], INTS, INTS),
    "interval backwards": payload(
        ["pd.intervals", array_node("<i8", [1]), array_node("<i8", [1], 1), "left"], INTS[16:],
         INTS[:8]),
    "period frequency": payload(["pd.periods", THREE, "no such"], INTS),
    "period dtype": payload(["pd.periods", array_node("<i4", [6]), "M"], INTS),
    "sparse huge": payload(["pd.sparse", THREE, THREE_MORE, HUGE, 0, "integer"], INTS, INTS),
    "sparse places": payload(["pd.sparse", THREE, THREE_MORE, 2, 0, "block"], INTS, INTS),
    "sparse order": payload(["pd.sparse", THREE, THREE_MORE, 9, 0, "block"],
                            INTS, struct.pack("<3q", 2, 1, 0)),
    "sparse lengths": payload(
        ["pd.sparse", THREE, array_node("<i8", [2], 1), 5, 0, "integer"], INTS, INTS[:16]),
    "masked dtype": payload(
        ["pd.masked", "Int64", array_node("<f8", [3]), array_node("|b1", [3], 1)], INTS, b"\0\0\0"),
    "masked lengths": payload(
        ["pd.masked", "Int64", THREE, array_node("|b1", [2], 1)], INTS, b"\0\0"),
    "strings of numbers": payload(["pd.strings.python", "nan", ["j", [1]]]),
}  # fmt: skip
FILE_AS_ZONE = pa.timestamp("us", tz="dateutil//etc/localtime")
ZONES = {
    "plain": FILE_AS_ZONE,
    "above": pa.timestamp("us", tz="../../etc/localtime"),
    "absolute": pa.timestamp("us", tz="/etc/localtime"),
    "in a list": pa.list_(FILE_AS_ZONE),
    "in a struct": pa.struct([("a", pa.map_(pa.int8(), FILE_AS_ZONE))]),
    "in a dictionary": pa.dictionary(pa.int8(), FILE_AS_ZONE),
    "in a list of a dictionary": pa.list_(pa.dictionary(pa.int8(), FILE_AS_ZONE), 2),
}
"""What pandas and dateutil would open as a file."""
ARROW: dict[str, bytes] = {
    "arrow garbage": payload(["pa.table", 0], b"\xff\xff\xff\xff" + bytes(40)),
    "arrow empty": payload(["pa.table", 0], b""),
    "arrow truncated": payload(["pa.table", 0], stream(pa.table({"a": [1, 2]}))[:-60]),
    "arrow compressed": payload(
        ["pa.table", 0], stream(pa.table({"a": pa.array(bytes(1 << 20))}), compression="zstd")),
    "arrow extension": payload(
        ["pa.table", 0], stream(pa.table({"a": pa.array([b"a" * 16], pa.uuid())}))),
    "arrow nulls": payload(["pa.table", 0], stream(pa.table({"a": nulls(HUGE)}))),
    "arrow nested nulls": payload(["pa.table", 0], stream(pa.table({
        "a": pa.FixedSizeListArray.from_arrays(nulls(500 * WIDTH), WIDTH)}))),
    "arrow run ends": payload(["pa.array", 0], stream(pa.table({
        "a": pa.RunEndEncodedArray.from_arrays(pa.array([HUGE]), ["a"])}))),
    **{f"arrow zone {name}": payload(["pa.table", 0], stream(pa.table({"a": pa.nulls(1, kind)})))
       for name, kind in ZONES.items()},
    "arrow scalar of two": payload(["pa.scalar", 0], stream(pa.table({"a": [1, 2]}))),
    "arrow chunks of two columns": payload(
        ["pa.chunked", 0], stream(pa.table({"a": [1], "b": [2]}))),
}  # fmt: skip
OTHER: dict[str, bytes] = {
    "polars garbage": payload(["pl.frame", 0, []], b"\0" * 100),
    "polars wide dtype": payload(
        ["pl.frame", 0, [["a", "Object"]]], stream(pa.table({"a": ["1"]}))),
    "polars wide text": payload(["pl.frame", 0, [["a", "Int128"]]], stream(pa.table({"a": ["x"]}))),
    "csr places": payload(["sp.matrix", "csr", "array", [2, 2], [
        array_node("<f8", [1]), array_node("<i4", [1], 1), array_node("<i4", [3], 2)]],
        INTS[:8], b"\x09\0\0\0", struct.pack("<3i", 0, 1, 1)),
    "csr pointers": payload(["sp.matrix", "csr", "array", [2, 2], [
        array_node("<f8", [1]), array_node("<i4", [1], 1), array_node("<i4", [3], 2)]],
        INTS[:8], b"\0\0\0\0", struct.pack("<3i", 0, 99, 1)),
    "coo places": payload(["sp.matrix", "coo", "array", [2, 2], [
        array_node("<f8", [1]), array_node("<i4", [1], 1), array_node("<i4", [1], 2)]],
        INTS[:8], b"\x09\0\0\0", b"\0\0\0\0"),
    "lil huge": payload(["sp.matrix", "lil", "array", [HUGE, 2], [
        array_node("<f8", [1]), array_node("<i4", [1], 1), array_node("<i4", [1], 2)]],
        INTS[:8], b"\0\0\0\0", b"\0\0\0\0"),
    "image mode": payload(["pil.image", "XYZ", 1, 1, 0, None, ATTRS], b"abc"),
    "image bomb": payload(["pil.image", "L", 2**20, 2**20, 0, None, ATTRS], b"abc"),
    "image of no pixels": payload(["pil.image", "L", 2**20, 2**20, None, None, ATTRS]),
    "image short": payload(["pil.image", "L", 2, 2, 0, None, ATTRS], b"abc"),
}  # fmt: skip
