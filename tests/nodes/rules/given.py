"""The given values of the cases, by variable name."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from graph_agent.samples import load_tips


def given(name: str) -> Any:
    """Return the value of a variable; each call returns a frame of its own."""
    value = _values()[name]
    return value.copy() if isinstance(value, pd.DataFrame) else value


@functools.cache
def _values() -> dict[str, Any]:
    random = np.random.default_rng(7)
    orders = _orders(random)
    return {
        "tips": load_tips(),
        "orders": orders,
        "employees": _employees(),
        "departments": pd.DataFrame(
            {"department": ["IT", "HR", "Sales"], "budget": [900_000.0, 300_000.0, 500_000.0]}
        ),
        "weather": pl.DataFrame(
            {
                "station": ["north", "south"] * 10,
                "temp_c": random.normal(12, 5, 20).round(1),
                "rain_mm": random.gamma(1.0, 3.0, 20).round(1),
                "note": [None] * 20,
            },
            schema_overrides={"note": pl.String},
        ),
        "trades": pa.table({"symbol": ["A", "B", "A", "C"], "trade_price": [1.5, 2.5, 3.5, 4.5]}),
        "readings": np.array([1.0, 2.5, np.nan, 4.0, 8.5, 3.0]),
        "matrix": random.normal(size=(6, 6)),
        "prices": [12.5, 8.0, 19.99, 4.25, 30.0],
        "values": [3, 1, 4, 1, 5, 9, 2, 6],
        "monthly_sales": {"Jan": 120, "Feb": 95, "Mar": 143, "Apr": 160},
        "threshold": 0.5,
        "n": 12,
        "text": "the quick brown fox jumps over the lazy dog and the cat",
        "log_file": Path(__file__).with_name("cases") / "access.log",
        "df": orders.rename(columns={"unit_price": "price"}),
    }


def _orders(random: np.random.Generator) -> pd.DataFrame:
    count = 60
    return pd.DataFrame(
        {
            "order_id": np.arange(1_000, 1_000 + count),
            "order_date": pd.date_range("2024-01-01", periods=count, freq="3D"),
            "region": random.choice(["north", "south", "west"], count),
            "product": random.choice(["lamp", "desk", "chair", "shelf"], count),
            "quantity": random.integers(1, 9, count),
            "unit_price": random.uniform(5, 200, count).round(2),
            "coupon": [np.nan] * count,
        }
    )


def _employees() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["Ada", "Ben", "Cleo", "Dan", "Eve", "Finn"],
            "department": ["IT", "IT", "HR", "Sales", "Sales", "Sales"],
            "salary": [90_000, 70_000, 60_000, 50_000, 52_000, 48_000],
            "hire_date": pd.to_datetime(
                ["2015-03-01", "2019-07-15", "2018-01-10", "2020-05-05", "2021-09-01", "2022-02-20"]
            ),
            "size": ["M", "L", "S", "M", "S", "L"],
        }
    )
