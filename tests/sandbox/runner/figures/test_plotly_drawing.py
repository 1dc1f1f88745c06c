"""Drawing programs that draw, hang, fail or exit: each a real process."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.runner.figures.pictures import Pictures
from sandbox.runner.figures.plotly_drawing import (
    MAX_PICTURE_BYTES,
    MIN_MEMORY_BYTES,
    PlotlyPreviews,
    draw,
    memory_left_bytes,
    to_image,
)
from sandbox.runner.shared.figures import PLOTLY

ECHO = """
import json, sys
for number, line in enumerate(sys.stdin):
    bad = json.loads(line)["data"].get("bad")
    with open(f"{sys.argv[1]}/{number}{'.error' if bad else ''}", "w") as file:
        file.write(bad or line)
"""
FIGURE = b'{"data": [], "layout": {"width": 400}}'


def program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_one_process_draws_all() -> None:
    large = json.dumps({"data": ["x" * 3_000_000]}).encode()
    bad = b'{"bad": "no map"}'
    small, big, reason, last = draw([FIGURE, large, bad, FIGURE], 30, program(ECHO), scale=2)
    assert isinstance(small, bytes)
    assert json.loads(small) == {
        "format": "png",
        "width": 400,
        "height": 500,
        "scale": 2,
        "data": json.loads(FIGURE),
    }
    assert len(big) > 3_000_000
    assert reason == "no map"
    assert last == small


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import time; time.sleep(600)", "took too long"),
        ("while True: print('Segmentation fault')", "took too long"),
        ("pass", "exited with code 0"),
        ("import os; os.kill(os.getpid(), 9)", "exited with code -9"),
        (
            f"import sys; open(sys.argv[1] + '/0', 'wb').truncate({MAX_PICTURE_BYTES + 1})",
            "more than",
        ),
    ],
)
def test_a_program_that_does_not_draw(code: str, reason: str) -> None:
    figure = b'{"data": [' + b"1," * 500_000 + b"1]}"
    (result,) = draw([figure], 1 if "long" in reason else 30, program(code))
    assert isinstance(result, str)
    assert reason in result


def test_a_program_that_does_not_exist() -> None:
    results = draw([FIGURE] * 2, 30, ["/nowhere/kaleido"])
    assert len(results) == 2
    assert "doesn't start" in str(results[0])


def test_a_picture_drawn_before_the_time_is_over_is_kept() -> None:
    code = "import sys, time\nwith open(f'{sys.argv[1]}/0', 'w') as file: file.write('png')\n"
    code += "time.sleep(600)"
    assert draw([FIGURE] * 2, 3, program(code)) == [b"png", "drawing took too long"]


def test_all_processes_it_started_are_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = "import subprocess, time\n"
    code += "child = subprocess.Popen(['sleep', '600'])\n"
    code += f"open({str(pid_file)!r}, 'w').write(str(child.pid))\ntime.sleep(600)"
    draw([FIGURE], 3, program(code))
    pid, until = int(pid_file.read_text()), time.monotonic() + 30
    while time.monotonic() < until and _runs(pid):
        time.sleep(0.01)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


class Sent:
    """Pictures that record what they send."""

    def __init__(self, code: str = ECHO, left_bytes: float = 1 << 40) -> None:
        self.messages: list[tuple[dict[str, Any], bytes]] = []
        self.pictures = Pictures(5, 1 << 20, lambda *message: self.messages.append(message))
        self.previews = PlotlyPreviews(self.pictures, program(code), lambda: left_bytes)

    def draw(self, *figures: bytes, seconds: float = 60) -> list[int]:
        """Send figures, draw them, and return the numbers of those with a preview."""
        for figure in figures:
            number = self.pictures.add(figure, PLOTLY)
            assert number is not None
            self.previews.remember(number, figure)
        self.previews.draw(time.monotonic() + seconds)
        return [header["figure"] for header, _ in self.messages if header["type"] == "preview"]


def test_previews_belong_to_their_figures() -> None:
    sent = Sent()
    assert sent.draw(FIGURE, b'{"data": [], "bad": "no map"}', b'{"data": [1]}') == [0, 2]
    assert sent.pictures.notes == ["a plotly figure has no preview: no map"]
    drawn = json.loads(sent.messages[3][1])
    assert (drawn["width"], drawn["height"]) == (400, 500)
    assert sent.pictures.total_bytes == sum(len(body) for _, body in sent.messages)


def test_figures_that_cannot_be_drawn_make_one_note() -> None:
    hanging = Sent("import time; time.sleep(600)")
    started = time.monotonic()
    assert hanging.draw(FIGURE, b'{"data": [1]}', seconds=4.2) == []
    assert 2 <= time.monotonic() - started < 30
    assert hanging.pictures.notes == ["a plotly figure has no preview: drawing took too long"]
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


def test_without_kaleido_there_is_no_preview_and_no_note() -> None:
    messages: list[Any] = []
    pictures = Pictures(5, 1 << 20, lambda *message: messages.append(message))
    previews = PlotlyPreviews(pictures)
    previews.remember(0, FIGURE)
    previews.draw(time.monotonic() + 60)
    assert (messages, pictures.notes) == ([], []), "kaleido is no dependency of this project"


def test_an_image_that_cannot_be_drawn_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="Kaleido"):
        to_image({"data": [], "layout": {}}, format="svg")


def test_some_memory_is_left() -> None:
    assert memory_left_bytes() > 0
