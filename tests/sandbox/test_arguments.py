"""What a run is given: bad arguments fail before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox import (
    DockerSandbox,
    SandboxError,
    SandboxPolicy,
    VariableBundle,
    VariableError,
    VariableNameError,
)
from sandbox.arguments import MAX_SOURCE_BYTES, check_arguments, job_message, names_to_return
from sandbox.runner.shared import frames
from sandbox.variables.bundle import PickledVariable, StoredBuffer


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"code": None}, "code .*None"),
        ({"code": 5}, "code .*an int"),
        ({"code": b"x = 1"}, "code .*bytes"),
        ({"code": Path("x.py")}, "code .*Path"),
        ({"code": "x" * (MAX_SOURCE_BYTES + 1)}, f"code .*{MAX_SOURCE_BYTES}"),
        ({"checks": 5}, "checks .*an int"),
        ({"checks": "#" * (MAX_SOURCE_BYTES + 1)}, f"checks .*{MAX_SOURCE_BYTES}"),
        ({"variables": pd.DataFrame({"a": [1]})}, "variables .*a pandas.DataFrame"),
        ({"variables": np.zeros(2)}, "variables .*numpy.ndarray"),
        ({"variables": "a"}, "variables .*a str"),
        ({"variables": {"a"}}, "variables .*a set"),
        ({"variables": [("a", 1)]}, "variables .*a list"),
        ({"on_output": "print"}, "on_output .*a str"),
        ({"returns": "total"}, "returns .*'total'"),
        ({"returns": 5}, "returns .*an int"),
        ({"returns": {"total": 1}}, "returns .*'total'"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_bad_arguments_are_refused(given: dict[str, Any], message: str) -> None:
    with DockerSandbox(client=object()) as sandbox, pytest.raises(SandboxError, match=message):
        sandbox.run(**{"code": "x = 1", **given})


@pytest.mark.docker
def test_the_longest_code_fits_into_the_job() -> None:
    length = MAX_SOURCE_BYTES - 100
    with DockerSandbox() as sandbox:
        code = f"x = '{'a' * length}'\ny = len(x)"
        check_arguments(code, None, None, None)
        assert sandbox.run(code, returns=["y"]).variables == {"y": length}


def test_names_to_return_are_unique_and_in_order() -> None:
    assert names_to_return(["b", "a", "b"]) == ["b", "a"]
    assert names_to_return(("a",)) == ["a"]
    assert names_to_return([]) == []
    assert names_to_return(None) is None
    with pytest.raises(VariableNameError):
        names_to_return(["a b"])


def test_the_job_is_one_message_with_the_checks_as_its_body() -> None:
    bundle = VariableBundle("3.11", "0" * 64, (PickledVariable("n", 5),))
    policy = SandboxPolicy(timeout_s=7, max_figures=3)
    data = job_message("x = n", bundle, ["x"], "assert x", policy)
    ((job, body),) = frames.MessageReader(100).feed(data)
    assert body == b"assert x"  # goes past the code, to the checks' process
    assert (job["code"], job["returns"], job["checked"]) == ("x = n", ["x"], True)
    assert VariableBundle.from_json(job["variables"]) == bundle
    assert (job["limits"]["timeout_s"], job["limits"]["max_figures"]) == (7, 3)


def test_too_many_buffers_for_one_message_are_refused() -> None:
    buffers = (StoredBuffer("0" * 64, 1, False),) * 100_000
    bundle = VariableBundle("3.11", "0" * 64, buffers=buffers)
    with pytest.raises(VariableError, match="100000 buffers"):
        job_message("x = 1", bundle, None, None, SandboxPolicy())
