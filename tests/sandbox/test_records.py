"""The records of a run: frozen, and bounded when shown."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, get_args

import pytest

from sandbox.records import DISPLAY, Execution, Figure, Outcome, Payload
from sandbox.variables.bundle import is_variable_name


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_only_one_outcome_is_ok(outcome: Any) -> None:
    assert Execution(outcome).ok == (outcome == "ok")


def test_records_do_not_change() -> None:
    run = Execution("ok")
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.stdout = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        run.variables["x"] = 1  # type: ignore[index]


def test_bytes_are_not_shown() -> None:
    shown = repr([Figure(b"secret", "image/png", 1, 1), Payload("tree/1", "int", b"secret")])
    assert "secret" not in shown


def test_the_displayed_value_has_no_variables_name() -> None:
    assert not is_variable_name(DISPLAY)


def test_a_figure_is_saved(tmp_path: Path) -> None:
    png = Figure(b"png", "image/png", 1, 1)
    plotly = Figure(b"{}", "application/vnd.plotly.v1+json", 1, 1, png)
    assert png.save(tmp_path / "a.png").read_bytes() == b"png"
    assert plotly.save(str(tmp_path / "b.png")).read_bytes() == b"png"
    assert plotly.save(tmp_path / "b.json").read_bytes() == b"{}"
    with pytest.raises(ValueError, match="json"):
        Figure(b"{}", plotly.mime, 1, 1).save(tmp_path / "c.png")


def test_the_repr_shows_no_value() -> None:
    class Endless:
        def __repr__(self) -> str:
            raise AssertionError

    run = Execution("ok", "x" * 10_000, variables={"a": Endless()}, display=Endless())
    assert "variables=['a']" in repr(run)
    assert len(repr(run)) < 1_000
