"""States that are too large for any prompt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from graph_agent.records import (
    Analysis,
    Attempt,
    ErrorRecord,
    ExecutionRecord,
    FigureReference,
    Finding,
    PrivacyLevel,
    ValueReference,
)
from graph_agent.state import AgentState
from graph_agent.summaries import summarize

SECRET = "Mrs Secret"
REQUEST = "BEGIN what is asked END"
FAILING = "result = wide['no such column']  # THE FAILING LINE"


def wide_frame(n_columns: int) -> pd.DataFrame:
    values = np.arange(20.0 * n_columns).reshape(20, n_columns)
    return pd.DataFrame(values, columns=[f"column_{index}" for index in range(n_columns)])


def state(
    n_variables: int = 1,
    *,
    n_columns: int = 5,
    privacy: PrivacyLevel = "sample",
    request: str = REQUEST,
    **more: Any,
) -> AgentState:
    frame = wide_frame(n_columns)
    summary = summarize("wide", frame, level=privacy).model_dump(mode="json")
    columns = list(frame.columns)
    summaries = [
        {
            **summary,
            "name": f"wide_{index}",
            "text": f"wide_{index}{summary['text'].removeprefix('wide')}",
            "columns": columns,
        }
        for index in range(n_variables)
    ]
    made: dict[str, Any] = {"request": request, "summaries": summaries, "privacy": privacy}
    return made | more  # type: ignore[return-value]  # a TypedDict


def attempt(number: int = 1, *, times: int = 1, returned: int = 3) -> Attempt:
    """Make a failed attempt whose texts are ``times`` as long as usual."""
    message = f"{SECRET} " + "m" * 100 * times
    lines = [f"x{index} = {index}" for index in range(20 * times)]
    at = len(lines) // 2
    lines[at] = FAILING
    trace = f'File "<generated>", line {at + 1}, in <module>\n    {FAILING}\nKeyError: {message}'
    variables = [
        ValueReference(
            name=f"out_{index}",
            type="pandas.DataFrame",
            codec="json",
            sha256="0" * 64,
            summary=f"out_{index}: pandas.DataFrame, 9 rows\n" + "  'a': float64\n" * 90,
        )
        for index in range(returned)
    ]
    figure = FigureReference(sha256="0" * 64, mime="image/png", width=640, height=480)
    execution = ExecutionRecord(
        outcome="error",
        detail=f"{SECRET} " * times,
        stdout=f"{SECRET} " * 200 * times,
        stderr=f"{SECRET}\n" * 200 * times,
        error=ErrorRecord(name="KeyError", message=message, traceback=trace, line=at + 1),
        check_error=ErrorRecord(name="AssertionError", message=message, traceback=trace, line=2),
        variables=variables,
        withheld={f"gone_{index}": f"too large: {SECRET}" for index in range(returned)},
        figures=[figure] * min(returned, 20),
        display_text=f"{SECRET} " * 100 * times,
    )
    analysis = Analysis(
        success=False,
        should_retry=True,
        explanation=f"{SECRET} " * times,
        plan=f"PLAN. Fix this: {message}",
        findings=[*findings(1, message), *findings(times)],
    )
    return Attempt(number=number, code="\n".join(lines), execution=execution, analysis=analysis)


def findings(count: int, message: str = "Column 'a' is all NaN.") -> list[Finding]:
    return [Finding(rule="outcome", message=message, decisive=True)] * count
