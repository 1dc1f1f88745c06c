"""Applying the rules: which are off, that none raises, what it costs."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from typing import Any

import pandas as pd
import pytest

from graph_agent import request as rule_names
from graph_agent.records import Attempt, ExecutionRecord, FigureReference, ValueReference
from graph_agent.summaries import summarize
from nodes.rules import RULE_NAMES, RULES
from tests.nodes.rules.applying import rules

FRAME = pd.DataFrame({"day": ["Sun"], "total_bill": [1.0]})
OVERWRITTEN = "import pandas as pd\ntips = pd.DataFrame({'a': [1, 2]})\nx = tips.a\n"


def found(code: str, request: str = "Mean `total_bill`", **state: Any) -> list[str]:
    execution = ExecutionRecord(
        outcome="ok",
        changed_inputs=["tips"],
        variables=[
            ValueReference(name="x", type="", codec="", sha256="", summary="", blank="empty")
        ],
    )
    summaries = [summarize("tips", FRAME).model_dump(mode="json")]
    attempt = Attempt(number=1, code=code, execution=execution)
    return rules(attempt, request=request, summaries=summaries, **state)


def test_rules_can_be_switched_off() -> None:
    every = ["input_overwritten", "blank_result", "untouched_column"]
    assert found(OVERWRITTEN) == every
    for name in every:
        rest = [other for other in every if other != name]
        assert found(OVERWRITTEN, skip_rules=[name]) == rest
    assert found(OVERWRITTEN, skip_rules=list(RULE_NAMES)) == []
    assert found(OVERWRITTEN, skip_rules=None) == every


def test_how_a_run_ended_cannot_be_switched_off() -> None:
    assert {rule.name for rule in RULES} - set(RULE_NAMES) == {"outcome"}
    skipped = ["outcome", "not_run"]
    failed = Attempt(number=1, code="x", execution=ExecutionRecord(outcome="timeout"))
    assert rules(failed, skip_rules=skipped) == ["outcome"]
    assert rules(Attempt(number=1, code="x"), skip_rules=skipped) == ["not_run"]


@pytest.mark.parametrize(
    "code",
    [
        "tips = (",
        "\0",
        "",
        "tips = " + "(" * 300,
        "tips = " + "-" * 90 + "1",
        "x = " + "+".join(["tips"] * 3_000),
        "x = tips" + ".a" * 3_000,
        "x = " + "[" * 150 + "tips" + "]" * 150,
        "def f():\n" + "".join(f"{' ' * i}if x:\n" for i in range(1, 90)) + " " * 90 + "tips = 1",
        "def f(): return g()\ndef g(): return f()\ntips = f()",
        "f = lambda: f()\ntips = f()",
        "\ud800 = 1",
        "match tips:\n case [a, *b]:\n  tips = [1]\n case _:\n  pass",
        "async def f():\n async for tips in x: pass\n async with x as tips: pass",
        "try:\n tips = [1]\nexcept* ValueError:\n tips = [2]",
        "global tips\ntips = [1]",
        "(tips := [1]); [tips := 2 for x in y]; tips[0] = tips.a = 3; *tips, b = 1, 2",
        "x = f(*tips, **tips)()()[0].a; x()[0].b += 1; (lambda: 0)().a = 1",
    ],
)
def test_no_rule_raises(code: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        found(code, "Sum the `day` column of tips by total_bill")
    assert caplog.records == []


def test_a_long_program_costs_little() -> None:
    lines = [
        "tips = tips[tips['day'] != 'x'].assign(y=lambda f: f.total_bill * 2)",
        "result = tips.groupby(['day', 'time'], as_index=False)[['tip', 'size']].agg('mean')",
        "values = {key: [v for v in part.tip if v > 0] for key, part in tips.groupby('day')}",
        "if len(values) > 3:\n    print(sorted(values.items(), key=lambda p: -len(p[1]))[:5])",
    ]
    code = "\n".join(lines * 40)
    # Beside parsing, which a program costs anyway: the machine may be busy.
    parsing = min(_seconds(lambda: compile(code, "x", "exec", 0x400)) for _ in range(5))
    applying = min(_seconds(lambda: found(code)) for _ in range(5))
    assert applying < 40 * parsing


def _seconds(run: Any) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def test_the_names_come_without_slow_imports() -> None:
    code = (
        "import sys; from nodes.rules import RULE_NAMES; print(RULE_NAMES);"
        "slow = {'pandas', 'numpy', 'PIL', 'langgraph', 'langchain_core', 'docker', 'pyarrow'};"
        "assert not slow & set(sys.modules), slow & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_blank_figure_beside_another_is_not_a_failure() -> None:
    blank = FigureReference(sha256="", mime="image/png", width=1, height=1, blank="nothing")
    drawn = blank.model_copy(update={"blank": None})
    for figures, rule in (([blank], "blank_figure"), ([blank, drawn], "empty_axes")):
        run = ExecutionRecord(outcome="ok", figures=figures)
        attempt = Attempt(number=1, code="x", execution=run)
        assert rules(attempt, request="Plot it") == [rule]
    attempt = Attempt(number=1, code="x", execution=ExecutionRecord(outcome="ok", figures=[blank]))
    assert rules(attempt, request="Draw a blank figure") == []


def test_a_request_knows_their_names() -> None:
    assert rule_names.RULE_NAMES == RULE_NAMES
