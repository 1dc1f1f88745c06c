"""A follow-up: its variables, what its model is told, and where it comes from."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from graph_agent import (
    AgentWorkflow,
    CodeGenerationRequest,
    RequestError,
    ThreadError,
    forget,
)
from graph_agent.checkpoints import list_runs, open_checkpoints
from graph_agent.config.settings import Settings
from graph_agent.prompts.conversation import MAX_EARLIER_REQUESTS
from tests.graph_agent.runs.stored import blobs, store_of
from tests.one_container import OneContainer
from tests.scripted_model import ScriptedModel, fenced, verdict

SALES = pd.DataFrame({"day": ["Sat", "Sun"] * 20_000, "amount": np.arange(40_000.0)})
BY_DAY = "table = sales.groupby('day').amount.sum()\nplace = __import__('pathlib').Path('/etc')"


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


def model_of(*codes: str, good: bool = True) -> ScriptedModel:
    return ScriptedModel(codes=[fenced(code) for code in codes], verdicts=[verdict(good)] * 9)


def first(
    sandbox: OneContainer, *codes: str, good: bool = True, attempts: int = 1, **options: Any
) -> Any:
    request = CodeGenerationRequest("Sales by day", {"sales": SALES, "rate": 2}, **options)
    model = model_of(*(codes or (BY_DAY,)), good=good)
    return AgentWorkflow(request, model, attempts, sandbox=sandbox, thread_id="first").run_sync()


def blob_bytes(settings: Settings) -> int:
    return sum(path.stat().st_size for path in (settings.state_dir / "variables").glob("blobs/*/*"))


def test_names_that_it_is_not_to_know(sandbox: OneContainer) -> None:
    first(sandbox)
    model = model_of("left = 'table' in globals(), len(sales)")
    without = AgentWorkflow.follow_up(
        "first", "What is left?", model, without=["table", "rate"], sandbox=sandbox
    )
    assert without.run_sync().variables["left"] == (False, 40_000)
    assert "sales" in model.prompt(0)
    assert "rate:" not in model.prompt(0)


def test_inputs_and_results_are_variables_and_nothing_is_stored_again(
    sandbox: OneContainer, either: Settings
) -> None:
    request = CodeGenerationRequest("Sales by day", {"sales": SALES, "rate": 2})
    started = AgentWorkflow(request, model_of(BY_DAY), sandbox=sandbox, settings=either)
    done = started.run_sync()
    before = blob_bytes(either)
    model = model_of("share = table / sales.amount.sum() * rate * n\nseen = str(place)")
    options: Any = {
        "user_variables": {"n": 10},
        "checks": "assert abs(share.sum() - 20) < 1e-9",
        "returns": {"share": pd.Series, "seen": str},
        "client": model,
    }
    result = done.follow_up("Now the shares", **options).run_sync()
    assert result.success, result.transcript
    assert result.variables["share"].sum() == pytest.approx(20)
    assert result.variables["seen"] == "/etc"
    assert blob_bytes(either) - before < 20_000
    prompt = model.prompt(0)
    for told in ("1. Sales by day (solved)", "table = sales.groupby", "Request: Now the shares"):
        assert told in prompt
    assert "Generated Code (Attempt 1):** " not in result.transcript
    assert "groupby" not in result.transcript
    assert f"A follow-up to the run {done.thread_id}: Sales by day" in result.transcript
    with open_checkpoints(either) as saver:
        listed = {run.thread_id: run for run in list_runs(saver)}
    assert listed[result.thread_id].follows == done.thread_id
    assert listed[done.thread_id].follows == ""


def test_the_judge_knows_what_is_followed(sandbox: OneContainer) -> None:
    model = model_of("by_month = table")
    assert first(sandbox).follow_up("Now by month", client=model).run_sync().success
    assert model.calls == ["generate", "analyze"]
    assert "Sales by day" in model.prompt(1)


def test_awaited_with_the_first_runs_model_and_under_a_given_name(sandbox: OneContainer) -> None:
    model = model_of(BY_DAY, "top = table.idxmax()")
    request = CodeGenerationRequest("Sales by day", {"sales": SALES})

    async def both() -> Any:
        done = await AgentWorkflow(request, model, sandbox=sandbox).run()
        return await done.follow_up("The best day", new_thread_id="second").run()

    result = asyncio.run(both())
    assert (result.thread_id, result.variables["top"]) == ("second", "Sun")
    assert model.calls == ["generate", "analyze"] * 2
    with pytest.raises(ThreadError, match="another thread id"):
        result.follow_up("Once more", new_thread_id="second").run_sync()


def test_after_a_failed_run_what_there_is_can_be_used(sandbox: OneContainer) -> None:
    failed = first(sandbox, "table = [1]", good=False)
    assert not failed.success
    model = model_of("again = [*table, rate]")
    result = failed.follow_up("Add the rate", client=model).run_sync()
    assert result.variables["again"] == [1, 2]
    assert "1. Sales by day (not solved)" in model.prompt(0)
    crashed = first_again = AgentWorkflow.follow_up(
        result.thread_id, "Divide", model_of("1 / 0", good=False), 1, sandbox=sandbox
    ).run_sync()
    model = model_of("x = len(again)")
    assert first_again.attempts[0].execution.outcome == "error"
    assert crashed.follow_up("Count them", client=model).run_sync().variables["x"] == 2


def test_after_a_run_that_waits_or_was_stopped(sandbox: OneContainer) -> None:
    waiting = first(sandbox, approve="always")
    assert waiting.waiting_for is not None
    with pytest.raises(ThreadError, match=r"waits for .*resume first --yes"):
        waiting.follow_up("Next").run_sync()
    broken = ScriptedModel(codes=[RuntimeError("no")])
    workflow = AgentWorkflow(CodeGenerationRequest("x"), broken, sandbox=sandbox)
    with pytest.raises(Exception, match="no"):
        workflow.run_sync()
    with pytest.raises(ThreadError, match=f"resume {workflow.thread_id}"):
        AgentWorkflow.follow_up(workflow.thread_id, "y", broken, sandbox=sandbox).run_sync()
    with pytest.raises(ThreadError, match="no run 'nowhere'"):
        AgentWorkflow.follow_up("nowhere", "y", broken, sandbox=sandbox).run_sync()


def test_values_that_are_gone_are_named_and_can_be_given_again(
    sandbox: OneContainer, settings: Settings
) -> None:
    done = first(sandbox)
    table = next(
        each["sha256"]
        for each in done.output["attempts"][0]["execution"]["variables"]
        if each["name"] == "table"
    )
    path = store_of(settings).root / "blobs" / table[:2] / table
    path.unlink()
    with pytest.raises(ThreadError, match=r"values of 'table' of the run 'first'"):
        done.follow_up("More", client=model_of()).run_sync()
    model = model_of("x = int(table.iloc[0])")
    again = {"table": pd.Series([7])}
    result = done.follow_up("More", client=model, user_variables=again).run_sync()
    assert result.variables["x"] == 7
    for each in blobs(settings):
        (store_of(settings).root / "blobs" / each[:2] / each).unlink()
    with pytest.raises(ThreadError, match=r"values of 'place', 'rate', 'sales', 'table' of"):
        done.follow_up("More", client=model_of()).run_sync()


def test_a_chain_is_bounded(sandbox: OneContainer) -> None:
    result = first(sandbox, "n = 0\ntable = list(range(1000))")
    for turn in range(3):
        model = model_of(f"n = n + 1  # turn {turn}\ntable = table[:-1]")
        result = result.follow_up(f"Count on {turn}", client=model).run_sync()
    assert (result.variables["n"], len(result.variables["table"])) == (3, 997)
    prompt = model.prompt(0)
    for line in ("1. Sales by day (solved)", "3. Count on 1 (solved)", "# turn 1"):
        assert line in prompt
    bundle = result.output["variables"]
    assert sorted(variable["name"] for variable in bundle["variables"]) == [
        *("n", "rate", "sales", "table"),
    ]
    for turn in range(MAX_EARLIER_REQUESTS):
        state = {**result.output, "earlier": [*result.output["earlier"]] * turn}
        assert len(state["earlier"]) <= MAX_EARLIER_REQUESTS * turn


def test_a_killed_follow_up_is_resumed_elsewhere(sandbox: OneContainer, settings: Settings) -> None:
    done = first(sandbox)
    program = """\
