"""What prepared containers import, and when."""

from __future__ import annotations

import pytest

from sandbox.containers.imports_ahead import LIBRARIES, RECENT, ImportsAhead


def plan(*codes: str) -> tuple[list[str], list[str]]:
    ahead = ImportsAhead()
    for code in codes:
        ahead.note(code)
    first, _, later = ahead.plan().partition(";")
    return first.split(","), later.split(",")


def test_before_the_first_run_the_most_common_ones_come_first() -> None:
    first, later = plan()
    assert first == ["numpy", "pandas"]
    assert later == ["matplotlib", "matplotlib.pyplot", "scipy.stats", "seaborn"]


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("import pandas as pd", ["pandas"]),
        ("import pandas.plotting", ["pandas"]),
        ("from matplotlib import pyplot as plt", ["matplotlib", "matplotlib.pyplot"]),
        ("from scipy import stats", ["scipy.stats"]),
        ("def f():\n    import polars as pl", ["polars"]),
        ("from sklearn.linear_model import Ridge", ["sklearn.linear_model"]),
    ],
)
def test_what_the_last_run_imported_comes_first(code: str, wanted: list[str]) -> None:
    assert plan(code)[0] == wanted


@pytest.mark.parametrize("code", ["x = 1", "import this", "from . import pandas", "(" * 300, "\0"])
def test_code_that_needs_none_prepares_none_ahead(code: str) -> None:
    first, later = plan(code)
    assert first == [""]
    assert set(later) <= set(LIBRARIES)


def test_what_most_runs_use_comes_first_and_the_rest_later() -> None:
    first, later = plan("import pandas, polars", "import pandas", "import pandas")
    assert first == ["pandas"]
    assert "polars" in later


def test_long_ago_does_not_count() -> None:
    first, later = plan("import polars", *["import pandas"] * RECENT)
    assert first == ["pandas"]
    assert "polars" not in later


def test_the_variables_modules_count() -> None:
    ahead = ImportsAhead()
    ahead.note("x = len(table)", {"pandas", "mine"})
    assert ahead.plan().startswith("pandas;")
