"""The program that draws with kaleido, run where kaleido is not installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import sandbox


def test_it_reports_what_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "drawn"
    folder.mkdir()
    figure = {"data": [], "layout": {}}
    request = {"data": figure, "format": "png", "width": 1, "height": 1, "scale": 1}
    subprocess.run(
        [sys.executable, "-P", "-m", "sandbox.runner.figures.kaleido_program", str(folder)],
        input=f"{json.dumps(request)}\n{json.dumps({'format': 'png'})}\n",
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(sandbox.__file__).parents[1])},
    )
    missing, broken = ((folder / f"{at}.error").read_text() for at in range(2))
    assert "requires the Kaleido package" in missing
    assert "data" in broken
    assert len(list(folder.iterdir())) == 2
