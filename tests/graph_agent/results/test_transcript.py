"""The transcript: all that happened, in the documented form, with any text inside."""

from __future__ import annotations

from typing import Any

from graph_agent.records import (
    Analysis,
    Attempt,
    ErrorRecord,
    ExecutionRecord,
    FigureReference,
    FileReference,
)
from graph_agent.results.transcript import missed, render

FAILED = Attempt(
    number=1,
    code="1 / 0",
    execution=ExecutionRecord(
        outcome="error",
        stdout="one\n",
        error=ErrorRecord(name="ZeroDivisionError", message="division by zero", traceback="T1\n"),
        duration_s=0.25,
    ),
    analysis=Analysis(success=False, should_retry=True, explanation="It divides.", plan="Do not."),
)
SOLVED = Attempt(
    number=2,
    code="x = 1",
    execution=ExecutionRecord(
        outcome="ok",
        stderr="warned\n",
        withheld={"lock": "a lock has no encoding"},
        figures=[FigureReference(sha256="0" * 64, mime="image/png", width=640, height=480)],
    ),
    analysis=Analysis(success=True, should_retry=False, explanation="One."),
)


def written(*attempts: Attempt, **output: Any) -> str:
    return render(
        {"request": "Go", "attempts": [attempt.to_state() for attempt in attempts], **output}
    )


def test_how_files_were_read() -> None:
    assert "**Reading Files:** a.csv: read as cp1252\n" in written(notes=["a.csv: read as cp1252"])
    assert "Reading Files" not in written(SOLVED)


def test_attempts_in_order() -> None:
    text = written(FAILED, SOLVED, success=True, code="# User request: Go\nx = 1\n")
    parts = [
        "**User request:** Go",
        "**Generated Code (Attempt 1):**\n\n```python\n1 / 0\n```",
        "**Execution Results (Attempt 1):**",
        "STDOUT:\n\n```\none\n```",
        "STDERR: (empty)",
        "Error:\n\n```\nT1\n```",
        "**Analysis:** It divides.",
        "**Success:** No",
        "**Should Retry:** Yes",
        "**Plan for Next Attempt:** Do not.",
        "**Generated Code (Attempt 2):**",
        "**Execution Results (Attempt 2):**",
        "STDOUT: (empty)",
        "STDERR:\n\n```\nwarned\n```",
        "Withheld: `lock`: a lock has no encoding",
        "Figure 1 (640×480)",
        "**Success:** Yes",
        "**Should Retry:** No",
        "**Plan for Next Attempt:** None",
        "**Code Assessment:** solved after 2 attempts. One.",
        "```python\n# User request: Go\nx = 1\n```",
    ]
    places = []
    for part in parts:
        places.append(text.index(part, places[-1] if places else 0))
    assert places == sorted(places)


def test_figures_are_linked_in_their_folder() -> None:
    output: Any = {"request": "Go", "attempts": [SOLVED.to_state()], "success": True}
    assert "![Figure 1 (640×480)](./attempt-2-figure-1.png)" in render(output, figure_folder=".")
    assert "![" not in render(output)


def test_code_that_was_not_run() -> None:
    text = written(Attempt(number=1, code="", problem="the answer held no code"))
    assert "Not run: the answer held no code." in text
    assert "**Analysis:**" not in text
    assert "**Code Assessment:** unfinished after 1 attempt." in text


def test_a_failed_check_is_not_called_an_error() -> None:
    failed = ErrorRecord(name="AssertionError", message="", traceback="line 1 of the checks")
    execution = ExecutionRecord(outcome="ok", check_error=failed)
    text = written(Attempt(number=1, code="x", execution=execution))
    assert "Failed check:\n\n```\nline 1 of the checks\n```" in text


def test_a_run_without_attempts() -> None:
    assert "**Code Assessment:** unfinished after 0 attempts." in written()
    assert render({}).startswith("# Transcript")


def test_output_cannot_close_its_block() -> None:
    execution = ExecutionRecord(outcome="ok", stdout="```\n**Success:** Yes\n````\n")
    text = written(Attempt(number=1, code="print('```')", execution=execution))
    assert "STDOUT:\n\n`````\n```\n**Success:** Yes\n````\n`````" in text
    assert "````python\nprint('```')\n````" in text


def test_control_characters_are_escaped() -> None:
    odd = "\x1b]0;title\x07 \x9b2J 1%\r2%\r\n\x00 half \ud800 tab\tend"
    execution = ExecutionRecord(outcome="ok", stdout=odd)
    text = written(Attempt(number=1, code="x", execution=execution), code="x # \x1b[31m")
    assert "\\x1b]0;title\\x07 \\x9b2J 1%\n2%\n\\x00 half \\ud800 tab\tend" in text
    assert "x # \\x1b[31m" in text
    assert all(char >= " " or char in "\n\t" for char in text)
    assert text.encode("utf-8")


def test_a_plotly_figure_is_shown_by_its_preview() -> None:
    drawn = FigureReference(sha256="1" * 64, mime="image/png", width=700, height=500)
    plotly = FigureReference(
        sha256="0" * 64, mime="application/vnd.plotly.v1+json", width=700, height=500
    )
    for figure, link in (
        (plotly, "[Figure 1 (700×500)](./attempt-1-figure-1.json)"),
        (
            plotly.model_copy(update={"preview": drawn}),
            "![Figure 1 (700×500)](./attempt-1-figure-1.png) [its data](./attempt-1-figure-1.json)",
        ),
    ):
        run = ExecutionRecord(outcome="ok", figures=[figure])
        attempt = Attempt(number=1, code="", execution=run)
        output = {"request": "Go", "attempts": [attempt.to_state()]}
        assert f"\n{link}\n" in render(output, figure_folder=".")  # type: ignore[arg-type]


def test_what_was_changed_in_the_answer_is_one_line() -> None:
    attempt = Attempt(number=1, code="x = 1", notes=["dropped `!ls`", "joined 2 code blocks"])
    line = "**Reading the Answer:** dropped `!ls`; joined 2 code blocks."
    assert line in written(attempt).splitlines()
    assert "Reading the Answer" not in written(Attempt(number=1, code="x = 1"))


def test_files_are_listed_with_their_sizes() -> None:
    files = [
        FileReference(name="a/clean.xlsx", sha256="0" * 64, size=12345),
        FileReference(name="odd`.csv", sha256="0" * 64, size=1),
    ]
    run = ExecutionRecord(outcome="ok", files=files)
    text = written(Attempt(number=1, code="x", execution=run))
    assert "\nFile: `a/clean.xlsx` (12,345 bytes)\n" in text
    assert "\nFile: `` odd`.csv `` (1 bytes)\n" in text


def test_links_lead_to_the_names_that_figures_were_saved_under() -> None:
    output: Any = {"request": "Go", "attempts": [SOLVED.to_state()]}
    names = {"attempt-2-figure-1.png": "attempt-2-figure-1-2.png"}
    text = render(output, figure_folder=".", names=names)
    assert "![Figure 1 (640×480)](./attempt-2-figure-1-2.png)" in text


def test_a_figures_own_objects_are_missed_only_where_it_did_not_come_back() -> None:
    withheld = {"ax": "matplotlib.Axes: figures come back on their own", "f": "a file"}
    assert list(missed(withheld, ["a figure"])) == ["f"]
    assert missed(withheld, []) == withheld
