"""What tools answer."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from graph_agent.tools.contents import (
    MAX_SHOWN_VARIABLES,
    blocks,
    execution_text,
    pictures_of,
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


def test_pictures() -> None:
    plotly = Figure(b"{}", "application/vnd.plotly.v1+json", 1, 1, preview=PNG)
    bare = Figure(b"{}", "application/vnd.plotly.v1+json", 1, 1)
    assert pictures_of([PNG, plotly, bare]) == [("image/png", "cG5n")] * 2
    text, image = blocks("words", [PNG])
    assert text == {"type": "text", "text": "words"}
    assert image == {"type": "image", "base64": "cG5n", "mime_type": "image/png"}
