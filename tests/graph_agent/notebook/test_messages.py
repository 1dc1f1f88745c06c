"""A cell's errors are one line each."""

from __future__ import annotations

import pytest

from graph_agent.errors import RequestError
from graph_agent.notebook.messages import CodegenError, in_one_line
from sandbox.errors import SandboxUnavailableError


@pytest.mark.parametrize("error", [RequestError("a"), SandboxUnavailableError("a")])
def test_expected_errors_become_a_line(error: Exception) -> None:
    @in_one_line
    def fail() -> None:
        raise error

    with pytest.raises(CodegenError, match="^a$"):
        fail()


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        in_one_line(lambda: 1 / 0)()


def test_memory_has_a_message() -> None:
    def fail() -> None:
        raise MemoryError

    with pytest.raises(CodegenError, match="memory"):
        in_one_line(fail)()


def test_what_ipython_shows_is_one_line_without_control_characters() -> None:
    assert CodegenError("a\nb \x1b[2J\u202e")._render_traceback_() == [r"a b \x1b[2J\u202e"]
