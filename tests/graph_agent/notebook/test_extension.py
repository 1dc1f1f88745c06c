"""The magics in a real kernel, with a scripted model and the real sandbox."""

from __future__ import annotations

import pytest

from graph_agent.notebook.extension import keep_question_mark
from tests.graph_agent.results.test_html import HOSTILE, Tags
from tests.kernels import Kernel

pytestmark = [
    pytest.mark.docker,
    # The kernel is another process: what it leaves open at shutdown is not ours.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
ADD = "tips['pct'] = tips.tip / tips.total_bill\nshare = tips.pct.mean()"


def test_ask_look_accept_and_undo(kernel: Kernel) -> None:
    kernel.run(f"m = model({ADD!r})")
    asked = kernel.run(
        "%%codegen --model m --privacy stats --returns tips,share\nAdd the share to tips"
    )
    assert (asked.status, asked.error) == ("ok", "")
    assert len(asked.displays) == 1, "one area, updated in place"
    assert asked.updates > 2
    assert "Changes in your variables" in asked.html
    assert "columns added: pct" in asked.text
    assert "+ share (new): numpy.float64: 0.16" in asked.text
    assert "%codegen_accept" in asked.text
    assert kernel.run("print('pct' in tips, 'share' in globals(), _codegen.success)").printed == (
        "False False True\n"
    )
    accepted = kernel.run("%codegen_accept tips")
    assert accepted.next_cell is not None
    assert accepted.next_cell.startswith("# User request: Add the share to tips\n")
    assert kernel.run("print('pct' in tips, 'share' in globals())").printed == "True False\n"
    kernel.run("%codegen_accept")
    assert kernel.run("print(round(share, 3))").printed == "0.161\n"
    assert kernel.run("%codegen_undo").status == "ok"
    assert kernel.run("%codegen_undo").status == "ok"
    assert kernel.run("print('pct' in tips, 'share' in globals())").printed == "False False\n"
    assert "nothing was accepted" in kernel.run("%codegen_undo").error


def test_accept_at_once_shows_the_difference_too(kernel: Kernel) -> None:
    kernel.run("m = model('n = 1')")
    asked = kernel.run("%codegen --accept --model m count from 1, costs $tips {tips}")
    assert "+ n (new): int: 1" in asked.text
    assert asked.next_cell is not None
    assert asked.next_cell.startswith("# User request: count from 1, costs $tips {tips}\n")
    assert kernel.run("print(n)").printed == "1\n"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%codegen tisp\nGo", "no variable 'tisp'; did you mean 'tips'?"),
        ("%%codegen tips --modle x\nGo", "no option --modle; did you mean '--model'?"),
        ("%%codegen tips\n \n", "the cell is empty"),
        ("%codegen", "the line is empty"),
        ("%%codegen --max-attempts many\nGo", "takes a number"),
        ("%%codegen --checks none.py\nGo", "none.py"),
        ("%%codegen --privacy all\nGo", "must be one of schema, stats, sample"),
        ("%%codegen lock --model m\nGo", "lock"),
        ("%%codegen tips --model gemini-2.5-pro\nGo", "needs an API key"),
        ("%%codegen tips --model mm\nGo", "did you mean 'm'?"),
        ("%codegen_accept", "nothing waits"),
        ("%codegen_reject no", "no code waits"),
        ("%codegen_resume", "no run was interrupted here"),
        ("%codegen_resume one two", "takes the run's thread"),
        ("%codegen_resume nonsense", "there is no run 'nonsense'"),
        ("%codegen_reject --thread nonsense no", "there is no run 'nonsense'"),
        ("%%codegen_approve nonsense\nx = 1", "there is no run 'nonsense'"),
        ("%%codegen_approve\nx = 1", "takes the run's thread"),
        ("%codegen_undo", "nothing was accepted"),
    ],
)
def test_bad_input_is_one_line_and_starts_nothing(kernel: Kernel, cell: str, said: str) -> None:
    kernel.run("import threading; lock = threading.Lock(); m = model('x = 1')")
    answer = kernel.run(cell)
    assert answer.status == "error"
    assert said in answer.error
    assert len(answer.traceback) == 1
    assert "\n" not in answer.traceback[0]
    assert kernel.run("print(m.calls, '_codegen' in globals())").printed == "[] False\n"


def test_without_docker_it_says_so(kernel: Kernel) -> None:
    kernel.run("import os; os.environ['DOCKER_HOST'] = 'unix:///nowhere.sock'; m = model('x = 1')")
    answer = kernel.run("%%codegen tips --model m\nGo")
    kernel.run("del os.environ['DOCKER_HOST']")
    assert len(answer.traceback) == 1
    assert "nowhere.sock" in answer.error
    assert kernel.run("print(m.calls)").printed == "[]\n"


def test_several_tables_and_none_named_is_a_question(kernel: Kernel) -> None:
    kernel.run("other = tips.copy(); m = model('x = 1')")
    asked = kernel.run("%codegen --model m How many rows?")
    assert "there are 2 tables: tips, other" in asked.printed
    assert asked.next_cell == "%%codegen tips other --model m\nHow many rows?\n"
    assert kernel.run("print(m.calls)").printed == "[]\n"
    kernel.run(asked.next_cell)
    assert kernel.run("print('_codegen' in globals(), m.calls)").printed.startswith("True")


def test_names_and_options_are_completed(kernel: Kernel) -> None:
    kernel.run("m1 = model('x = 1')")
    assert kernel.complete("%%codegen ti") == ["tips"]
    assert kernel.complete("%%codegen tips --ma") == ["--max-attempts"]
    assert "m1" in kernel.complete("%codegen --model m")
    assert kernel.complete("%%codegen --privacy st") == ["stats"]


def test_hostile_text_is_only_text(kernel: Kernel) -> None:
    kernel.run(f"hostile = {HOSTILE!r}")
    kernel.run(
        "m = model('print(tips); hostile = [tips]; 1 / 0\\n# ' + hostile, 'import pandas as pd\\n"
        "frame = pd.DataFrame({tips: [tips]}); print(tips)\\ntips'); tips = hostile"
    )
    kernel.run("m.verdicts[0] = verdict(False, why=hostile, plan=hostile)")
    asked = kernel.run("%%codegen tips --model m\nShow it " + HOSTILE)
    assert (asked.status, asked.error) == ("ok", "")
    assert {key for shown in asked.displays for key in shown} == {"text/html", "text/plain"}
    for page in [*asked.pages, asked.html]:
        assert not {"script", "img"} & Tags(page).tags
        assert not any(name.startswith("on") for name, _ in Tags(page).attributes)
        assert not {"\x1b", "\u202e"} & set(page)
    assert not {"\x1b", "\u202e"} & set(asked.text)
    accepted = kernel.run("%codegen_accept frame")
    assert accepted.next_cell is not None
    assert "\u202e" not in accepted.next_cell


def test_it_is_unloaded_again(kernel: Kernel) -> None:
    assert kernel.run("%unload_ext graph_agent").status == "ok"
    assert "codegen" in kernel.run("%codegen x").text
    assert "--model" not in kernel.complete("%%codegen --mo")


def test_a_question_mark_belongs_to_the_request() -> None:
    assert keep_question_mark(["x = 1\n", '%codegen What\'s "it"?\n']) == [
        "x = 1\n",
        "get_ipython().run_line_magic('codegen', 'What\\'s \"it\"?')\n",
    ]
    for line in ("%codegen?\n", "%codegen tips\n", "print(1)?\n"):
        assert keep_question_mark([line]) == [line]
    cell = ["%%codegen tips\n", "%codegen why?\n"]
    assert keep_question_mark(cell) == cell
