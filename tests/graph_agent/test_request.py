"""The request checks its arguments, and stores its values as references."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph_agent import CodeGenerationRequest, RequestError
from sandbox import UnsendableVariableError, VariableNameError, VariableStore


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"request_text": ""}, RequestError, "empty"),
        ({"request_text": " \n"}, RequestError, "empty"),
        ({"request_text": None}, RequestError, "not NoneType"),
        ({"request_text": "x" * 20_001}, RequestError, "20001"),
        ({"user_variables": [1]}, RequestError, "list"),
        ({"user_variables": {"a b": 1}}, VariableNameError, "'a b'"),
        ({"user_variables": {"class": 1}}, VariableNameError, "keyword"),
        ({"checks": "assert ("}, RequestError, "checks"),
        ({"returns": "x"}, RequestError, r"returns=\['x'\]"),
        ({"returns": ["1x"]}, VariableNameError, "'1x'"),
        ({"privacy": "secret"}, RequestError, "schema, stats, sample"),
    ],
)
def test_bad_input(arguments: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        CodeGenerationRequest(**{"request_text": "Go", **arguments})


def test_an_unpicklable_variable_is_named(tmp_path: Path) -> None:
    store = VariableStore(tmp_path)
    request = CodeGenerationRequest("Go", {"rows": (i for i in "x"), "n": 1})
    with pytest.raises(UnsendableVariableError, match="'rows'.*generator"):
        request.to_input(store)


def test_an_unpicklable_variable_can_be_left_out(tmp_path: Path) -> None:
    values = {"rows": (i for i in "x"), "n": 1}
    request = CodeGenerationRequest("Go", values, skip_unsendable=True)
    input_ = request.to_input(VariableStore(tmp_path))
    assert [summary["name"] for summary in input_["summaries"]] == ["n"]
    assert list(input_["variables"]["unsendable"]) == ["rows"]


@pytest.mark.parametrize("max_attempts", [0, -1, 1.5, "3"])
def test_max_attempts_is_an_integer(tmp_path: Path, max_attempts: Any) -> None:
    with pytest.raises(RequestError, match="at least 1"):
        CodeGenerationRequest("Go").to_input(VariableStore(tmp_path), max_attempts)


def test_the_input_is_json_and_values_go_to_the_state_folder(tmp_path: Path) -> None:
    input_ = CodeGenerationRequest("Go", {"n": 1}).to_input()
    assert json.loads(json.dumps(input_)) == input_
    assert (tmp_path / "state" / "variables" / "blobs").is_dir()


def test_the_repr_shows_no_values() -> None:
    assert "canary" not in repr(CodeGenerationRequest("Go", {"x": "canary"}))


def test_other_types_than_text_are_named() -> None:
    with pytest.raises(RequestError, match="text, not bytes"):
        CodeGenerationRequest(b"mean tip?")  # type: ignore[arg-type]  # as a caller may
    with pytest.raises(RequestError, match="text, not function"):
        CodeGenerationRequest("mean tip?", checks=lambda: True)  # type: ignore[arg-type]  # same
