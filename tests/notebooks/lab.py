"""A real JupyterLab in a headless browser: what a person sees and does."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.browser import chromium

ROOT = Path(__file__).parents[2]
NAME = "lab.ipynb"
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
"""Settings without which a question about news covers a corner of the page."""


class Lab:
    """A notebook that is open in the browser; cells run one after another."""

    def __init__(self, page: Any, pictures: Path) -> None:
        self.page = page
        self.pictures = pictures

    def run_next(self) -> None:
        """Run the selected cell and select the one below it."""
        self.command("notebook:run-cell-and-select-next")

    def command(self, name: str) -> None:
        """Do what the menu entry of this name does, without waiting for its end."""
        self.page.evaluate("name => { window.jupyterapp.commands.execute(name); }", name)

    def sees(self, text: str, where: str = ".jp-OutputArea-output", timeout_s: int = 120) -> None:
        """Wait until a text is visible in an output."""
        found = self.page.locator(where).get_by_text(text).first
        found.wait_for(state="visible", timeout=timeout_s * 1000)

    def sees_cell(self, text: str) -> None:
        """Wait until a text is visible in a cell."""
        self.sees(text, ".jp-InputArea-editor")

    def has(self, selector: str, timeout_s: int = 120) -> None:
        """Wait until an element is there."""
        self.page.wait_for_selector(selector, timeout=timeout_s * 1000, state="attached")

    def picture(self, name: str) -> Path:
        """Take a screenshot."""
        path = self.pictures / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def cells_picture(self, number: int) -> bytes:
        """Return a picture of the first cells, as PNG."""
        self.page.evaluate("document.activeElement.blur()")
        boxes = [self.page.locator(".jp-Cell").nth(at).bounding_box() for at in range(number)]
        first, last = boxes[0], boxes[-1]
        clip = {**first, "height": last["y"] + last["height"] - first["y"]}
        return bytes(self.page.screenshot(clip=clip))


@contextlib.contextmanager
def open_lab(
    folder: Path,
    cells: list[str],
    pictures: Path,
    environment: Mapping[str, str] | None = None,
    *,
    alone: bool = False,
) -> Iterator[Lab]:
    """Open a notebook of these cells in JupyterLab; skip the test where that can't be.

    ``environment``: of the server and its kernels; None: this process's. ``alone``: the notebook
    fills the page, on a tall screen.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright isn't installed")
    pytest.importorskip("jupyterlab", reason="JupyterLab isn't installed")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / NAME)
    with playwright.sync_playwright() as play:
        opened = _browser(play)
        with contextlib.closing(opened), _server(folder, environment) as url:
            size = {"width": 960, "height": 2400} if alone else {"width": 1100, "height": 1400}
            page = opened.new_page(viewport=size)
            page.goto(f"{url}/{'doc' if alone else 'lab'}/tree/{NAME}?token=test", timeout=120_000)
            page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
            page.get_by_text("(ipykernel) | Idle").wait_for(timeout=120_000)
            yield Lab(page, pictures)


def _browser(play: Any) -> Any:
    """Start Debian's Chromium, or else Playwright's own."""
    from playwright.sync_api import Error

    # As root, Chromium refuses to start without the option.
    try:
        return play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
    except Error as error:
        if chromium() is not None:
            raise
        pytest.skip(
            "no browser here; on Debian: apt-get install chromium; elsewhere: playwright install"
            f" chromium ({str(error).splitlines()[0]})"
        )


@contextlib.contextmanager
def _server(folder: Path, environment: Mapping[str, str] | None) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", f"--ServerApp.root_dir={folder}", "--IdentityProvider.token=test"]
    command += ["--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"]
    settings = folder / ".settings"
    settings.mkdir()
    (settings / "overrides.json").write_text(json.dumps(QUIET), "utf-8")
    command += [f"--LabApp.app_settings_dir={settings}"]
    environ = dict(os.environ if environment is None else environment)
    # What a person's Jupyter has, settings and workspaces, is neither used nor changed.
    environ |= {"JUPYTER_CONFIG_DIR": str(settings), "JUPYTERLAB_WORKSPACES_DIR": str(settings)}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environ)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{url}/api?token=test", timeout=5).close()
                break
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(30)
