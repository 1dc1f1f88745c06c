"""The sandbox and the agent as LangChain tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from langchain_core.messages import ToolMessage

import graph_agent
from graph_agent import CodeGenerationResult, agent_tool, codegen_tool
from sandbox import DockerSandbox, Execution
from tests.scripted_model import ScriptedModel, fenced, verdict

pytestmark = pytest.mark.docker


def _call(tool: Any, **arguments: Any) -> ToolMessage:
    call = {"type": "tool_call", "id": "1", "name": tool.name, "args": arguments}
    message = tool.invoke(call)
    assert isinstance(message, ToolMessage)
    return message


def test_names_are_exported() -> None:
    assert {"agent_tool", "codegen_tool"} <= set(graph_agent.__all__)


def test_one_run_each(sandbox: DockerSandbox) -> None:
    tool = codegen_tool(sandbox, {"df": pd.DataFrame({"a": [1, 2]})})
    assert "df" in tool.description
    assert set(tool.args) == {"code"}
    message = _call(
        tool, code="import matplotlib.pyplot as plt\nplt.plot([1, 2])\nx = int(df.a.sum())\nx"
    )
    assert isinstance(message.artifact, Execution)
    assert message.artifact.variables["x"] == 3
    kinds = [block["type"] for block in message.content_blocks]
    assert kinds == ["text", "image"]
    assert "x: 3" in message.text
    assert "NameError" in _call(tool, code="x").text


def test_names_live_on_in_a_session(sandbox: DockerSandbox) -> None:
    with sandbox.session() as session:
        tool = codegen_tool(session, {"n": 1})
        assert "Names live on" in tool.description
        _call(tool, code="n += 1\ndef f(): return n")
        assert "2" in _call(tool, code="f()").text
    message = _call(tool, code="n")
    assert message.status == "error"
    assert "ended" in message.text


def test_a_question(tmp_path: Path, sandbox: DockerSandbox) -> None:
    path = tmp_path / "tips.csv"
    path.write_text("tip\n1\n2\n")
    client = ScriptedModel(
        codes=[fenced("answer = int(tips.tip.sum())\nanswer")] * 2, verdicts=[verdict(True)] * 2
    )
    tool = agent_tool(client, {"other": 1}, {"tips": path}, sandbox=sandbox)
    assert "tips" in tool.description
    message = _call(tool, question="What is the sum of the tips?", variables=["tips"])
    assert "Answer: 3" in message.text
    assert isinstance(message.artifact, CodeGenerationResult)
    message = _call(tool, question="What is it?", variables=["gone"])
    assert message.status == "error"
    assert "there is other, tips" in message.text
