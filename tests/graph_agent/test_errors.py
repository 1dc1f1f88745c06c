"""The error tree: what a caller can catch, and what LangGraph's server shows."""

from __future__ import annotations

import pytest

from graph_agent import errors


def error_classes() -> list[type[Exception]]:
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    return [value for value in found if issubclass(value, Exception)]


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.__name__)
def test_every_error_is_an_agent_error_of_the_drawn_tree(error: type[Exception]) -> None:
    # LangGraph's server hides the message of an error that isn't a RuntimeError.
    assert issubclass(error, errors.AgentError)
    assert issubclass(error, RuntimeError)
    assert errors.__doc__
    assert error.__name__ in errors.__doc__


def test_an_answer_error_can_be_recreated_from_its_fields() -> None:
    error = errors.ModelAnswerError("cut off", "truncated", 5, 6)
    again = errors.ModelAnswerError(**error.fields())
    assert (str(again), again.kind) == ("cut off", "truncated")
    assert (again.input_tokens, again.output_tokens) == (5, 6)
