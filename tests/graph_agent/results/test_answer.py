"""Which of a run's values is its answer."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from graph_agent.results.answer import answer_of
from sandbox import Execution

GIVEN = {"summaries": [{"name": "df"}]}
FOLLOWING = {"summaries": [{"name": "df"}, {"name": "a", "earlier_result": True}]}


@pytest.mark.parametrize(
    ("state", "execution", "answer"),
    [
        ({"returns": ["a"]}, {"variables": {"a": 1, "b": 2}, "display": 3}, 1),
        ({"returns": ["a", "b"]}, {"variables": {"a": 1, "b": 2, "c": 3}}, {"a": 1, "b": 2}),
        ({"returns": ["a", "b"]}, {"variables": {"a": 1}}, {"a": 1}),
        ({"returns": ["a"]}, {"variables": {"b": 1}, "stdout": "1"}, None),
        (GIVEN, {"variables": {"a": 1}, "display": 3, "display_text": "3"}, 3),
        (GIVEN, {"variables": {"a": 1, "df": 2}}, 1),
        (GIVEN, {"variables": {"df": 2}, "stdout": "done\n"}, 2),
        (GIVEN, {"variables": {"a": 1, "b": 2}, "stdout": " 4\n"}, "4"),
        (GIVEN, {"variables": {"a": 1, "b": 2}, "display_text": "<Model>"}, "<Model>"),
        (GIVEN, {"variables": {"a": 1, "b": 2}}, None),
        (FOLLOWING, {"variables": {"a": 1, "df": 2}}, 1),
        (FOLLOWING, {"variables": {"a": 1, "b": 2}, "stdout": "3"}, "3"),
        (GIVEN, {"display": False, "display_text": "False"}, False),
    ],
)
def test_the_answer(state: Any, execution: dict[str, Any], answer: Any) -> None:
    variables = MappingProxyType(execution.pop("variables", {}))
    run = Execution("ok", variables=variables, **execution)
    assert answer_of(state, run) == answer


def test_no_run_has_no_answer() -> None:
    assert answer_of({}, None) is None
