"""A program whose run waits for a person and continues, for tests of its trace."""

from __future__ import annotations

import json
import sys
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from graph_agent import CodeGenerationRequest, build_graph
from graph_agent.request import default_store
from sandbox import DockerSandbox
from tests.scripted_model import ScriptedModel, fenced, verdict


def main() -> None:
    """Print why it waits, refuse an invalid answer, and continue after an approval."""
    thread: Any = {"configurable": {"thread_id": "t"}}
    model = ScriptedModel(codes=[fenced("x = 1")], verdicts=[verdict(True)])
    with DockerSandbox() as sandbox:
        graph: Any = build_graph(model, InMemorySaver(), sandbox=sandbox)
        request = CodeGenerationRequest("Go", approve="always")
        waiting = graph.invoke(request.to_input(default_store()), thread)
        json.dump(waiting["__interrupt__"][0].value["reasons"], sys.stdout)
        graph.invoke(Command(resume="answercanary"), thread)
        assert graph.invoke(Command(resume="approve"), thread)["success"]


if __name__ == "__main__":
    main()
