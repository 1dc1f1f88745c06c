"""How a prompt describes the request and the given variables."""

from __future__ import annotations

from graph_agent.prompts.bounds import MAX_VARIABLES_CHARS
from graph_agent.prompts.task import request_part, variables_text
from graph_agent.state import AgentState
from tests.graph_agent.prompts.hostile import state


def test_a_column_the_request_names_is_kept() -> None:
    for request in ("Mean of column_777 by column_3", "Plot the 'unit price' over column_777"):
        given = state(n_columns=1_000, request=request)
        [summary] = given["summaries"]
        summary["columns"][5] = "unit price"
        text = variables_text(given, MAX_VARIABLES_CHARS)
        assert "column_777" not in summary["text"]
        assert "also has the columns" in text
        assert text.count("'column_777'") == 1
        assert ("'unit price'" in text) is ("unit price" in request)
        assert "'column_778'" not in text
        del summary["columns"]  # old summaries have no columns
        assert "also has the columns" not in variables_text(given, MAX_VARIABLES_CHARS)


def test_a_variable_the_request_names_is_described_first() -> None:
    given = state(100, n_columns=50, request="Plot wide_93")
    before = variables_text(given, MAX_VARIABLES_CHARS).partition("Described briefly")[0]
    assert "wide_93: pandas.DataFrame" in before
    assert "wide_0: pandas.DataFrame" in before
    assert "wide_92: pandas.DataFrame" not in before


def test_variables_that_could_not_be_passed_are_named() -> None:
    given = state(variables={"unsendable": {"lock": "it holds a lock"}})
    text = variables_text(given, MAX_VARIABLES_CHARS)
    assert "lock: NOT available to the code (it holds a lock)" in text


def test_without_variables() -> None:
    nothing: AgentState = {"request": "Add 1 and 2"}
    assert "no variables" in variables_text(nothing, 1_000)


def test_the_request_is_shortened_last() -> None:
    part = request_part({"request": "  Add 1 and 2\n"})
    assert part.text(1_000) == "Request: Add 1 and 2"
    assert part.rank == 0
