"""Draws plotly figures with kaleido, in a process of its own that can be killed.

``python -m ….kaleido_program FOLDER`` reads a request from each line of standard input and
writes picture n to ``FOLDER/n``, or the reason why there is none to ``FOLDER/n.error``.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from typing import Any


def main() -> None:
    """Answer every request."""
    plotly: Any = importlib.import_module("plotly.io")
    draw, drawn = plotly.to_image, 0
    with contextlib.suppress(ImportError):  # up to 0.2, kaleido brings a browser
        script = os.path.join(os.path.dirname(plotly.__file__), "../package_data/plotly.min.js")
        scopes: Any = importlib.import_module("kaleido.scopes.plotly")
        draw = scopes.PlotlyScope(plotlyjs=os.path.abspath(script)).transform
    for number, line in enumerate(sys.stdin.buffer):
        if drawn == 1:  # one Chrome for the rest; without one, the server never ends
            with contextlib.suppress(Exception):
                importlib.import_module("kaleido").start_sync_server(silence_warnings=True)
        name = str(number)
        try:
            request = json.loads(line)
            result = draw(request.pop("data"), **request)
            drawn += 1
        except Exception as error:
            result = (" ".join(str(error).split()) or type(error).__name__).encode()
            name = f"{number}.error"
        path = os.path.join(sys.argv[1], name)
        with open(f"{path}.part", "wb") as file:
            file.write(result)
        os.replace(f"{path}.part", path)  # never half a picture


if __name__ == "__main__":
    main()
