"""Which program draws plotly's figures here.

Up to 0.2, kaleido brings a browser that reads figures from its standard input.
From 1.0 on it drives a Chrome, which the image must have; a program of our own
(:mod:`.kaleido_lines`) makes it read them in the same way.
"""

from __future__ import annotations

import importlib.util
import os
import sys

CHROMIUM_OPTIONS = (
    "--no-sandbox",  # the container is one, and lets no process build another
    "--disable-gpu",
    "--disable-breakpad",
    "--disable-dev-shm-usage",
    "--allow-file-access-from-files",
)


def drawing_program() -> list[str] | None:
    """Return the command, None where kaleido is not installed."""
    browser = bundled_browser()
    script = plotly_script()
    if browser is not None and script is not None:
        return [browser, "plotly", f"--plotlyjs={script}", *CHROMIUM_OPTIONS]
    if importlib.util.find_spec("kaleido") is None:
        return None
    return [sys.executable, "-P", "-m", f"{__package__}.kaleido_lines"]


def bundled_browser() -> str | None:
    """Find the browser of kaleido up to 0.2."""
    path = os.path.join(_folder("kaleido"), "executable", "kaleido")
    return path if os.access(path, os.X_OK) else None


def plotly_script() -> str | None:
    """Find plotly.js, which plotly ships."""
    path = os.path.join(_folder("plotly"), "package_data", "plotly.min.js")
    return path if os.path.isfile(path) else None


def _folder(package: str) -> str:
    found = importlib.util.find_spec(package)
    return next(iter(found.submodule_search_locations or [""]), "") if found else ""
