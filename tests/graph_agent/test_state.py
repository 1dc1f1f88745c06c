"""The descriptions of the state's fields, from which LangGraph Studio makes its form."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from graph_agent.state import AgentInput, AgentOutput, GivenFile


@pytest.mark.parametrize("kind", [AgentInput, AgentOutput, GivenFile])
def test_every_field_is_described(kind: Any) -> None:
    fields = TypeAdapter(kind).json_schema()["properties"]
    assert fields.keys() == kind.__annotations__.keys()
    assert [name for name, field in fields.items() if not field.get("description")] == []
