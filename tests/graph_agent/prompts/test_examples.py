"""The worked examples are programs that do what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graph_agent.prompts.code_extraction import program_in
from graph_agent.prompts.examples import EXAMPLES, EXAMPLES_SYSTEM


@pytest.fixture
def receipts() -> pd.DataFrame:
    """A frame as the examples describe it."""
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "price": random.uniform(5, 50, 900),
            "cost": random.uniform(1, 5, 900),
            "units": random.integers(1, 9, 900),
            "region": random.choice(["north", "south", "east", "west"], 900),
            "channel": random.choice(["web", "shop"], 900),
            "year": 2024,
        }
    )


def test_the_instructions_take_the_libraries() -> None:
    assert EXAMPLES_SYSTEM.format(libraries="numpy 2").endswith("Libraries: numpy 2.")


def test_the_share_example_is_right(receipts: pd.DataFrame) -> None:
    namespace = {"receipts": receipts}
    exec(program_in(EXAMPLES[0][1]).code, namespace)
    web = receipts[receipts.channel == "web"]
    revenue = (web.price * web.units).groupby(web.region).sum()
    assert namespace["best_region"] == revenue.idxmax()
    assert namespace["share"] == pytest.approx(revenue.max() / revenue.sum())


def test_the_heatmap_example_is_right(receipts: pd.DataFrame) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    namespace = {"receipts": receipts}
    before = receipts.copy()
    exec(program_in(EXAMPLES[1][1]).code, namespace)
    assert plt.get_fignums()
    plt.close("all")
    margin = (receipts.price - receipts.cost) / receipts.price * 100
    expected = margin.groupby([receipts.region, receipts.channel]).mean().unstack()
    pd.testing.assert_frame_equal(namespace["pivot_table"], expected, check_names=False)
    pd.testing.assert_frame_equal(receipts, before)
