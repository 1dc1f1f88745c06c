"""Drawing programs that answer, hang, break off or lie: each a real process."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.runner.figures.kaleido_programs import drawing_program, plotly_script
from sandbox.runner.figures.memory_left import memory_left_bytes
from sandbox.runner.figures.pictures import PLOTLY, Pictures
from sandbox.runner.figures.plotly_browser import Browser, DrawingError
from sandbox.runner.figures.plotly_previews import MIN_MEMORY_BYTES, PlotlyPreviews, size_of

STARTED = {"code": 0, "message": "Success", "result": None, "version": "0.2.1"}
ECHO = f"""
import base64, json, sys
print({json.dumps(json.dumps(STARTED))}, flush=True)
for line in sys.stdin:
    wanted = json.loads(line)
    drawn = base64.b64encode(json.dumps(wanted).encode()).decode()
    bad = wanted["data"].get("bad")
    answer = {{"code": 525, "message": bad}} if bad else {{"code": 0}}
    answer["result"] = None if bad else drawn
    print(json.dumps(answer), flush=True)
"""
FIGURE = b'{"data": [], "layout": {"width": 400}}'


def program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def soon(seconds: float = 30) -> float:
    return time.monotonic() + seconds


def test_one_browser_draws_all() -> None:
    large = json.dumps({"data": ["x" * 3_000_000]}).encode()
    with Browser(program(ECHO), soon()) as browser:
        small = browser.draw(FIGURE, 400, 500)
        assert isinstance(small, bytes)
        assert json.loads(small) == {
            "format": "png",
            "width": 400,
            "height": 500,
            "scale": 1,
            "data": json.loads(FIGURE),
        }
        assert len(browser.draw(large, 1, 1)) > 3_000_000
        assert browser.draw(b'{"bad": "no map"}', 1, 1) == "no map"
        assert isinstance(browser.draw(FIGURE, 1, 1), bytes)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import time; time.sleep(600)", "took too long"),
        ("pass", "ended without a word"),
        ("print('Segmentation fault', flush=True); input()", "no JSON"),
        ('input(); print(\'{"code": 0, "result": "x"}\', flush=True); input()', "no base64"),
        ("print('[1]', flush=True); input()", "no object"),
        ("input()\nwhile True: print(end='x' * 65536)", "more than"),
    ],
)
def test_a_browser_that_does_not_draw(code: str, reason: str) -> None:
    limit_s = 1 if "long" in reason else 30
    with pytest.raises(DrawingError, match=reason), Browser(program(code), soon(limit_s)) as one:
        one.draw(b'{"data": [' + b"1," * 500_000 + b"1]}", 1, 1)


def test_a_browser_that_is_not_there() -> None:
    with (
        pytest.raises(DrawingError, match="does not start"),
        Browser(["/nowhere/kaleido"], soon()),
    ):
        pass


def test_nothing_it_started_is_left(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    code = "import subprocess, sys, time\n"
    code += "child = subprocess.Popen(['sleep', '600'])\n"
    code += f"open({str(told)!r}, 'w').write(str(child.pid))\nprint('{{}}', flush=True)\n"
    code += "time.sleep(600)"
    # A child of this very process once its parent is gone, or else init has to reap it.
    with contextlib.suppress(DrawingError), Browser(program(code), soon(3)) as browser:
        browser.draw(FIGURE, 1, 1)
    pid, until = int(told.read_text()), soon()
    while time.monotonic() < until and _runs(pid):
        time.sleep(0.01)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


class Sent:
    """Pictures that keep what they send."""

    def __init__(self, code: str | None = ECHO, left_bytes: float = 1 << 40) -> None:
        self.messages: list[tuple[dict[str, Any], bytes]] = []
        self.pictures = Pictures(5, 1 << 20, lambda *message: self.messages.append(message))
        command = None if code is None else program(code)
        self.previews = PlotlyPreviews(self.pictures, lambda: command, lambda: left_bytes)

    def draw(self, *figures: bytes, seconds: float = 60) -> list[int]:
        """Send figures, draw them, and return the numbers of those with a preview."""
        for figure in figures:
            number = self.pictures.add(figure, PLOTLY)
            assert number is not None
            self.previews.remember(number, figure)
        self.previews.draw(soon(seconds))
        return [one["figure"] for one, _ in self.messages if one["type"] == "preview"]


def test_previews_belong_to_their_figures() -> None:
    sent = Sent()
    assert sent.draw(FIGURE, b'{"data": [], "bad": "no map"}', b'{"data": [1]}') == [0, 2]
    assert sent.pictures.notes == ["a plotly figure has no preview: no map"]
    drawn = json.loads(sent.messages[3][1])
    assert (drawn["width"], drawn["height"]) == (400, 500)
    assert sent.pictures.total_bytes == sum(len(body) for _, body in sent.messages)


def test_what_cannot_be_drawn_is_one_note() -> None:
    hanging = Sent("import time; time.sleep(600)")
    started = time.monotonic()
    assert hanging.draw(FIGURE, b'{"data": [1]}', seconds=6) == []
    assert 3 <= time.monotonic() - started < 30
    assert hanging.pictures.notes == ["plotly figures have no preview: drawing took too long"]
    late = Sent()
    assert late.draw(FIGURE, seconds=1) == []
    assert "run's time" in late.pictures.notes[0]
    short = Sent(left_bytes=MIN_MEMORY_BYTES - (1 << 20))
    assert short.draw(FIGURE) == []
    assert "takes 512 MiB of memory, 511 MiB are left" in short.pictures.notes[0]
    huge = Sent()
    assert huge.draw(b'{"data": [], "layout": {"width": 90000, "height": 90000}}') == []
    assert "too large" in huge.pictures.notes[0]


def test_previews_count_as_results() -> None:
    sent = Sent()
    figure = json.dumps({"data": ["x" * 600_000]}).encode()
    assert sent.draw(figure) == []
    assert "over the limit for results" in sent.pictures.notes[0]


def test_without_kaleido_nothing_is_said() -> None:
    sent = Sent(code=None)
    assert sent.draw(FIGURE) == []
    assert sent.pictures.notes == []


@pytest.mark.parametrize(
    ("layout", "size"),
    [
        ({}, (700, 500)),
        ({"width": 10.5}, (10, 500)),
        ({"height": "9", "width": -1}, (700, 500)),
        ({"height": True, "width": 1e300}, (700, 500)),
    ],
)
def test_the_size_a_figure_asks_for(layout: dict[str, Any], size: tuple[int, int]) -> None:
    assert size_of(json.dumps({"data": [], "layout": layout}).encode()) == size


def test_the_memory_left_is_some() -> None:
    assert memory_left_bytes() > 0


def test_no_program_without_kaleido() -> None:
    assert plotly_script() is not None
    assert drawing_program() is None, "kaleido is no dependency of this project"


def test_the_program_for_kaleido_1_says_what_is_missing() -> None:
    command = [sys.executable, "-P", "-m", "sandbox.runner.figures.kaleido_lines"]
    wanted = {"data": json.loads(FIGURE), "format": "png", "width": 1, "height": 1, "scale": 1}
    done = subprocess.run(
        command,
        input=json.dumps(wanted) + "\n" + json.dumps({"format": "png"}) + "\n",
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    missing, broken = map(json.loads, done.stdout.splitlines())
    assert missing["result"] is None
    assert "requires the Kaleido package" in missing["message"]
    assert "width" in broken["message"]


def test_pictures_come_as_bytes_or_text() -> None:
    text = "import json; print(json.dumps({'code': 0, 'result': '<svg/>'}), flush=True); input()"
    with Browser(program(text), soon()) as browser:
        assert browser.draw(FIGURE, 1, 1, "svg") == b"<svg/>"
    wrong = text.replace("<svg/>", base64.b64encode(b"png").decode())
    with Browser(program(wrong), soon()) as browser:
        assert browser.draw(FIGURE, 1, 1) == b"png"
