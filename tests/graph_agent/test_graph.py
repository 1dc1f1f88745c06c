"""The graph on a real engine, its model scripted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graph_agent import CodeGenerationRequest, build_graph
from graph_agent.checkpoints import open_saver
from graph_agent.config.settings import Settings
from graph_agent.errors import ModelRequestError, ModelTransientError
from graph_agent.samples import load_tips
from sandbox import DockerSandbox, SandboxUnavailableError, VariableStore
from tests.scripted_model import ScriptedModel, fenced, verdict

PIVOT = """\
import seaborn as sns, matplotlib.pyplot as plt
tips = tips_data.assign(tip_pct=tips_data["tip"] / tips_data["total_bill"] * 100)
pivot_table = tips.pivot_table(index="day", columns="time", values="tip_pct", aggfunc="mean")
sns.heatmap(pivot_table, annot=True)
plt.show()
"""
THREAD: Any = {"configurable": {"thread_id": "t1"}}


@pytest.fixture
def store(settings: Settings) -> VariableStore:
    return VariableStore(settings.state_dir / "variables")


def graph_for(model: ScriptedModel, sandbox: DockerSandbox, saver: Any = None) -> Any:
    return build_graph(model, saver, sandbox=sandbox)


def test_the_nodes_have_the_contracts_names() -> None:
    assert {"generate", "execute", "analyze", "decide"} <= set(build_graph().get_graph().nodes)


def test_the_schemas_the_server_shows_are_whole() -> None:
    graph = build_graph()
    assert "request" in graph.get_input_jsonschema()["properties"]
    assert "attempts" in graph.get_output_jsonschema()["properties"]


def test_the_main_job(sandbox: DockerSandbox, store: VariableStore) -> None:
    model = ScriptedModel(codes=[fenced(PIVOT)], verdicts=[verdict(True, why="Right.")])
    request = CodeGenerationRequest(
        "Average tip percentage by day and time as a pivot table, and a heatmap",
        {"tips_data": load_tips()},
        returns=["pivot_table"],
    )
    out = graph_for(model, sandbox).invoke(request.to_input(store))
    assert out["success"] is True
    assert out["code"].startswith("# User request: Average tip percentage")
    execution = out["attempts"][0]["execution"]
    assert [variable["name"] for variable in execution["variables"]] == ["pivot_table"]
    assert len(execution["figures"]) == 1
    assert out["attempts"][0]["analysis"]["explanation"] == "Right."
    assert out["usage"]["generate"] == {
        "calls": 1,
        "input_tokens": 10,
        "output_tokens": 5,
        "cached_calls": 0,
    }


def test_input_state_and_checkpoints_are_plain_json(
    sandbox: DockerSandbox, store: VariableStore
) -> None:
    secret = pd.DataFrame({"column": ["row-canary-1", "row-canary-2"] * 50_000})
    request = CodeGenerationRequest("Count the rows", {"df": secret}, privacy="schema")
    input_ = request.to_input(store)
    saver = InMemorySaver()
    model = ScriptedModel(codes=[fenced("n = len(df)")], verdicts=[verdict(True)])
    out = graph_for(model, sandbox, saver).invoke(input_, THREAD)
    values = [saved.checkpoint["channel_values"] for saved in saver.list(THREAD)]
    for plain in (input_, out, values):
        text = json.dumps(plain)
        assert "row-canary" not in text
        assert len(text) < 100_000


def test_the_model_sees_a_failure_and_fixes_it(
    sandbox: DockerSandbox, store: VariableStore
) -> None:
    model = ScriptedModel(
        codes=[fenced("column = 'b'\ntotal = df[column].sum()"), fenced("total = df['a'].sum()")],
        verdicts=[verdict(False, why="No such column.", plan="Use column a."), verdict(True)],
    )
    request = CodeGenerationRequest("Add it up", {"df": pd.DataFrame({"a": [1, 2]})})
    out = graph_for(model, sandbox).invoke(request.to_input(store))
    assert out["success"]
    assert [attempt["number"] for attempt in out["attempts"]] == [1, 2]
    assert model.calls == ["generate", "analyze"] * 2
    again = model.prompt(2)
    assert "KeyError: 'b'" in again
    assert "Use column a." in again
    assert "df[column].sum()" in again
    assert 'File "generated_code.py", line 2' in again
    assert "site-packages" not in again


def test_code_that_does_not_parse_costs_no_container(store: VariableStore) -> None:
    class NoRun(DockerSandbox):
        def run(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("nothing is to be run")

    model = ScriptedModel(codes=[fenced("x = ("), "I would rather not."], verdicts=[])
    with NoRun() as sandbox:
        out = graph_for(model, sandbox).invoke(
            CodeGenerationRequest("Go").to_input(store, max_attempts=2)
        )
    assert not out["success"]
    assert "does not parse" in out["attempts"][0]["problem"]
    assert out["attempts"][1]["problem"] == "the answer held no code"
    assert model.calls == ["generate", "generate"]


def test_a_model_that_repeats_its_failing_code_is_not_run_on(
    sandbox: DockerSandbox, store: VariableStore
) -> None:
    model = ScriptedModel(
        codes=[fenced("1 / 0"), fenced("1/0  # again")], verdicts=[verdict(False)]
    )
    out = graph_for(model, sandbox).invoke(CodeGenerationRequest("Go").to_input(store, 5))
    assert not out["success"]
    assert len(out["attempts"]) == 2
    assert out["attempts"][1]["execution"] is None


def test_should_retry_false_is_obeyed(sandbox: DockerSandbox, store: VariableStore) -> None:
    model = ScriptedModel(codes=[fenced("x = 1")], verdicts=[verdict(False, retry=False)])
    out = graph_for(model, sandbox).invoke(CodeGenerationRequest("Go").to_input(store, 5))
    assert not out["success"]
    assert len(out["attempts"]) == 1


def test_checks_decide_without_the_model(sandbox: DockerSandbox, store: VariableStore) -> None:
    model = ScriptedModel(codes=[fenced("x = 1"), fenced("x = 2")])
    request = CodeGenerationRequest("Set x to two", checks="assert x == 2, 'x is not two'")
    out = graph_for(model, sandbox).invoke(request.to_input(store))
    assert out["success"]
    assert model.calls == ["generate", "generate"]
    assert "x is not two" in out["attempts"][0]["analysis"]["explanation"]
    assert "x is not two" in model.prompt(1)


def test_a_warning_is_not_a_failure(sandbox: DockerSandbox, store: VariableStore) -> None:
    code = "import warnings\nwarnings.warn('old', FutureWarning)\nx = 1"
    model = ScriptedModel(codes=[fenced(code)], verdicts=[verdict(True)])
    out = graph_for(model, sandbox).invoke(CodeGenerationRequest("Go").to_input(store))
    assert out["success"]
    assert "FutureWarning" in out["attempts"][0]["execution"]["stderr"]


def test_no_success_against_a_finding(sandbox: DockerSandbox, store: VariableStore) -> None:
    model = ScriptedModel(
        codes=[fenced("x = 1"), fenced("x = 2")], verdicts=[verdict(True), verdict(True)]
    )
    request = CodeGenerationRequest("Plot x")
    out = graph_for(model, sandbox).invoke(request.to_input(store, 2))
    assert not out["success"]
    assert out["attempts"][0]["analysis"]["findings"][0]["rule"] == "no_figure"


def test_an_unreadable_judgement_does_not_cost_the_result(
    sandbox: DockerSandbox, store: VariableStore
) -> None:
    said = "Looks fine to me!"
    model = ScriptedModel(codes=[fenced("x = 1")], verdicts=[said, said])
    out = graph_for(model, sandbox).invoke(CodeGenerationRequest("Go").to_input(store))
    assert out["success"]
    assert out["attempts"][0]["analysis"]["judged_by"] == "nobody"


def test_the_prompt_names_variables_and_libraries(
    sandbox: DockerSandbox, store: VariableStore
) -> None:
    def area(width: float, height: float) -> float:
        """Multiply both sides."""
        return width * height

    model = ScriptedModel(codes=[fenced("x = area(2, 3)")], verdicts=[verdict(True)])
    request = CodeGenerationRequest(
        "Use them", {"tips": load_tips(), "area": area, "sizes": {"a": 1}}, returns=["x"]
    )
    out = graph_for(model, sandbox).invoke(request.to_input(store))
    prompt = model.prompt(0)
    for fact in ("244", "total_bill", "area", "width", "Multiply both sides", "sizes", "pandas 3"):
        assert fact in prompt
    assert out["attempts"][0]["execution"]["variables"][0]["name"] == "x"


def test_a_passing_fault_of_the_provider_is_retried(
    sandbox: DockerSandbox, store: VariableStore
) -> None:
    model = ScriptedModel(
        codes=[ModelTransientError("busy"), fenced("x = 1")], verdicts=[verdict(True)]
    )
    out = graph_for(model, sandbox).invoke(CodeGenerationRequest("Go").to_input(store))
    assert out["success"]
    assert len(out["attempts"]) == 1


def test_a_rejected_call_is_not_retried_and_resumable(
    sandbox: DockerSandbox, store: VariableStore, tmp_path: Path
) -> None:
    model = ScriptedModel(
        codes=[fenced("x = 1")], verdicts=[ModelRequestError("bad key"), verdict(True)]
    )
    with open_saver(tmp_path) as saver:
        graph = graph_for(model, sandbox, saver)
        with pytest.raises(ModelRequestError):
            graph.invoke(CodeGenerationRequest("Go").to_input(store), THREAD)
        out = graph.invoke(None, THREAD)
    assert out["success"]
    assert model.calls == ["generate", "analyze", "analyze"]


def test_an_engine_that_fails_spends_no_attempt(
    sandbox: DockerSandbox, store: VariableStore, tmp_path: Path
) -> None:
    model = ScriptedModel(codes=[fenced("x = 1")], verdicts=[verdict(True)])
    with open_saver(tmp_path) as saver, DockerSandbox(image="codegen-agent:none") as broken:
        with pytest.raises(SandboxUnavailableError, match="sandbox build"):
            graph_for(model, broken, saver).invoke(
                CodeGenerationRequest("Go").to_input(store), THREAD
            )
        assert model.calls == []
        out = graph_for(model, sandbox, saver).invoke(None, THREAD)
    assert out["success"]
    assert [attempt["number"] for attempt in out["attempts"]] == [1]


def test_new_input_on_a_used_thread_starts_a_new_run(
    sandbox: DockerSandbox, store: VariableStore
) -> None:
    model = ScriptedModel(
        codes=[fenced("x = 1"), fenced("x = 2")], verdicts=[verdict(True), verdict(True)]
    )
    graph = graph_for(model, sandbox, InMemorySaver())
    graph.invoke(CodeGenerationRequest("One").to_input(store), THREAD)
    out = graph.invoke(CodeGenerationRequest("Two").to_input(store), THREAD)
    assert [attempt["number"] for attempt in out["attempts"]] == [1]
    assert out["code"].startswith("# User request: Two")
