"""Approval and conversation in a real kernel, with a scripted model and the real sandbox."""

from __future__ import annotations

import pytest

from tests.graph_agent.notebook.conftest import SETUP
from tests.kernels import Kernel

pytestmark = [
    pytest.mark.docker,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

LAST_THREAD = """
from graph_agent.checkpoints import open_checkpoints
from graph_agent.checkpoints.saved_runs import list_runs
from graph_agent.config.settings import load_settings
with open_checkpoints(load_settings()) as saver:
    print(list_runs(saver)[0].thread_id)
"""


def thread_of(approval_cell: str) -> str:
    return approval_cell.split()[1]


def test_running_the_cell_approves_the_code(kernel: Kernel) -> None:
    kernel.run("m = model('import time; print(7, flush=True); time.sleep(1); x = 1')")
    asked = kernel.run("%%codegen tips --model m --approve\nCount")
    assert "waits for you" in asked.html
    assert asked.next_cell is not None
    assert asked.next_cell.startswith("%%codegen_approve ")
    assert "# - every run needs approval" in asked.next_cell
    ran = kernel.run(asked.next_cell)
    assert "+ x (new): int: 1" in ran.text
    live = next(page for page in ran.pages if "<pre>7" in page)
    assert "the code runs in its container" in live
    assert not any("the model writes code" in page for page in ran.pages)
    assert kernel.run("print(_codegen.attempts[-1].review.decision)").printed == "approve\n"
    answered = kernel.run(asked.next_cell).error
    assert "no code that waits" in answered
    assert f"%codegen_resume {thread_of(asked.next_cell)} --model m" in answered
    assert "+ x (new)" in kernel.run(answered.partition("result: ")[2]).text


def test_what_waits_for_approval_can_not_be_accepted_yet(kernel: Kernel) -> None:
    kernel.run("m = model('x = 1')")
    kernel.run("%%codegen tips --model m --approve\nCount")
    assert "waits for approval" in kernel.run("%codegen_accept").error


def test_what_was_not_solved_does_not_wait(kernel: Kernel) -> None:
    kernel.run("m = model('x = 1', '1 / 0', '_two = _one + 1')")
    kernel.run("_one = 1")
    kernel.run("%%codegen tips --model m --accept\nCount")
    kernel.run("%%codegen tips --model m --new --max-attempts 1\nDivide")
    assert "wasn't solved" in kernel.run("%codegen_accept").error
    again = kernel.run("%%codegen _one --model m --new --returns _two\nAdd one")
    assert "+ _two (new): int: 2" in again.text


def test_values_that_are_there_already(kernel: Kernel) -> None:
    kernel.run("m = model('x = 1', 'x = 1')")
    kernel.run("%%codegen tips --model m --accept\nCount")
    again = kernel.run("%%codegen tips --model m --new\nCount")
    assert "= x (unchanged)" in again.text
    assert "have these values already" in again.text


def test_a_killed_run_that_does_not_wait_is_not_continued_by_an_answer(kernel: Kernel) -> None:
    kernel.run("m = model('import time; print(7, flush=True); time.sleep(2); x = 1')")
    kernel.finish(kernel.start("%%codegen tips --model m\nSleep"), until="<pre>7\n")
    kernel.restart()
    kernel.run(SETUP + "\nm = model()")
    thread = kernel.run(LAST_THREAD).printed.strip()
    for answer in (f"%%codegen_approve {thread}\nx = 2", f"%codegen_reject --thread {thread} no"):
        said = kernel.run(answer).error
        assert f"{thread} has no code that waits for approval; to continue it" in said
        assert kernel.run("print(m.calls, '_codegen' in globals())").printed == "[] False\n"
    resumed = kernel.run(f"%codegen_resume {thread} --model m")
    assert "+ x (new): int: 1" in resumed.text


def test_a_rejection_makes_the_model_write_another(kernel: Kernel) -> None:
    kernel.run("m = model('x = 1', 'x = 2')")
    kernel.run("%%codegen tips --model m --approve\nCount")
    again = kernel.run("%codegen_reject count from 2")
    assert again.next_cell is not None
    assert again.next_cell.rstrip().endswith("x = 2")
    kernel.run(again.next_cell)
    shown = kernel.run("print(_codegen.attempts[0].review.words, _codegen.answer)").printed
    assert shown == "count from 2 2\n"


def test_after_a_restart_the_cell_still_runs_the_code_as_edited(kernel: Kernel) -> None:
    kernel.run("m = model('x = 1')")
    cell = kernel.run("%%codegen tips --model m --approve\nCount").next_cell
    assert cell is not None
    kernel.restart()
    kernel.run(SETUP + "\nm = model()")
    assert "does not parse" in kernel.run(cell.replace("x = 1", "x = (")).error
    ran = kernel.run(cell.replace("x = 1", "x = 42"))
    assert (ran.error, ran.status) == ("", "ok")
    assert "+ x (new): int: 42" in ran.text
    assert kernel.run("print(_codegen.attempts[-1].review.decision, m.calls)").printed == (
        "edit ['analyze']\n"
    )


def test_the_next_request_knows_the_earlier_one_and_what_was_accepted(kernel: Kernel) -> None:
    kernel.run(
        "m = model('a = 1; b = 2', \"got = sorted({'a', 'b', 'tips'} & set(globals()))\", 'x = 1')"
    )
    kernel.run("%%codegen tips --model m\nCount it")
    kernel.run("%codegen_accept a")
    follows = kernel.run("%codegen Now the next")
    assert any("follows &#x27;Count it&#x27;" in page for page in follows.pages)
    assert kernel.run("print(_codegen.answer)").printed == "['a', 'tips']\n"
    assert kernel.run("print('Count it' in m.prompt(2), 'a = 1; b' in m.prompt(2))").printed == (
        "True True\n"
    )
    kernel.run("%codegen --new --model m Start over")
    assert kernel.run("print('Count it' in m.prompt(4))").printed == "False\n"
