"""The sizes of the state, and the folder of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graph_agent.config.settings import Settings
from graph_agent.runs.state_size import KINDS, folder_bytes, run_folder, state_size
from tests.graph_agent.runs.stored import save_run


def test_each_kind_has_its_size(either: Settings) -> None:
    before = state_size(either)
    save_run(either, "t", np.ones(100_000))
    after = state_size(either)
    assert set(KINDS) < set(after)
    assert all(after[kind] > before[kind] for kind in KINDS if kind != "checkpoints")
    assert after["checkpoints"] >= before["checkpoints"]
    assert after["checkpoints"] > 10_000
    assert after["values"] > 800_000
    assert after["files"] == len("x = 1\n")


def test_asking_creates_nothing(settings: Settings) -> None:
    assert not any(state_size(settings).values())
    assert not settings.state_dir.exists()


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(10_000))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "large")
    (tmp_path / "link").symlink_to(tmp_path)
    assert folder_bytes(tmp_path / "folder") < 1_000
    assert folder_bytes(tmp_path / "link") == 0


@pytest.mark.parametrize("thread", ["", ".", "..", "a/b", "..\\b", "../../etc", "nul\0"])
def test_no_folder_outside(settings: Settings, thread: str) -> None:
    assert run_folder(settings, thread) is None


def test_the_folder_of_a_run(settings: Settings) -> None:
    assert run_folder(settings, "t 1") == settings.state_dir / "runs" / "t 1"
