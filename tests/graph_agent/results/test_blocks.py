"""Content blocks of a LangChain message."""

from __future__ import annotations

from graph_agent.results.blocks import blocks, pictures_of
from sandbox.records import Figure

PNG = Figure(b"png", "image/png", 1, 1)


def test_pictures() -> None:
    plotly = Figure(b"{}", "application/vnd.plotly.v1+json", 1, 1, preview=PNG)
    bare = Figure(b"{}", "application/vnd.plotly.v1+json", 1, 1)
    assert pictures_of([PNG, plotly, bare]) == [("image/png", "cG5n")] * 2
    text, image = blocks("words", [PNG])
    assert text == {"type": "text", "text": "words"}
    assert image == {"type": "image", "base64": "cG5n", "mime_type": "image/png"}
