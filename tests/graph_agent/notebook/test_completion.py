"""What is offered on the line of a magic."""

from __future__ import annotations

import pytest

from graph_agent.notebook.completion import completions
from tests.scripted_model import ScriptedModel

OWN = {"tips": 1, "total": 2, "test": "assert total"}
SPACE = {**OWN, "my_model": ScriptedModel(), "_hidden": ScriptedModel()}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("%%codegen t", ["test", "tips", "total"]),
        ("%%codegen tips, to", ["total"]),
        ("%codegen --ac", ["--accept"]),
        ("%%codegen --accept --ac", []),
        ("%%codegen --privacy s", ["sample", "schema", "stats"]),
        ("%%codegen --model my", ["my_model"]),
        ("%%codegen --model local-s", ["local-small"]),
        ("%%codegen --checks ", ["test"]),
        ("%%codegen --returns to", ["total"]),
        ("%%codegen --candidates ", []),
        ("%codegen_accept sh", ["share"]),
        ("%codegen_reject --", ["--model", "--thread"]),
        ("%%codege", None),
        ("codegen t", None),
        ("x = 1", None),
    ],
)
def test_completions(line: str, offered: list[str] | None) -> None:
    assert completions(line, OWN, SPACE, ["share"]) == offered
