"""What a graph binds to its nodes."""

from __future__ import annotations

from pathlib import Path

from graph_agent import CodeGenerationRequest, build_graph
from sandbox import VariableStore
from tests.benchmarks.instant import InstantSandbox
from tests.scripted_model import ScriptedModel, fenced, verdict


def test_each_graph_has_dependencies_of_its_own(tmp_path: Path) -> None:
    store = VariableStore(tmp_path)
    graphs = [
        build_graph(
            ScriptedModel(codes=[fenced(f"x = {number}")], verdicts=[verdict(True)]),
            sandbox=InstantSandbox(),  # type: ignore[arg-type]  # nothing stops it
            store=store,
        )
        for number in range(2)
    ]
    given = CodeGenerationRequest("Set x").to_input(store)
    codes = [graph.invoke(given)["code"].splitlines()[-1] for graph in graphs]
    assert codes == ["x = 0", "x = 1"]
