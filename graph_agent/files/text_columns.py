"""Find the types of columns that were read as text.

A column becomes numbers only if all its cells are numbers as programs write them, so that
nothing is lost: ``01067``, ``1E5``, ``+49``, ``0x10`` and ``1_000`` stay text, and so do
numbers that are longer than the type can hold. Everything here is Arrow's compute kernels,
because files can have millions of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, NamedTuple

from graph_agent.files.columns import nullable
from graph_agent.files.plain_numbers import (
    keep_their_digits,
    only_digits,
    only_digits_and_points,
)
from graph_agent.files.reading import Reading

Kind = Literal[
    "empty", "bool", "int", "float", "text", "mixed", "long", "comma", "point", "grouped"
]

MISSING_WORDS = ("NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None")
"""Mean a missing cell in a column of numbers; in a column of text they are text."""
_BOOLS = ("true", "True", "TRUE", "false", "False", "FALSE")
_THREADS = 4
_SAMPLE_CELLS = 1000
_MOSTLY = 0.5

_GROUP = "'’ \u00a0\u202f"
_INTEGER = r"^-?(?:0|[1-9]\d*)$"
_FLOAT = r"^-?(?:(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[iI]nf(?:inity)?)$"
_NOT_CLEAN = r"(?i)^\s|\s$|^-?nan$"
_LEADING_ZERO = r"^-?0\d"
_PRODUCT_CODE = r"^-?\d+[eE]\d+$"
_GROUPED_WITH = r"^-?(?:0|[1-9]\d*|[1-9]\d{{0,2}}(?:[{group}]\d{{3}})+)(?:{decimal}\d+)?$"
_COMMA = _GROUPED_WITH.format(group="." + _GROUP, decimal=",")
_LAKHS = r"^-?\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?$"
_POINT = _GROUPED_WITH.format(group="," + _GROUP, decimal=r"\.") + "|" + _LAKHS
_COULD_BE_THOUSANDS = r"^-?\d{1,3}(?:\.\d{3})*$"
_NUMBER_LIKE = rf"^-?(?:[\d.,{_GROUP}]*\d[\d.,{_GROUP}]*(?:[eE][+-]?\d+)?|[iI]nf(?:inity)?)$"


class Column(NamedTuple):
    """What a column's text turned out to be; numbers and truths also have their values."""

    kind: Kind
    texts: Any
    values: Any = None


def typed_columns(texts: Sequence[Any], names: Sequence[object], reading: Reading) -> list[Any]:
    """Give each column of text its type, as a pandas series.

    The decimal comma counts where a column proves it, or where the user says so.
    """
    given = reading.options.decimal
    with ThreadPoolExecutor(_THREADS) as pool:  # Arrow works without Python's lock
        columns = list(pool.map(_infer, texts))
    comma = given == "," or (given is None and any(c.kind == "comma" for c in columns))
    if comma and given is None:
        reading.assumed.append("decimal ','")
    columns = [_decide(column, comma, given) for column in columns]
    for kind, what in (
        ("long", "kept as text: more digits than a number can hold"),
        ("grouped", "kept as text: thousands or decimals? --decimal says which"),
        ("mixed", "kept as text: most cells are numbers, but not all"),
    ):
        found = [name for name, c in zip(names, columns, strict=True) if c.kind == kind]
        reading.remark_columns(found, what)
    return [
        # What stays text keeps its spaces and words.
        _series(text if column.values is None else column.values, column.kind)
        for text, column in zip(texts, columns, strict=True)
    ]


def _infer(texts: Any) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = texts.drop_null() if texts.null_count else texts
    if not len(filled):
        return Column("empty", texts)
    words, bools = (pa.array(known, filled.type) for known in (MISSING_WORDS, _BOOLS))
    sample = pc.utf8_trim_whitespace(filled.slice(0, _SAMPLE_CELLS))
    if _all(pc.is_in(sample, bools)):
        if _all(pc.is_in(filled, bools)):
            return Column("bool", texts, pc.cast(texts, pa.bool_()))
        return Column("text", texts)
    sample = sample.filter(pc.invert(pc.is_in(sample, words)))
    if not _matches(sample, _NUMBER_LIKE):
        numbers = pc.sum(pc.match_substring_regex(sample, _NUMBER_LIKE)).as_py()
        return Column("mixed" if numbers > _MOSTLY * len(sample) else "text", texts)
    column = _plain(texts)
    if column is None:
        trimmed = pc.utf8_trim_whitespace(texts)
        cleaned = pc.if_else(pc.is_in(trimmed, words), pa.scalar(None, trimmed.type), trimmed)
        column = _plain(cleaned) or _grouped(cleaned)
    return column


