"""DockerSandbox: values both ways, bad input, and engines that fail."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import numpy as np
import pandas as pd
import pytest

from sandbox import (
    DockerSandbox,
    EngineUnreachableError,
    ImageMissingError,
    SandboxError,
    SandboxPolicy,
    SandboxUnavailableError,
    UnsendableVariableError,
    VariableBundle,
    VariableError,
    VariableNameError,
    VariableStore,
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    client = docker.from_env()
    yield client
    client.close()


def test_the_documented_example() -> None:
    df = pd.DataFrame({"a": [1, 2, 3]})
    policy = SandboxPolicy(timeout_s=60, memory="2g", runtime="runc")
    with DockerSandbox(policy=policy) as sandbox:
        run = sandbox.run(
            "total = df.a.sum()\nprint(total)", variables={"df": df}, returns=["total"]
        )
    assert run.outcome == "ok"
    assert run.stdout == "6\n"
    assert run.variables == {"total": np.int64(6)}
    assert run.error is None
    assert run.changed_inputs == ()
    assert 0 < run.duration_s < 60


def test_values_go_both_ways(sandbox: DockerSandbox) -> None:
    frame = pd.DataFrame(
        {"day": pd.Categorical(["Fri", "Sat"]), "when": pd.to_datetime(["2026-01-01", None])},
        index=pd.Index([3, 5], name="row"),
    )
    values = {"frame": frame, "array": np.arange(6.0).reshape(2, 3), "nested": {"a": [(1, b"x")]}}
    code = "frame2, array2, nested2 = frame.copy(), array.copy(), dict(nested)"
    run = sandbox.run(code, values)
    assert run.outcome == "ok", run
    pd.testing.assert_frame_equal(run.variables["frame2"], frame)
    assert np.array_equal(run.variables["array2"], values["array"])
    assert run.variables["nested2"] == values["nested"]
    assert run.changed_inputs == ()


def test_the_users_own_functions_and_classes_work_inside(sandbox: DockerSandbox) -> None:
    factor = 3

    class Scaler:
        def __init__(self, by: int) -> None:
            self.by = by

        def scale(self, x: int) -> int:
            return x * self.by * factor

    values = {"scaler": Scaler(2), "double": lambda x: 2 * x}
    run = sandbox.run("x = double(scaler.scale(5))", values)
    assert run.variables == {"x": 60}


def test_a_large_frame_costs_no_memory_until_it_is_written(sandbox: DockerSandbox) -> None:
    frame = pd.DataFrame(np.ones((1_500_000, 100)))  # 1.2 GB into a 1 GB container
    used = sandbox.run(
        "import resource\nfirst = float(frame.iloc[0, 0])\n"
        "import os\npages = int(open('/proc/self/statm').read().split()[1])",
        {"frame": frame},
        returns=["first"],
    )
    assert used.outcome == "ok", used
    assert used.variables == {"first": 1.0}


def test_what_changed(sandbox: DockerSandbox) -> None:
    values = {"df": pd.DataFrame({"a": range(50_000)}), "kept": [1], "n": 1, "gone": 2}
    run = sandbox.run("df.loc[0, 'a'] = 7\nn = 1\nkept[0]\ndel gone", values)
    assert run.changed_inputs == ("df", "gone")
    assert set(run.variables) == {"df"}
    assert values["df"].loc[0, "a"] == 0


def test_variables_named_like_the_fields_of_a_bundle(
    sandbox: DockerSandbox, tmp_path: Path
) -> None:
    values = {"pickle": 1, "variables": 2, "buffers": 3, "python": "3.11"}
    code = "x = (pickle, variables, buffers, python)"
    assert sandbox.run(code, values).variables == {"x": (1, 2, 3, "3.11")}
    store = VariableStore(tmp_path)
    stored = VariableBundle.from_json(json.loads(json.dumps(store.put_variables(values).to_json())))
    assert sandbox.run(code, stored, store=store).variables == {"x": (1, 2, 3, "3.11")}


def test_returns_are_exactly_those_asked_for(sandbox: DockerSandbox) -> None:
    run = sandbox.run("x = 1\ny = 2\nf = len", {"n": 3}, returns=["x", "n", "f", "missing"])
    assert run.variables == {"x": 1, "n": 3}
    assert "did not define" in run.withheld["missing"]
    assert "builtin" in run.withheld["f"]


def test_what_cannot_come_back_is_named(sandbox: DockerSandbox) -> None:
    run = sandbox.run(
        "import math\nfrom sklearn.linear_model import LinearRegression\n"
        "model = LinearRegression()\n_private = 1\nx = 1"
    )
    assert set(run.variables) == {"x"}
    assert "LinearRegression" in run.withheld["model"]
    assert "math" not in run.withheld


def test_checks_run_after_the_code(sandbox: DockerSandbox) -> None:
    assert sandbox.run("x = 1", checks="assert x == 1").check_error is None
    error = sandbox.run("x = 1", checks="assert x == 2").check_error
    assert error is not None
    assert error.name == "AssertionError"


def test_output_arrives_while_the_code_runs(sandbox: DockerSandbox) -> None:
    heard: list[tuple[float, str, str]] = []
    sandbox.run(
        "import sys, time\nprint('one')\ntime.sleep(1)\nprint('two', file=sys.stderr)",
        on_output=lambda stream, text: heard.append((time.monotonic(), stream, text)),
    )
    printed = {"stdout": "", "stderr": ""}
    for _, stream, text in heard:
        printed[stream] += text
    assert printed == {"stdout": "one\n", "stderr": "two\n"}
    assert heard[-1][0] - heard[0][0] > 0.8


def test_runs_at_the_same_time(sandbox: DockerSandbox) -> None:
    results: dict[int, Any] = {}

    def run(number: int) -> None:
        code = "import time\ntime.sleep(0.5)\ny = x * 2"
        results[number] = sandbox.run(code, {"x": number}).variables["y"]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: number * 2 for number in range(4)}


def test_no_engine() -> None:
    with pytest.MonkeyPatch.context() as patch, DockerSandbox() as sandbox:
        patch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        with pytest.raises(EngineUnreachableError, match="engine"):
            sandbox.run("x = 1")


def test_no_image() -> None:
    with (
        DockerSandbox(image="codegen-agent-runner:none") as sandbox,
        pytest.raises(ImageMissingError, match="sandbox build"),
    ):
        sandbox.run("x = 1")


def test_no_such_runtime() -> None:
    with (
        DockerSandbox(SandboxPolicy(runtime="nonesuch")) as sandbox,
        pytest.raises(SandboxUnavailableError, match="nonesuch"),
    ):
        sandbox.run("x = 1")


@pytest.mark.parametrize("how", ["remove", "kill"])
def test_a_container_ended_from_outside_is_not_a_failed_run(engine: Any, how: str) -> None:
    label = secrets.token_hex(8)

    def end(*_: object) -> None:
        (container,) = engine.containers.list(
            filters={"label": f"org.codegen-agent.test={label}"}, ignore_removed=True
        )
        if how == "remove":
            container.remove(force=True)
        else:
            container.kill()

    with (
        DockerSandbox(labels={"test": label}) as sandbox,
        pytest.raises(SandboxUnavailableError, match="outside"),
    ):
        sandbox.run("print(end='up')\nimport time; time.sleep(50)", on_output=end)


def test_too_little_memory_to_start() -> None:
    policy = SandboxPolicy(memory="32m", start_timeout_s=20)
    code = "import pandas"
    with DockerSandbox(policy) as sandbox:
        try:
            run = sandbox.run(code)
        except SandboxUnavailableError as unavailable:
            message = str(unavailable)
        else:
            message = run.detail
    assert "memory" in message


def test_bad_input_starts_no_container(engine: Any) -> None:
    label = secrets.token_hex(8)
    with DockerSandbox(labels={"test": label}) as sandbox:
        with pytest.raises(VariableNameError):
            sandbox.run("x = 1", {"a b": 1})
        with pytest.raises(VariableNameError):
            sandbox.run("x = 1", returns=["a b"])
        with pytest.raises(UnsendableVariableError, match="'lock'"):
            sandbox.run("x = 1", {"lock": threading.Lock()})
        with pytest.raises(VariableError, match="Python 3.9"):
            sandbox.run("x = 1", VariableBundle(python="3.9", pickle="0" * 64))
        since = int(time.time()) - 60
        events = engine.events(
            since=since,
            until=int(time.time()) + 1,
            filters={"label": f"org.codegen-agent.test={label}"},
            decode=True,
        )
        assert list(events) == []


def test_a_variable_that_does_not_load_is_named(sandbox: DockerSandbox) -> None:
    class NotANumber:
        def __reduce__(self) -> Any:
            return int, ("no number",)

    with pytest.raises(VariableError, match=r"'bad'.*invalid literal"):
        sandbox.run("x = 1", {"n": 1, "bad": NotANumber()})


def test_a_closed_sandbox_says_so() -> None:
    sandbox = DockerSandbox()
    sandbox.close()
    with pytest.raises(SandboxError, match="closed"):
        sandbox.run("x = 1")
