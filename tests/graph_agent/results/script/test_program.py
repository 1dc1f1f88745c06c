"""The text of code.py."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.records import Attempt, ExecutionRecord, ValueReference
from graph_agent.results.script.inputs import Input
from graph_agent.results.script.program import program

HEAD = "# User request: Go\n"


def reference(name: str) -> ValueReference:
    return ValueReference(name=name, type="int", codec="tree/1", sha256="0" * 64, summary=name)


def output(code: str, names: tuple[str, ...] = (), **state: Any) -> dict[str, Any]:
    shown = state.pop("shown", False)
    values = [reference(name) for name in names]
    display = reference("_") if shown else None
    execution = ExecutionRecord(outcome="ok", variables=values, display=display)
    attempt = Attempt(number=1, code=code, execution=execution).to_state()
    return {"code": f"{HEAD}{code}", "attempts": [attempt], **state}


def test_the_variables_stand_between_the_request_and_the_code() -> None:
    inputs = [
        Input("n", "3"),
        Input("t", "_pandas.read_parquet(_inputs / 't.parquet')", ("_pandas",), {"t.parquet": b""}),
        Input("model", reason="a thing\nof theirs"),
    ]
    text = program(output("x = n"), inputs, "inputs-2")
    assert text == (
        "# User request: Go\n"
        "\n"
        "# The variables as they were given. The code that ran begins below them.\n"
        "import pandas as _pandas\n"
        "import pathlib as _pathlib\n"
        "_inputs = _pathlib.Path(__file__).resolve().parent / 'inputs-2'\n"
        "n = 3\n"
        "t = _pandas.read_parquet(_inputs / 't.parquet')\n"
        "# Not saved: model (a thing of theirs).\n"
        "# Assign it here: model = ...\n"
        "\n"
        "x = n"
    )
    compile(text, "code.py", "exec")


def test_without_variables_and_answer_it_is_the_code_as_it_ran() -> None:
    ran = output("print(1)\n")
    assert program(ran, []) == ran["code"]


def test_imports_from_the_future_stay_first() -> None:
    code = '"""What it does."""\nfrom __future__ import annotations\nx = n\n'
    text = program(output(code), [Input("n", "3")])
    compile(text, "code.py", "exec")
    assert text.index("__future__") < text.index("n = 3") < text.index("x = n")


@pytest.mark.parametrize(
    ("ran", "end"),
    [
        (output("x = 1\n", ("x",)), "x = 1\n\n# The answer:\nprint(x)\n"),
        (output("x = 1\ny = 2\n", ("x", "y")), "x = 1\ny = 2\n"),
        (
            output("x = 1\ny = 2\n", ("x", "y"), returns=["x", "y"]),
            "y = 2\n\n# The answer:\nprint(x)\nprint(y)\n",
        ),
        (output("x = 'ä'; (x,\n 1)  # both", ("x",), shown=True),
         "x = 'ä'; print((x,\n 1))  # both"),
        (output("def f(", ()), "def f("),
    ],
)  # fmt: skip
def test_it_prints_its_answer(ran: dict[str, Any], end: str) -> None:
    assert program(ran, []) == HEAD + end or program(ran, []).endswith(end)


def test_code_that_does_not_parse_gets_its_variables_all_the_same() -> None:
    text = program(output("def f("), [Input("n", "3")])
    assert text.index("n = 3") < text.index("def f(")
