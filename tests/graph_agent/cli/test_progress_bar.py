"""The bar for many runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.cli.progress_bar import shown


def test_lines_are_printed_as_data_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with shown("right", quiet=False) as bar:
        bar.update(Path("out"), 1, 3, 1)
        bar.say("[bold]a\x1b[31mb\nc")
    seen = capfd.readouterr()
    assert seen.out == ""
    assert "[bold]a" in seen.err
    assert "\x1b[31m" not in seen.err
    assert "1/3" in seen.err
    assert "1 right" in seen.err


def cut_off(folder: Path | None) -> KeyboardInterrupt:
    """Interrupt work that has told its folder, or hasn't."""
    try:
        with shown("right", quiet=True) as bar:
            if folder is not None:
                bar.update(folder, 1, 3, 1)
            raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        return error


def test_work_that_is_cut_off_says_how_to_continue(capfd: pytest.CaptureFixture[str]) -> None:
    (hint,) = cut_off(Path("a folder")).__notes__
    assert hint == "to continue: the same command with --resume --out 'a folder'"
    assert not hasattr(cut_off(None), "__notes__")
    assert capfd.readouterr().err == ""