import os, signal
from graph_agent import AgentWorkflow
from tests.scripted_model import ScriptedModel
die = lambda _: os.kill(os.getpid(), signal.SIGKILL)
model = ScriptedModel(codes=[die])
AgentWorkflow.follow_up("first", "The best day", model, new_thread_id="second").run_sync()
"""
    root = Path(__file__).parents[3]
    killed = subprocess.run([sys.executable, "-c", program], cwd=root, check=False)
    assert killed.returncode == -9
    forget(done.thread_id, settings=settings)
    model = model_of("top = table.idxmax()")
    result = AgentWorkflow.resume("second", model, sandbox=sandbox).run_sync()
    assert result.variables["top"] == "Sun"
    assert "1. Sales by day (solved)" in model.prompt(0)


def test_forgetting_the_first_run_keeps_what_its_follow_up_refers_to(
    sandbox: OneContainer, settings: Settings
) -> None:
    result = first(sandbox).follow_up("Count", client=model_of("n = len(table)")).run_sync()
    forget("first", settings=settings)
    model = model_of("m = len(sales) + n")
    after = result.follow_up("And now", client=model).run_sync()
    assert after.variables["m"] == 40_002
    forget(everything=True, settings=settings)
    deadline = time.monotonic() + 30
    while blobs(settings) and time.monotonic() < deadline:  # the last container has them still
        time.sleep(0.1)
        forget(everything=True, settings=settings)
    assert blobs(settings) == set()
    with pytest.raises(ThreadError, match="no run"):
        result.follow_up("Too late", client=model).run_sync()


def test_privacy_and_limits_are_the_earlier_runs_unless_given(sandbox: OneContainer) -> None:
    done = first(sandbox, privacy="schema", candidates=1, attempts=2)
    told = done.follow_up("Next", client=model_of("x = 1")).run_sync()
    assert (told.output["privacy"], told.output["max_attempts"]) == ("schema", 2)
    laxer = done.follow_up("Next", client=model_of("x = 1"), privacy="sample").run_sync()
    assert laxer.output["privacy"] == "sample"
    assert "19,999" not in str(laxer.output["summaries"])


@pytest.mark.parametrize(
    "options",
    [{"privacy": "all"}, {"checks": "("}, {"user_variables": {"1": 2}}, {"request_text": " "}],
)
def test_bad_input_is_refused_at_once(options: dict[str, Any]) -> None:
    text = options.pop("request_text", "More")
    with pytest.raises((RequestError, Exception), match=r"privacy|checks|variable name|empty"):
        AgentWorkflow.follow_up("first", text, **options)
