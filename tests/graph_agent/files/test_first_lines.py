"""What the first rows of a table show, and above all what they don't."""

from __future__ import annotations

import pytest

from graph_agent.files.first_lines import hidden_columns, looks_like_data, title_lines

HEADER, BODY = ["Region", "Units"], [["North", "5"], ["South", "7"]]


@pytest.mark.parametrize(
    "above",
    [
        [["Sales report 2024"]],
        [["Sales report 2024", ""]],
        [["Sales"], ["Generated: 2024-01-01"]],
        [["# exported"]] * 10,
    ],
)
def test_rows_above_the_header(above: list[list[str]]) -> None:
    assert title_lines([*above, HEADER, *BODY]) == len(above)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [HEADER],
        [HEADER, *BODY],
        [["text"], ["hello", "world"], ["good", "bye"]],
        [["text"], ["hello", "5"], ["bye", "7"]],
        [["Title"], HEADER],
        [["Title"], ["a", "a"], *BODY],
        [["x", "y"], ["r1", "1", "2"], ["r2", "3", "4"]],
        [["x", "y"], ["r1", "a", "b"], ["r2", "c", "d"]],
        [["a", "b", "c"], ["1", "2"], ["4", "5", "6"]],
        [["", "North", ""], ["Region", "Units", "Price"], ["x", "y", "z"]],
        [["", "n"], ["r", "unknown"], ["s", "5"]],
        [*[["# exported"]] * 11, HEADER, *BODY],
    ],
)
def test_no_header_or_data_is_taken_for_a_title(rows: list[list[str]]) -> None:
    assert title_lines(rows) == 0


def test_names_that_look_like_data() -> None:
    assert looks_like_data(["1", "2.5", "2024-01-01"])
    for names in ([], ["2019", "2020"], ["a", "1"], ["", "1"], ["x1", "x2"]):
        assert not looks_like_data(names)


def test_columns_that_no_separator_shows() -> None:
    assert "--sep ':'" in str(hidden_columns(["a:b", "1:2"]))
    assert "spaces" in str(hidden_columns(["name   age", "Ann    30"]))
    for cells in ([], ["a:b"], ["time", "12:30"], ["two words", "three more words"]):
        assert hidden_columns(cells) is None
