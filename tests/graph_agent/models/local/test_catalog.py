"""The records of the local models' weights."""

from __future__ import annotations

import re
from importlib import resources

from graph_agent.models import LLMModels
from graph_agent.models.local.catalog import LOCAL_WEIGHTS


def test_records_are_complete() -> None:
    pins_folder = resources.files("graph_agent.models.local") / "pins"
    assert set(LOCAL_WEIGHTS) == {model for model in LLMModels if model.is_local}
    for name, weights in LOCAL_WEIGHTS.items():
        pins = (pins_folder / weights.pins).read_text("utf-8") if weights.pins else ""
        for pin in pins.splitlines():
            assert re.fullmatch(r"[\w\-]+==\S+ --hash=sha256:[0-9a-f]{64}", pin)
        assert weights.name == name
        assert weights.hub_repo.endswith("-GGUF")
        assert weights.file_name.endswith(".gguf")
        assert weights.memory_bytes > weights.size_bytes
        # Wheels are pinned by what they contain.
        assert (weights.sha256 is None) == (weights.pins is None)
