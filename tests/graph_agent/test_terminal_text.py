"""The agent escapes text in the same way as the sandbox."""

from __future__ import annotations

import sandbox.terminal_text
from graph_agent import terminal_text


def test_it_is_the_same_function() -> None:
    for name in terminal_text.__all__:
        assert getattr(terminal_text, name) is getattr(sandbox.terminal_text, name)
