"""The answer as a person reads it in a terminal."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from graph_agent.records import Agreement, Analysis
from graph_agent.results.answer_text import answer_text, verdict_line
from graph_agent.results.result import AttemptResult, CodeGenerationResult
from sandbox import Execution, Figure


def result(
    values: dict[str, Any] | None = None, *, returns: list[str] | None = None, **parts: Any
) -> CodeGenerationResult:
    """Make a result whose only attempt left these values."""
    execution = Execution(
        "ok",
        variables=MappingProxyType(values or {}),
        stdout=parts.pop("stdout", ""),
        figures=parts.pop("figures", ()),
    )
    success = parts.pop("success", True)
    analysis = Analysis(success=success, should_retry=False, explanation="Seen.", judged_by="model")
    attempt = AttemptResult(1, "x", execution, analysis, agreement=parts.pop("agreement", None))
    output: Any = {"returns": returns, "usage": parts.pop("usage", {}), **parts}
    return CodeGenerationResult(
        success=success,
        code="x",
        attempts=(attempt,),
        variables=execution.variables,
        figures=execution.figures,
        transcript="",
        usage={},
        thread_id="t",
        output=output,
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [(42, "42"), (True, "True"), ("Sat", "Sat"), (np.float64(2.5), "2.5"), ([1, 2], "[1, 2]")],
)
def test_a_plain_value(value: Any, shown: str) -> None:
    assert shown in answer_text(result({"answer": value}))
    assert answer_text(result({"answer": value})).startswith("Answer: ")


def test_a_table_follows_its_size() -> None:
    frame = pd.DataFrame({"day": ["Sat"] * 30, "tip": [3.0] * 30})
    first, *rows = answer_text(result({"means": frame})).splitlines()
    assert first == "Answer: 30 rows × 2 columns"
    assert rows[0].split() == ["day", "tip"]
    assert rows[-1] == "… 10 more rows"
    assert len(rows) == 22


def test_a_table_that_claims_to_be_endless_is_shown_at_once() -> None:
    frame = pd.DataFrame(index=pd.RangeIndex(2**40))
    assert "more rows" in answer_text(result({"f": frame}))


def test_several_answers_stand_under_their_names() -> None:
    values = {"n": 3, "means": pd.Series([1.5], index=["Sat"])}
    lines = answer_text(result(values, returns=["n", "means"])).splitlines()
    assert lines[:3] == ["Answer: n, means", "n: 3", "means: 1 row"]


def test_printed_text_and_figures() -> None:
    assert answer_text(result({"a": 1, "b": 2}, stdout="It is 3.\n")) == "Answer: It is 3."
    figure = Figure(b"", "image/png", 1, 1)
    assert answer_text(result(figures=(figure,))) == "Answer: 1 figure"
    assert "nothing" in answer_text(result())


def test_no_answer_without_success() -> None:
    text = answer_text(result({"answer": 42}, success=False, reason="KeyError: 'day'"))
    assert text == "Not solved: KeyError: 'day'"


def test_the_verdict() -> None:
    usage = {"generate": {"calls": 3, "input_tokens": 1000, "output_tokens": 234}}
    vote = Agreement(agreeing=2, run=3)
    line = verdict_line(result({"a": 1}, usage=usage, agreement=vote, spent_s=1.25))
    assert line == (
        "Solved after 1 attempt, judged by model, 2 of 3 programs agree, 3 model calls,"
        " 1,234 tokens, 1.2 s"
    )
