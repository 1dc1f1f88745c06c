"""A daemon that is stopped, killed or frozen in each phase of a run through the whole graph.

The run ends with an exception, not with a failed attempt. When the engine works again, the
resumed run gives the right answer, the model isn't asked again, and nothing is left.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest
from graph_agent.runs.events import Finished, Printed
from sandbox import DockerSandbox, SandboxPolicy, SandboxUnavailableError, VariableStore
from tests.faults.engine_faults import KillableEngine, StruckApi
from tests.sandbox.engine.second_engine import IMAGE, filled
from tests.scripted_model import ScriptedModel, fenced, verdict

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (hasattr(os, "geteuid") and os.geteuid() == 0)
        or not (shutil.which("dockerd") and shutil.which("unshare")),
        reason="starting a second engine takes root, dockerd and unshare",
    ),
]
POLICY = SandboxPolicy(timeout_s=20, memory="256m", start_timeout_s=10)
ANSWER_S = 2.0
"""How long the engine may take to answer a call."""
GONE_S = 20.0
CODE = "print('up', flush=True)\nanswer = n + 1\nbig = bytes(8 << 20)"
SLEEPS = f"import time\nprint('up', flush=True)\ntime.sleep(2)\n{CODE}"
Fault = Callable[[KillableEngine], None]


def power_cut(engine: KillableEngine) -> None:
    engine.kill()


def killed(engine: KillableEngine) -> None:
    engine.signal_daemon(signal.SIGKILL)


def stopped(engine: KillableEngine) -> None:
    engine.signal_daemon(signal.SIGTERM)


def frozen(engine: KillableEngine) -> None:
    engine.signal_daemon(signal.SIGSTOP)


@pytest.fixture(scope="module")
def engine() -> Iterator[KillableEngine]:
    with filled(KillableEngine()) as (engine, _):
        yield engine


@pytest.fixture
def client(engine: KillableEngine) -> Iterator[Any]:
    from sandbox.engine.connection import connect

    engine.repair()  # after a test that failed
    with contextlib.closing(connect(engine.address, ANSWER_S)) as client:
        yield client


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path / "state" / "variables")


@pytest.fixture
def sandbox(client: Any, store: VariableStore) -> Iterator[DockerSandbox]:
    with DockerSandbox(POLICY, client=client, image=IMAGE, store=store) as sandbox:
        yield sandbox


def workflow(model: ScriptedModel, sandbox: DockerSandbox) -> AgentWorkflow:
    request = CodeGenerationRequest("Add one", {"n": 1}, returns=["answer", "big"])
    return AgentWorkflow(request, model, sandbox=sandbox, thread_id="t")


def scripted(code: str = CODE) -> ScriptedModel:
    return ScriptedModel(codes=[fenced(code)], verdicts=[verdict(True)])


def assert_resumes(model: ScriptedModel, sandbox: DockerSandbox, *, begun: bool = True) -> None:
    """Finish the run: by resuming it, or where nothing was saved, by starting it."""
    again = AgentWorkflow.resume("t", model, sandbox=sandbox) if begun else workflow(model, sandbox)
    result = again.run_sync()
    assert result.success
    assert result.variables["answer"] == 2
    assert [attempt.number for attempt in result.attempts] == [1]
    assert model.calls == ["generate", "analyze"]


def exists(client: Any, listed: dict[str, Any]) -> bool:
    """Whether a container is there.

    A restarted engine may go on listing one that it removed, without a name and as dead. It then
    says itself, when asked for it or told to remove it, that there is none.
    """
    try:
        client.api.inspect_container(listed["Id"])
    except docker.errors.NotFound:
        return False
    return True


def assert_nothing_left(client: Any, store: VariableStore) -> None:
    deadline = time.monotonic() + GONE_S
    while True:
        left = [
            *(each for each in client.api.containers(all=True) if exists(client, each)),
            *(client.api.volumes()["Volumes"] or ()),
            *(store.root / "jobs").glob("*"),
        ]
        if not left:
            return
        assert time.monotonic() < deadline, [str(each) for each in left]
        time.sleep(0.1)


PHASES = {
    "looking at the engine": ("info", "before"),
    "looking for the image": ("inspect_image", "before"),
    "creating": ("create_container", "before"),
    "created": ("create_container", "after"),
    "attaching": ("attach_socket", "before"),
    "starting": ("start", "before"),
    "started": ("start", "after"),
    "sending results": ("receive", "before"),
}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("fault", [killed, power_cut])
def test_it_ends_in_a_phase(
    phase: str,
    fault: Fault,
    engine: KillableEngine,
    client: Any,
    sandbox: DockerSandbox,
    store: VariableStore,
) -> None:
    model, api = scripted(), client.api
    struck = StruckApi(api, *PHASES[phase], lambda: fault(engine))
    client.api = struck
    with pytest.raises(SandboxUnavailableError):
        workflow(model, sandbox).run_sync()
    assert struck.struck
    client.api = api
    engine.repair()
    assert_resumes(model, sandbox, begun=bool(model.calls))
    sandbox.close()
    assert_nothing_left(client, store)


@pytest.mark.parametrize("fault", [killed, power_cut])
def test_it_ends_while_code_runs(
    fault: Fault, engine: KillableEngine, client: Any, sandbox: DockerSandbox, store: VariableStore
) -> None:
    model, struck = scripted(SLEEPS), []

    def follow() -> None:
        for event in workflow(model, sandbox).stream():
            if isinstance(event, Printed) and not struck:
                struck.append(fault)
                fault(engine)

    with pytest.raises(SandboxUnavailableError):
        follow()
    assert struck
    engine.repair()
    assert_resumes(model, sandbox)
    sandbox.close()
    assert_nothing_left(client, store)


@pytest.mark.parametrize("fault", [killed, power_cut])
def test_it_ends_while_a_container_waits_for_its_job(
    fault: Fault, engine: KillableEngine, client: Any, sandbox: DockerSandbox, store: VariableStore
) -> None:
    def answer(_: Any) -> str:
        sandbox._pool._waiting[0].lease.result()
        fault(engine)
        return fenced(CODE)

    model = ScriptedModel(codes=[answer], verdicts=[verdict(True)])
    with pytest.raises(SandboxUnavailableError):
        workflow(model, sandbox).run_sync()
    engine.repair()
    assert_resumes(model, sandbox)
    sandbox.close()
    assert_nothing_left(client, store)


@pytest.mark.parametrize("fault", [killed, power_cut])
def test_it_ends_while_a_container_is_removed(
    fault: Fault, engine: KillableEngine, client: Any, sandbox: DockerSandbox, store: VariableStore
) -> None:
    """The run has its results by then."""
    model, api = scripted(), client.api
    struck = StruckApi(api, "remove_container", "before", lambda: fault(engine))
    client.api = struck
    try:
        result = workflow(model, sandbox).run_sync()
    finally:
        client.api = api
        engine.repair()
    assert struck.struck
    assert result.success
    assert result.variables["answer"] == 2
    sandbox.close()
    assert_nothing_left(client, store)


def test_an_engine_that_is_told_to_stop_while_code_runs(
    engine: KillableEngine, client: Any, sandbox: DockerSandbox, store: VariableStore
) -> None:
    """It gives containers time to end, so that a short run may finish."""
    model = scripted(SLEEPS)
    with contextlib.suppress(SandboxUnavailableError):
        for event in workflow(model, sandbox).stream():
            if isinstance(event, Printed) and event.text == "up\n":
                stopped(engine)
    engine.repair()
    assert_resumes(model, sandbox)
    sandbox.close()
    assert_nothing_left(client, store)


def test_a_frozen_engine_that_continues_changes_nothing(
    engine: KillableEngine, client: Any, sandbox: DockerSandbox, store: VariableStore
) -> None:
    model, result, struck = scripted(SLEEPS), None, False
    for event in workflow(model, sandbox).stream():
        if isinstance(event, Printed) and not struck:
            struck = True
            frozen(engine)
            time.sleep(3)
            engine.repair()
        if isinstance(event, Finished):
            result = event.result
    assert result is not None
    assert result.success
    assert result.variables["answer"] == 2
    sandbox.close()
    assert_nothing_left(client, store)


def test_results_that_a_frozen_engine_passes_on_late_are_in_time(
    engine: KillableEngine, client: Any, store: VariableStore
) -> None:
    policy = replace(POLICY, timeout_s=3)
    with DockerSandbox(policy, client=client, image=IMAGE, store=store) as sandbox:
        frozen_once: list[threading.Timer] = []

        def freeze(*_: object) -> None:
            if not frozen_once:
                frozen_once.append(threading.Timer(policy.timeout_s + 1, engine.repair))
                frozen_once[0].start()
                frozen(engine)

        code = "print('up', flush=True)\nimport time; time.sleep(1)\nanswer = n + 1"
        run = sandbox.run(code, {"n": 1}, on_output=freeze)
        frozen_once[0].join()
        assert run.outcome == "ok", run
        assert run.variables["answer"] == 2
        late = sandbox.run("import time\ntime.sleep(30)")
        assert late.outcome == "timeout"
    assert_nothing_left(client, store)


@pytest.mark.parametrize("phase", ["looking for the image", "creating", "starting"])
def test_an_engine_that_stays_frozen_is_not_a_failed_run(
    phase: str, engine: KillableEngine, client: Any, sandbox: DockerSandbox, store: VariableStore
) -> None:
    model, api = scripted(), client.api
    client.api = StruckApi(api, *PHASES[phase], lambda: frozen(engine))
    try:
        with pytest.raises(SandboxUnavailableError):
            workflow(model, sandbox).run_sync()
    finally:
        client.api = api
        engine.repair()
    assert_resumes(model, sandbox, begun=bool(model.calls))
    sandbox.close()
    assert_nothing_left(client, store)
