"""Debian's Chromium without a window, driven through a pipe by its own protocol."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LIMIT_S = 90
ANSWERS_AT = 3, 4
"""The file descriptors that Chromium reads from and writes to."""


def chromium() -> str | None:
    """Return the browser's path; None: there is none."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, found), None)


class Page:
    """One page of the browser."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._buffer, self._number, self._session = b"", 0, ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.ask("Page.enable")

    def open(self, path: Path) -> None:
        """Load a file, and wait until it is there."""
        self.ask("Page.navigate", url=path.as_uri())
        deadline = time.monotonic() + LIMIT_S
        while self.run("location.href + document.readyState") != f"{path.as_uri()}complete":
            assert time.monotonic() < deadline, "the page did not load"
            time.sleep(0.05)

    def look(self, *, width: int, scheme: str = "light", media: str = "screen") -> None:
        """Show the page on a screen of this width, or as it is printed."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", media=media, features=features)
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )

    def run(self, script: str) -> Any:
        """Return what an expression gives in the page."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    def picture(self, path: Path) -> Path:
        """Save what is seen, the whole page."""
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))
        return path

    def ask(self, method: str, **params: Any) -> Any:
        """Call a method of the browser's protocol."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._reading], [], [], LIMIT_S)[0], "the browser is silent"
            data = os.read(self._reading, 1 << 20)
            assert data, "the browser has ended"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        parsed: dict[str, Any] = json.loads(message)
        return parsed


@contextlib.contextmanager
def open_page(profile: Path) -> Iterator[Page]:
    """Start a browser with a profile of its own, and yield a page."""
    (told, to_browser), (from_browser, tells) = os.pipe(), os.pipe()
    options = [
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"),
        *("--disable-dev-shm-usage", "--no-first-run", f"--user-data-dir={profile}"),
    ]
    # The shell gives the pipes the numbers that the browser expects.
    moved = f'exec "$0" "$@" {ANSWERS_AT[0]}<&{told} {ANSWERS_AT[1]}>&{tells}'
    process = subprocess.Popen(
        ["bash", "-c", moved, chromium() or "", *options],
        pass_fds=(told, tells),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(told)
    os.close(tells)
    try:
        yield Page(from_browser, to_browser)
    finally:
        os.close(to_browser)
        os.close(from_browser)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