def _plain(texts: Any) -> Column | None:
    """Read numbers with a decimal point and no thousands; None if they may be other ones."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if _has(texts.slice(0, _SAMPLE_CELLS), _LEADING_ZERO):
        return Column("text", texts)
    try:
        integers = pc.cast(texts, pa.int64())
        if only_digits(texts):
            any_number = integers.null_count < len(integers)
            return Column("int", texts, integers) if any_number else Column("text", texts)
    except pa.ArrowInvalid:
        pass
    try:
        floats = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        return None
    if not _are_floats(texts):
        return None if _has(texts, _NOT_CLEAN) else Column("text", texts)
    if _matches(texts, _INTEGER):
        try:
            return Column("int", texts, pc.cast(texts, pa.uint64()))
        except pa.ArrowInvalid:
            return Column("float", texts, floats) if _has(texts, "^-0$") else Column("long", texts)
    if not _has(texts, r"\d") or (not _has(texts, r"\.|[eE][+-]") and _has(texts, _PRODUCT_CODE)):
        return Column("text", texts)
    return Column("float", texts, floats) if keep_their_digits(texts) else Column("long", texts)


def _are_floats(texts: Any) -> bool:
    """Whether cells that Arrow reads as floats are written as programs write them."""
    import pyarrow.compute as pc

    if only_digits_and_points(texts):
        return True
    exponents = pc.match_substring(texts, "e", ignore_case=True)
    if not only_digits_and_points(texts.filter(pc.invert(exponents))):
        return _matches(texts, _FLOAT)
    return _matches(texts.filter(exponents), _FLOAT)


def _grouped(texts: Any) -> Column:
    """Recognize decimal commas and thousands separators; ambiguous ones are ``grouped``."""
    comma, point = _matches(texts, _COMMA), _matches(texts, _POINT)
    if comma and not point and _has(texts, ","):
        return Column("comma", texts)
    if point and not comma and _has(texts, r"\.|,\d{2,3},"):
        return Column("point", texts)
    if comma or point:
        return Column("grouped", texts)
    return Column("text" if _matches(texts.drop_null(), _NUMBER_LIKE) else "mixed", texts)


def _decide(column: Column, comma: bool, given: str | None) -> Column:
    """Settle what depends on the file's decimal sign."""
    kind, texts, _ = column
    decimal = "," if comma else "."
    if kind == "float" and comma and _matches(texts, _COULD_BE_THOUSANDS):
        kind = "grouped"
    if kind not in ("comma", "point", "grouped"):
        return column
    fits = _matches(texts, _COMMA if comma else _POINT)
    certain = kind != "grouped" or given is not None or (comma and _has(texts, ","))
    if fits and certain:
        return Column("float", texts, _numbers(texts, decimal))
    return Column("grouped" if given is None else "text", texts)


def _numbers(texts: Any, decimal: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    group = (",." if decimal == "," else ",").replace(decimal, "") + _GROUP
    plain = pc.replace_substring_regex(texts, f"[{group}]", "")
    plain = pc.replace_substring(plain, decimal, ".")
    return pc.cast(plain, pa.int64() if not _has(plain, r"\.") else pa.float64())


def _series(values: Any, kind: Kind) -> Any:
    import pandas as pd
    import pyarrow as pa

    if kind == "empty":
        return pd.Series([float("nan")] * len(values), dtype="float64" if len(values) else "object")
    if pa.types.is_integer(values.type) and values.null_count:
        dtype = pd.api.types.pandas_dtype(nullable(str(values.type)))
        return pd.Series(dtype.__from_arrow__(values))
    return values.to_pandas()


def _matches(texts: Any, pattern: str) -> bool:
    """Whether all cells match; mostly the first ones show that they don't."""
    import pyarrow.compute as pc

    parts = (texts.slice(0, _SAMPLE_CELLS), texts.slice(_SAMPLE_CELLS))
    return all(_all(pc.match_substring_regex(part, pattern)) for part in parts)


def _has(texts: Any, pattern: str) -> bool:
    """Whether any cell matches; often one of the first ones does."""
    import pyarrow.compute as pc

    parts = (texts.slice(0, _SAMPLE_CELLS), texts.slice(_SAMPLE_CELLS))
    return any(
        pc.any(pc.match_substring_regex(part, pattern), min_count=0).as_py() for part in parts
    )


def _all(truths: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(truths, min_count=0).as_py())
