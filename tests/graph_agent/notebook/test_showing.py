"""What a cell shows while the run works, and how an interrupt ends it, in a real kernel."""

from __future__ import annotations

import time

import pytest

from tests.kernels import Kernel

pytestmark = [
    pytest.mark.docker,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
DRAW = """import matplotlib.pyplot as plt
print("printed early", flush=True)
plt.plot([1, 2]); plt.show()
import pandas as pd
table = pd.DataFrame({"day": ["Sat"]})"""


def test_output_a_figure_a_table_and_the_verdict_appear_as_they_come(kernel: Kernel) -> None:
    kernel.run(f"m = model('1 / 0', {DRAW!r}); m.verdicts[0] = verdict(False, why='No.')")
    asked = kernel.run("%%codegen tips --model m --returns table\nDraw")
    assert (asked.status, asked.error) == ("ok", "")
    steps = ("the model writes code", "the code runs in its container", "the result is judged")
    for seen in (*steps, "printed early", "ZeroDivisionError", "data:image/png", "No."):
        assert any(seen in page for page in asked.pages), seen
    second = next(page for page in asked.pages if "printed early" in page)
    assert "<summary>Attempt 1 not solved: No.</summary>" in second
    for left in ("Answer:", "<th>day</th>", "data:image/png", "2 attempts", "tokens", " s"):
        assert left in asked.html


def test_an_interrupt_ends_the_run_in_time_and_says_how_to_continue(kernel: Kernel) -> None:
    kernel.run("m = model('import time; print(1, flush=True); time.sleep(3); x = 1')")
    cell = kernel.start("%%codegen tips --model m\nSleep")
    kernel.finish(cell, until="<pre>1\n")
    begun = time.monotonic()
    kernel.interrupt()
    ended = kernel.finish(cell)
    assert time.monotonic() - begun < 60  # 4 s, on an idle machine
    assert ended.error.startswith("interrupted; to continue: %codegen_resume ")
    assert len(ended.traceback) == 1
    left = kernel.run(
        "from sandbox.engine.connection import connect\n"
        "import os, time\n"
        "def own():\n"
        "    found = connect().containers.list(all=True, ignore_removed=True)\n"
        "    labels = [c.labels.get('org.codegen-agent.owner', '') for c in found]\n"
        "    return [owner for owner in labels if f'.{os.getpid()}.' in owner]\n"
        "for _ in range(100):\n"
        "    if not own(): break\n"
        "    time.sleep(0.1)\n"
        "print(own())"
    )
    assert left.printed == "[]\n"
    resumed = kernel.run(ended.error.partition("continue: ")[2])
    assert "+ x (new): int: 1" in resumed.text
    assert kernel.run("print(m.calls)").printed == "['generate', 'analyze']\n"


def test_run_shows_its_progress_unless_it_is_told_not_to(kernel: Kernel) -> None:
    kernel.run("m = model(*['x = 1'] * 3)")
    kernel.run("from graph_agent import AgentWorkflow, CodeGenerationRequest")
    make = "AgentWorkflow(CodeGenerationRequest('Count', {'n': 1}), m)"
    awaited = kernel.run(f"r = await {make}.run()")
    assert (awaited.error, len(awaited.displays)) == ("", 1)
    assert "Solved after 1 attempt" in awaited.text
    assert "Solved after 1 attempt" in kernel.run(f"r = {make}.run_sync()").text
    assert kernel.run(f"r = {make}.run_sync(progress=False)").displays == []


def test_ipythons_terminal_shows_lines(kernel: Kernel) -> None:
    kernel.run("m = model('x = 1'); import graph_agent.notebook.showing as showing")
    kernel.run("showing.in_kernel = lambda: False")
    asked = kernel.run("%%codegen tips --model m\nCount")
    kernel.run("from graph_agent.progress.places import in_kernel; showing.in_kernel = in_kernel")
    assert asked.displays == []
    assert "attempt 1 ran: ok" in asked.printed
    assert "Answer: 1" in asked.printed
    assert "+ x (new): int: 1" in asked.printed
