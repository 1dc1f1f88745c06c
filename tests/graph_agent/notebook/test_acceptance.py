"""Values are put into a namespace, and taken out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from graph_agent.notebook.acceptance import MAX_UNDOS, Acceptance
from graph_agent.notebook.messages import CodegenError
from sandbox.errors import PayloadError
from tests.graph_agent.results.test_answer_text import result


def waiting(namespace: dict[str, Any], **values: Any) -> Acceptance:
    return Acceptance(namespace, result(values))


def test_what_an_accept_replaced_is_restored_and_what_was_new_removed() -> None:
    old = object()
    space: dict[str, Any] = {"a": old}
    acceptance = waiting(space, a=1, b=2)
    assert acceptance.accept([])[1] == ["a", "b"]
    assert space == {"a": 1, "b": 2}
    assert acceptance.undo() == (["a"], ["b"], [])
    assert space == {"a": old}


def test_each_undo_takes_back_one_accept() -> None:
    space: dict[str, Any] = {}
    acceptance = waiting(space, a=1, b=2)
    acceptance.accept(["a"])
    acceptance.accept(["b"])
    acceptance.undo()
    assert space == {"a": 1}
    acceptance.undo()
    assert space == {}
    with pytest.raises(CodegenError, match="nothing was accepted"):
        acceptance.undo()


def test_a_name_assigned_since_is_left_alone() -> None:
    space: dict[str, Any] = {"a": 0, "b": 0}
    acceptance = waiting(space, a=1, b=2)
    acceptance.accept([])
    space["a"] = 5
    assert acceptance.undo() == (["b"], [], ["a"])
    assert space == {"a": 5, "b": 0}


def test_names_are_checked_before_anything_is_replaced() -> None:
    space: dict[str, Any] = {}
    with pytest.raises(CodegenError, match="did you mean 'tips'"):
        waiting(space, tips=1).accept(["tips", "tisp"])
    with pytest.raises(CodegenError, match="nothing waits"):
        Acceptance(space).accept([])
    assert space == {}


def test_a_value_that_cannot_be_read_leaves_nothing_half_accepted() -> None:
    class Broken(Mapping[str, Any]):
        def __getitem__(self, name: str) -> Any:
            if name == "b":
                raise PayloadError("no")
            return 1

        def __iter__(self) -> Iterator[str]:
            return iter("ab")

        def __len__(self) -> int:
            return 2

    space: dict[str, Any] = {}
    acceptance = waiting(space)
    assert acceptance.waiting is not None
    object.__setattr__(acceptance.waiting, "variables", Broken())
    with pytest.raises(PayloadError):
        acceptance.accept([])
    assert space == {}


def test_only_so_many_accepts_are_kept_in_memory() -> None:
    acceptance = waiting({}, a=1)
    for _ in range(MAX_UNDOS + 5):
        acceptance.accept([])
    for _ in range(MAX_UNDOS):
        acceptance.undo()
    with pytest.raises(CodegenError):
        acceptance.undo()
