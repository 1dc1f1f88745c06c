"""AgentWorkflow: a whole run, its events, and resuming."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graph_agent import (
    AgentWorkflow,
    Analyzed,
    Budget,
    CodeGenerationRequest,
    CodeToken,
    Decided,
    Executed,
    Finished,
    Generated,
    ModelRequestError,
    ModelSetupError,
    Printed,
    RequestError,
    Started,
    ThreadError,
)
from graph_agent.errors import ModelUnknownError
from graph_agent.samples import load_tips
from sandbox import DockerSandbox
from tests.scripted_model import ScriptedModel, fenced, verdict

PIVOT = """\
import seaborn as sns
tips_data["pct"] = tips_data["tip"] / tips_data["total_bill"] * 100
pivot_table = tips_data.pivot_table(index="day", columns="time", values="pct")
ax = sns.heatmap(pivot_table, annot=True)
print(pivot_table.round(2))
"""


def test_a_request_with_checks_and_a_figure() -> None:
    tips = load_tips()
    client = ScriptedModel(codes=[fenced(PIVOT)])
    request = CodeGenerationRequest(
        request_text="Average tip percentage by day and time as a pivot table, and a heatmap",
        user_variables={"tips_data": tips},
        checks="assert pivot_table.shape == (4, 2)",
        returns=["pivot_table"],
    )
    result = asyncio.run(AgentWorkflow(request=request, client=client, max_code_generation=3).run())
    assert result.success
    assert result.code.startswith("# User request: Average tip percentage by day")
    table = result.variables["pivot_table"]
    tips["pct"] = tips["tip"] / tips["total_bill"] * 100
    expected = tips.pivot_table(index="day", columns="time", values="pct")
    pd.testing.assert_frame_equal(table, expected)
    assert result.figures[0].data.startswith(b"\x89PNG")
    assert result.figures[0].width > 100
    assert result.attempts[0].number == 1
    assert result.attempts[0].execution is not None
    assert result.attempts[0].execution.changed_inputs == ("tips_data",)
    assert result.usage["generate"].calls == 1
    with pytest.raises(TypeError):
        result.variables["x"] = 1  # type: ignore[index]
    for heading in (
        "**Generated Code (Attempt 1):**",
        "**Execution Results (Attempt 1):**",
        "STDOUT",
        "STDERR",
        "**Analysis:**",
        "**Success:** Yes",
        "**Should Retry:** No",
        "**Plan for Next Attempt:**",
        "**Code Assessment:**",
    ):
        assert heading in result.transcript


def test_events_in_order(sandbox: DockerSandbox) -> None:
    client = ScriptedModel(
        codes=[fenced("print('hi')\n1 / 0"), fenced("x = 1")],
        verdicts=[verdict(False), verdict(True)],
    )
    workflow = AgentWorkflow(CodeGenerationRequest("Go"), client, sandbox=sandbox)
    events = list(workflow.stream())
    round_ = [Generated, Executed, Analyzed, Decided]
    kinds = [type(event) for event in events if not isinstance(event, (CodeToken, Printed))]
    assert kinds == [Started, *round_, *round_, Finished]
    printed = "".join(event.text for event in events if isinstance(event, Printed))
    assert printed == "hi\n"
    assert [event.number for event in events if isinstance(event, Executed)] == [1, 2]


def test_an_interrupted_run_is_resumed_without_asking_twice(sandbox: DockerSandbox) -> None:
    request = CodeGenerationRequest("Go", {"n": 20})
    first = ScriptedModel(codes=[fenced("x = n + 1")], verdicts=[ModelRequestError("no")])
    workflow = AgentWorkflow(request, first, sandbox=sandbox, thread_id="again")
    with pytest.raises(ModelRequestError):
        workflow.run_sync()
    second = ScriptedModel(verdicts=[verdict(True)])
    result = AgentWorkflow.resume("again", second, sandbox=sandbox).run_sync()
    assert result.success
    assert result.variables["x"] == 21
    assert second.calls == ["analyze"]


def test_resuming_a_finished_run_returns_its_result_without_a_call(sandbox: DockerSandbox) -> None:
    client = ScriptedModel(codes=[fenced("x = 1")], verdicts=[verdict(True)])
    request = CodeGenerationRequest("Go")
    AgentWorkflow(request, client, sandbox=sandbox, thread_id="done").run_sync()
    again = AgentWorkflow.resume("done", ScriptedModel(), sandbox=sandbox).run_sync()
    assert again.variables["x"] == 1


def test_a_budget_record_limits_a_run_and_its_resumption_by_name(sandbox: DockerSandbox) -> None:
    model = ScriptedModel(codes=[fenced("1 / 0"), fenced("x = 1")], verdicts=[verdict(False)])
    request = CodeGenerationRequest("Go", budget=Budget(model_calls=2))
    result = AgentWorkflow(request, model, sandbox=sandbox, thread_id="limited").run_sync()
    assert (result.stopped_by, result.budget.model_calls) == ("model_calls", 2)
    more = Budget(model_calls=4)
    model.verdicts.append(verdict(True))
    resumed = AgentWorkflow.resume("limited", model, sandbox=sandbox, budget=more).run_sync()
    assert (resumed.success, resumed.budget.model_calls) == (True, 4)


def test_no_such_run(sandbox: DockerSandbox) -> None:
    with pytest.raises(ThreadError, match="'nowhere'"):
        AgentWorkflow.resume("nowhere", ScriptedModel(), sandbox=sandbox).run_sync()


def test_an_unusable_model_fails_before_anything_starts(tmp_path: Path) -> None:
    request = CodeGenerationRequest("Go", {"n": 1})
    with pytest.raises(ModelSetupError):
        AgentWorkflow(request, "no-such-model").run_sync()
    assert not (tmp_path / "state").exists()


KILLED = """
import sys, time
from graph_agent import AgentWorkflow, CodeGenerationRequest
from tests.scripted_model import ScriptedModel, fenced, verdict

