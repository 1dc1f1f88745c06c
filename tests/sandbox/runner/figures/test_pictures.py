"""Limits on pictures, and when they are sent."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.runner.figures.pictured import COLOURS, PYPLOT, run
from tests.sandbox.runner.program import LIMITS, Program


def test_too_many_figures(tmp_path: Path) -> None:
    code = "for i in range(7):\n    plt.figure(); plt.plot([i]); plt.savefig('a.png')"
    done = run(tmp_path, PYPLOT + code)
    assert len(done.pictures) == 5
    assert done.notes == ["only the first 5 figures were kept"]


def test_figures_count_as_results(tmp_path: Path) -> None:
    code = (
        COLOURS + "draw('r'); plt.show()\nimport numpy as np; plt.imshow(np.random.rand(999, 999))"
    )
    limits = {**LIMITS, "max_result_bytes": 60_000}
    done = run(tmp_path, code, limits=limits)
    assert done.colours == "r"
    assert "bytes was dropped" in done.notes[0]


def test_a_picture_is_sent_before_the_code_is_killed(tmp_path: Path) -> None:
    code = COLOURS + "draw('r'); plt.show()\nimport os; os.kill(os.getpid(), 9)"
    program = Program(tmp_path).serve(code)
    assert len(program.of_type("figure")) == 1
    assert program.exit_report["code"] == -9
