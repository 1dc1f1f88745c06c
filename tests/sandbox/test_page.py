"""An execution in a notebook: what it displayed first, and nothing hostile."""

from __future__ import annotations

import pandas as pd

from sandbox import Execution, ExecutionError, Figure
from tests.graph_agent.results.test_html import HOSTILE, PNG, Tags


def test_the_displayed_value_comes_first() -> None:
    frame = pd.DataFrame({"day": ["Sat"]})
    run = Execution(
        "ok", "printed", variables={"x": 1}, display=frame, display_text="   day", figures=(PNG,)
    )
    bundle = run._repr_mimebundle_()
    assert bundle["text/plain"] == "ok, 0.00 s\n   day\nVariables: x\nFigures: 1\nprinted"
    page = Tags(bundle["text/html"])
    assert page.text.startswith("\n  \n    \n      \n      day")
    assert {"table", "img"} <= page.tags


def test_nothing_hostile_reaches_the_page() -> None:
    run = Execution(
        "error",
        HOSTILE,
        HOSTILE,
        ExecutionError(HOSTILE, HOSTILE, HOSTILE),
        variables={HOSTILE: HOSTILE},
        withheld={HOSTILE: HOSTILE},
        figures=(Figure(HOSTILE.encode(), "image/svg+xml", 1, 1),),
        files={HOSTILE: b""},
        display=pd.DataFrame({HOSTILE: [HOSTILE]}),
        display_text=HOSTILE,
        detail=HOSTILE,
    )
    bundle = run._repr_mimebundle_()
    page = Tags(bundle["text/html"])
    assert not {"script", "img", "svg"} & page.tags
    assert not any(name.startswith("on") for name, _ in page.attributes)
    for text in bundle.values():
        assert not {"\x1b", "\u202e"} & set(text)