def slow(_):
    print("analyzing", flush=True)
    time.sleep(100)

client = ScriptedModel(codes=[fenced("x = n * 2")], verdicts=[slow])
request = CodeGenerationRequest("Double it", {"n": 21})
AgentWorkflow(request, client, thread_id="killed").run_sync()
"""


def test_a_killed_run_continues_in_another_process(sandbox: DockerSandbox) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "analyzing\n"
    process.kill()
    process.wait()
    process.stdout.close()
    client = ScriptedModel(verdicts=[verdict(True)])
    result = AgentWorkflow.resume("killed", client, sandbox=sandbox).run_sync()
    assert result.success
    assert result.variables["x"] == 42
    assert client.calls == ["analyze"]


REQUEST = CodeGenerationRequest("Add it up")


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("mean tip?",), {}, r"CodeGenerationRequest\('what to do'"),
        (({"request": "x"},), {}, "not dict"),
        ((REQUEST, "gtp"), {}, "did you mean 'openai:gpt-…'"),
        ((REQUEST, "opnai:gpt-5"), {}, "did you mean 'openai:gpt-5'"),
        ((REQUEST, 5), {}, "not int"),
        ((REQUEST, ScriptedModel().with_config(tags=["x"])), {}, "chat model"),
        ((REQUEST, None, "3"), {}, "'attempts'"),
        ((REQUEST, None, True), {}, "'attempts'"),
        ((REQUEST, None, 0), {}, "'attempts'"),
        ((REQUEST,), {"budget": {"token": 5}}, "'token'.*tokens"),
        ((REQUEST,), {"budget": 5}, "not int"),
        ((REQUEST,), {"thread_id": 5}, "5 can't name a run"),
        ((REQUEST,), {"thread_id": ""}, "can't name a run"),
    ],
)
def test_unusable_arguments_are_refused_at_once(
    arguments: tuple[Any, ...], options: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises((RequestError, ModelUnknownError), match=words):
        AgentWorkflow(*arguments, **options)
    assert not (tmp_path / "state").exists()


def test_an_unknown_model_of_the_settings_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CODEGEN_AGENT_MODEL", "gemeni-2.5-pro")
    with pytest.raises(ModelUnknownError, match="did you mean 'gemini-2.5-pro'"):
        AgentWorkflow(REQUEST)
