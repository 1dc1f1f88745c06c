"""polars objects."""

from __future__ import annotations

import polars as pl

from tests.graph_agent.summaries.values import text


def test_a_series() -> None:
    series = pl.Series("weight", [1.0, 2.0, None])
    assert text(series).splitlines() == [
        "v: polars.Series, 3 values of Float64, named 'weight'",
        "  1 missing, 2 unique, min 1, max 2, mean 1.5",
        "  first values: 1.0, 2.0, None",
    ]
    assert "named" not in text(pl.Series([1]))


def test_a_lazy_frame_is_not_evaluated() -> None:
    def fail(frame: pl.DataFrame) -> pl.DataFrame:
        raise AssertionError

    assert "not evaluated" in text(pl.LazyFrame({"a": [1]}).map_batches(fail))


def test_nested_types_are_named_but_not_counted() -> None:
    enum = pl.Enum(["secret"])
    frame = pl.DataFrame(
        {"a": [["secret"]], "b": [{"c": 1}]},
        schema={"a": pl.List(enum), "b": pl.Struct({"c": pl.Int64})},
    )
    stats = text(frame, "stats")
    assert "'a': List(Enum), 0 missing\n" in stats
    assert "'b': Struct('c': Int64), 0 missing" in stats
    wide = pl.DataFrame({"a": [{f"f{number}": 1 for number in range(9)}]})
    assert "'f7': Int64, …)" in text(wide, "schema")
