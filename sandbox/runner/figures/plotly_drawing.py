"""PNG previews of plotly figures and ``fig.write_image(…)``, drawn by kaleido if installed.

Previews are drawn after the code, when the figures have already been sent. Drawing never
changes a run's outcome: it ends in time, doesn't start when memory is short, and a failure
is only a note.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from ..shared.figures import plotly_size
from .pictures import MAX_PIXELS, Pictures

MAX_DRAWING_S = 20.0
"""For all previews of a run, and at most half of the run's remaining time."""
MIN_DRAWING_S = 2.0
"""A browser needs this long to start. Measured: 1 s, and 3 s on a busy machine."""
MAX_EXPORT_S = 60.0
"""For one picture that the code asks for."""
MIN_MEMORY_BYTES = 512 << 20
"""Measured: Chromium takes 270 MiB, 500 MiB for one drawing in three dimensions."""
MAX_JSON_BYTES = 16 << 20
MAX_PICTURE_BYTES = 64 << 20
MAX_REASON_CHARS = 120
PROGRAM = (sys.executable, "-P", "-m", f"{__package__}.kaleido_program")
CGROUP_MEMORY = (
    ("memory.max", "memory.current", "memory.stat"),  # cgroup v2
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),  # v1
)


def memory_left_bytes() -> float:
    """Return how much memory is left, counting the page cache as free; infinity if unlimited."""
    for files in CGROUP_MEMORY:
        try:
            limit, usage, details = (_read(f"/sys/fs/cgroup/{name}") for name in files)
            counts = dict(line.split() for line in details.splitlines())
            cached = int(counts.get("total_inactive_file", counts.get("inactive_file", 0)))
            return math.inf if limit == "max" else int(limit) - int(usage) + cached
        except (OSError, ValueError):
            continue
    return math.inf


def _read(path: str) -> str:
    with open(path) as file:
        return file.read().strip()


def draw(
    figures: Sequence[bytes], timeout_s: float, program: Sequence[str] = PROGRAM, **options: Any
) -> list[bytes | str]:
    """Draw figures given as JSON; return the picture of each, or the reason why it has none.

    ``options``: ``format``, ``width``, ``height`` and ``scale``, where they aren't the defaults.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            requests = b"".join(_request(figure, options) for figure in figures)
            reason = _run([*program, folder], requests, timeout_s)
            return [_result(os.path.join(folder, str(at)), reason) for at in range(len(figures))]
    except OSError as error:  # no such program, or no room left
        return [f"kaleido doesn't start: {error}"[:MAX_REASON_CHARS]] * len(figures)


def _request(figure: bytes, options: dict[str, Any]) -> bytes:
    width, height = plotly_size(json.loads(figure).get("layout", {}))
    request = {"format": "png", "width": width, "height": height, "scale": 1, **options}
    return json.dumps(request)[:-1].encode() + b', "data": ' + figure + b"}\n"


def _run(command: list[str], requests: bytes, timeout_s: float) -> str:
    """Run a program, then kill everything it started; return why results may be missing."""
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    # In a session of its own, so that it can be killed as a group.
    with subprocess.Popen(
        command, stdin=pipe, stdout=null, stderr=null, start_new_session=True
    ) as process:
        try:
            process.communicate(requests, timeout_s)
        except subprocess.TimeoutExpired:
            return "drawing took too long"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return f"kaleido exited with code {process.returncode} without drawing it"


def _result(path: str, reason: str) -> bytes | str:
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        picture = file.read(MAX_PICTURE_BYTES + 1)
        too_large = f"a picture of more than {MAX_PICTURE_BYTES} bytes"
        return picture if len(picture) <= MAX_PICTURE_BYTES else too_large
    with contextlib.suppress(FileNotFoundError), open(f"{path}.error", errors="replace") as file:
        return file.read(MAX_REASON_CHARS)
    return reason


def to_image(
    fig: Any,
    format: str | None = None,  # noqa: A002  # plotly's own name for it
    width: int | None = None,
    height: int | None = None,
    scale: float | None = None,
    validate: bool = True,
) -> bytes:
    """Draw a figure: ``plotly.io.to_image`` for kaleido up to 0.2, which plotly 7 doesn't support.

    Raises:
        ValueError: kaleido can't draw the figure.
    """
    import plotly.io

    options: dict[str, Any] = {"format": format, "width": width, "height": height, "scale": scale}
    given = {name: value for name, value in options.items() if value}
    data = plotly.io.to_json(fig, validate=validate).encode()
    (drawn,) = draw([data], MAX_EXPORT_S, **given)
    if isinstance(drawn, str):
        raise ValueError(drawn)  # noqa: TRY004  # as plotly does
    return drawn


class PlotlyPreviews:
    """Remembers figures that were sent, and draws them at the end."""

    def __init__(
        self,
        pictures: Pictures,
        program: Sequence[str] = PROGRAM,
        memory_left_bytes: Callable[[], float] = memory_left_bytes,
    ) -> None:
        self._pictures = pictures
        self._program = program
        self._memory_left_bytes = memory_left_bytes
        self._sent: list[tuple[int, bytes]] = []

    def remember(self, number: int, figure: bytes) -> None:
        """Have figure ``number``, given as JSON, drawn at the end."""
        if self._program is not PROGRAM or find_spec("kaleido") is not None:
            self._sent.append((number, figure))

    def draw(self, end_s: float) -> None:
        """Draw the remembered figures; ``end_s``: end of the run on the monotonic clock."""
        drawable = []
        for number, figure in self._sent:
            width, height = plotly_size(json.loads(figure).get("layout", {}))
            if len(figure) > MAX_JSON_BYTES or width * height > MAX_PIXELS:
                self._note("it is too large to draw")
            else:
                drawable.append((number, figure))
        if not drawable:
            return
        timeout_s = min(MAX_DRAWING_S, (end_s - time.monotonic()) / 2)
        left_bytes = self._memory_left_bytes()
        if timeout_s < MIN_DRAWING_S:
            self._note("too little of the run's time is left")
        elif left_bytes < MIN_MEMORY_BYTES:
            left = f"{int(left_bytes) >> 20} MiB are left"
            self._note(f"drawing takes {MIN_MEMORY_BYTES >> 20} MiB of memory, {left}")
        else:
            results = draw([figure for _, figure in drawable], timeout_s, self._program)
            for (number, _), result in zip(drawable, results, strict=True):
                if isinstance(result, bytes):
                    self._pictures.add_preview(number, result)
                else:
                    self._note(result)

    def _note(self, reason: str) -> None:
        self._pictures.note(f"a plotly figure has no preview: {reason}")
