"""Which columns a request may mean."""

from __future__ import annotations

import pytest

from graph_agent.prompts.likely_columns import MAX_COLUMNS, likely_columns, likely_columns_text
from graph_agent.summaries import summarize
from tests.nodes.rules.given import given

COLUMNS = ["Order Date", "Delivery Date", "NetPrice", "price_with_tax", "customers", "Weight"]


@pytest.mark.parametrize(
    ("request_text", "columns"),
    [
        ("Highest price with tax?", ["price_with_tax"]),
        ("What is the mean net price?", ["NetPrice"]),
        ("How many customers are there?", ["customers"]),
        ("Which customer's parcel is the heaviest by weight?", ["customers", "Weight"]),
        ("On which date was it delivered?", ["Delivery Date"]),
        ("Which date is the first?", ["Order Date", "Delivery Date"]),
        ("Is it blue?", []),
        ("Is it on the list of names?", []),
    ],
)
def test_columns_that_share_words_with_the_request(request_text: str, columns: list[str]) -> None:
    assert likely_columns(request_text, COLUMNS) == columns


def test_there_are_never_many() -> None:
    columns = [f"date {index}" for index in range(100)]
    assert likely_columns("Which date is it?", columns) == columns[:MAX_COLUMNS]
    assert likely_columns("Which date is it?", []) == []


def test_the_text_names_the_tables() -> None:
    summaries = [
        summarize(name, given(name), level="schema").model_dump(mode="json")
        for name in ("employees", "departments", "n")
    ]
    assert likely_columns_text("Mean salary by department?", summaries) == (
        "Columns of employees that may be meant: 'department', 'salary'\n"
        "Columns of departments that may be meant: 'department'"
    )
    assert likely_columns_text("How old are they?", summaries) == ""
