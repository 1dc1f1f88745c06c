"""The magics in a real JupyterLab, driven in headless Chromium, with a scripted model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernels import START
from tests.notebooks.lab import Lab, open_lab

SETUP = f"""{START}
%load_ext graph_agent
from graph_agent.samples import load_tips
from tests.scripted_model import ScriptedModel, fenced, verdict
tips = load_tips()
def model(*codes):
    return ScriptedModel(codes=[fenced(code) for code in codes], verdicts=[verdict(True)] * 9)
DRAW = '''import time, matplotlib.pyplot as plt
print("printed early", flush=True); time.sleep(3)
tips["pct"] = tips.tip / tips.total_bill
by_day = tips.groupby("day").pct.mean()
by_day.plot.bar(); plt.show()
print("<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>")
hostile = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"'''
m, n = model(DRAW), model("x = 1", "import time; time.sleep(99)")
print("ready")"""
CELLS = [
    SETUP,
    "%%codegen tips --model m --returns by_day,tips,hostile\nAverage the tips by day",
    "%codegen_accept",
    "print('accepted', 'pct' in tips)",
    "%codegen_undo",
    "print('undone', 'pct' in tips)",
    "%%codegen tips --model n --approve --new\nCount",
    "%%codegen tips --model n --new\nSleep",
]


@pytest.mark.slow
@pytest.mark.docker
# The browser's driver and the server are other processes.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_ask_look_accept_undo_approve_and_interrupt(tmp_path: Path) -> None:
    with open_lab(tmp_path, CELLS, tmp_path) as lab:
        lab.run_next()
        lab.sees("ready")
        _ask(lab)
        _accept_and_undo(lab)
        lab.run_next()
        lab.sees("waits for you.")
        lab.sees_cell("%%codegen_approve")
        lab.command("notebook:move-cursor-up")
        lab.run_next()
        lab.sees("+ x")
        lab.picture("approved")
        lab.run_next()
        lab.sees("the code runs in its container")
        lab.command("notebook:interrupt-kernel")
        lab.sees("interrupted; to continue: %codegen_resume")
        lab.picture("interrupted")
        assert lab.page.evaluate("window.hacked") is None


def _ask(lab: Lab) -> None:
    lab.run_next()
    lab.sees("the code runs in its container")
    lab.sees("printed early")
    lab.sees("Changes in your variables")
    lab.sees("columns added: pct")
    lab.has(".jp-OutputArea img[src^='data:image/png']")
    lab.has(".jp-OutputArea table td")
    assert lab.picture("changes").stat().st_size > 10_000
    assert lab.page.locator(".jp-OutputArea script").count() == 0
    assert lab.page.evaluate("window.hacked") is None


def _accept_and_undo(lab: Lab) -> None:
    lab.run_next()
    lab.sees("Accepted: by_day, tips, hostile")
    lab.sees_cell("# User request: Average the tips by day")
    for seen in ("accepted True", "Restored: tips", "undone False"):
        lab.run_next()
        lab.sees(seen)
