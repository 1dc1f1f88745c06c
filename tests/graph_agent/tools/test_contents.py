"""What tools answer."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from graph_agent.tools.contents import (
    MAX_SHOWN_VARIABLES,
    execution_text,
)
from sandbox.records import Execution, ExecutionError, Figure

PNG = Figure(b"png", "image/png", 1, 1)


def test_a_run_as_text() -> None:
    run = Execution(
        "ok",
        stdout="printed\n",
        variables=MappingProxyType({"table": pd.DataFrame({"a": [1, 2]}), "n": 3}),
        withheld=MappingProxyType({"f": "a function"}),
        files=MappingProxyType({"a.csv": b"123"}),
        display=4,
        changed_inputs=("df",),
        figures=(PNG,),
    )
    text = execution_text(run)
    for part in ("printed", "2 rows × 1 column", "n: 3", "f can't leave", "a.csv (3 bytes)"):
        assert part in text
    for part in ("last expression: 4", "Changed inputs: df", "1 figure"):
        assert part in text


def test_a_failure_as_text() -> None:
    error = ExecutionError("KeyError", "k", "Traceback\nKeyError: 'k'\n")
    text = execution_text(Execution("error", error=error, stderr="\x1b[31mred"))
    assert "KeyError: 'k'" in text
    assert "\x1b" not in text
    assert "timeout: still" in execution_text(Execution("timeout", detail="still running"))


def test_many_variables_are_counted() -> None:
    many = MappingProxyType({f"v{number}": number for number in range(MAX_SHOWN_VARIABLES + 5)})
    assert "5 more variables" in execution_text(Execution("ok", variables=many))
