"""What a run is given, refused before anything costs time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox import DockerSandbox, SandboxError, SandboxPolicy, VariableError, VariableNameError
from sandbox.arguments import MAX_SOURCE_BYTES, check_arguments, names_to_return
from sandbox.job_message import job_message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"code": None}, "code must be Python source"),
        ({"code": 5}, "code must be Python source as a str, not an int"),
        ({"code": b"x = 1"}, "code must be Python source"),
        ({"code": Path("x.py")}, "code must be Python source"),
        ({"code": "x" * (MAX_SOURCE_BYTES + 1)}, "over the limit"),
        ({"checks": 5}, "checks must be Python source"),
        ({"checks": "#" * (MAX_SOURCE_BYTES + 1)}, "over the limit"),
        ({"variables": pd.DataFrame({"a": [1]})}, "not a pandas.DataFrame"),
        ({"variables": np.zeros(2)}, "variables must map names"),
        ({"variables": "a"}, "variables must map names"),
        ({"variables": {"a"}}, "variables must map names"),
        ({"variables": [("a", 1)]}, "variables must map names"),
        ({"on_output": "print"}, "on_output must be a function"),
        ({"returns": "total"}, "returns must be a list of names"),
        ({"returns": 5}, "returns must be a list of names"),
        ({"returns": {"total": 1}}, "returns must be a list of names"),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)
def test_what_makes_no_run_is_refused(given: dict[str, Any], message: str) -> None:
    with DockerSandbox(client=object()) as sandbox, pytest.raises(SandboxError, match=message):
        sandbox.run(**{"code": "x = 1", **given})


@pytest.mark.docker
def test_the_longest_code_fits_the_jobs_message() -> None:
    length = MAX_SOURCE_BYTES - 100
    with DockerSandbox() as sandbox:
        code = f"x = '{'a' * length}'\ny = len(x)"
        check_arguments(code, None, None, None)
        assert sandbox.run(code, returns=["y"]).variables == {"y": length}


def test_names_come_once_and_in_order() -> None:
    assert names_to_return(["b", "a", "b"]) == ["b", "a"]
    assert names_to_return(("a",)) == ["a"]
    assert names_to_return([]) == []
    assert names_to_return(None) is None
    with pytest.raises(VariableNameError):
        names_to_return(["a b"])


def test_too_many_buffers_for_one_message_are_refused() -> None:
    buffers = [{"sha256": "0" * 64, "bytes": 1, "readonly": False}] * 100_000
    bundle: Any = {"variables": [], "buffers": buffers}
    with pytest.raises(VariableError, match="100000 buffers"):
        job_message("x = 1", bundle, None, None, SandboxPolicy())
