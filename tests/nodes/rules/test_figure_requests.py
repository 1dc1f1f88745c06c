"""Requests for a picture, told from those that only use such a word."""

from __future__ import annotations

import pytest

from nodes.rules.figure_requests import FIGURE_ROOTS, asks_for_figure, mentions_figure
from tests.nodes.rules.everyday_requests import KNOWN_MISSES, NOT_WANTED, WANTED


def test_no_false_alarm_and_no_unknown_miss_on_everyday_requests() -> None:
    assert [text for text in NOT_WANTED if asks_for_figure(text)] == []
    assert {text for text in WANTED if not asks_for_figure(text)} == KNOWN_MISSES
    assert len(WANTED) >= 60
    assert len(NOT_WANTED) >= 240


def test_a_request_without_a_root_needs_no_closer_look() -> None:
    rootless = [text for text in (*WANTED, *NOT_WANTED) if not FIGURE_ROOTS.search(text)]
    assert rootless
    assert not any(asks_for_figure(text) or mentions_figure(text) for text in rootless)


@pytest.mark.parametrize(
    "request_text",
    [
        "plot tips by day",
        "create a pivot table, and visualize with a heatmap",
        "Draw a bar chart of counts",
        "show a scatter plot",
        "Histogram of ages, please",
        "a figure with two panels",
        "Calculate the mean.\nPlot it with seaborn.",
        "Average tip by day and a heatmap",
        "I can't figure out pandas. Draw a histogram of `tip`.",
    ],
)
def test_a_picture_is_asked_for(request_text: str) -> None:
    assert asks_for_figure(request_text)


@pytest.mark.parametrize(
    "request_text",
    [
        "average tip by day",
        "no plot, only the table",
        "Count rows without drawing a chart",
        "what is the plotted_on column's most common value",
        "sum of the graph's edge weights",
        "Scale the features and, if requested, draw a histogram of the target",
        "Clean the rows and optionally plot the target",
        "Return the scaled rows, and when draw is True, produce a bar chart of the counts",
        "If the 'plot' argument is set to True, the function should also generate a heatmap",
        "When the 'plot' parameter is True, it should additionally construct and draw a heatmap",
        "plus a bar chart whenever plotting is requested",
        "the table only; do not make any figures",
        "to visualise the temporal response",
        "```python\nplt.figure()\nplt.title('draw a plot')\n```\nWhy is the mean of x NaN?",
    ],
)
def test_no_picture_is_asked_for(request_text: str) -> None:
    assert not asks_for_figure(request_text)


def test_a_word_is_enough_to_mention_a_picture() -> None:
    assert mentions_figure("The sales figures per month")
    assert mentions_figure("to visualise the response")
    assert not mentions_figure("No figures, please")
    assert not mentions_figure("The mean of `plot`")
    assert not mentions_figure("Sum the column a")
