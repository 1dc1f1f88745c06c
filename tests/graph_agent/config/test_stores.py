"""The variable store that the settings name."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.config.settings import Settings, load_settings
from graph_agent.config.stores import variable_store
from graph_agent.errors import SettingsError


def test_the_store_of_the_settings(settings: Settings, tmp_path: Path) -> None:
    assert variable_store(settings).shared is None
    url = f"file://{tmp_path}/shared"
    digest = variable_store(settings.model_copy(update={"shared_store": url})).put(b"data")
    elsewhere = settings.model_copy(update={"shared_store": url, "state_dir": tmp_path / "other"})
    assert variable_store(elsewhere).get(digest) == b"data"
    assert variable_store(elsewhere).shared is variable_store(elsewhere).shared


@pytest.mark.parametrize("url", ["/mnt/shared", "ftp://host/x", "s3://", "s3://a b"])
def test_what_is_no_store(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGEN_AGENT_SHARED_STORE", url)
    with pytest.raises(SettingsError, match="CODEGEN_AGENT_SHARED_STORE"):
        load_settings()
