"""Prompt states on disk: kept whole or not at all, damage noticed, the limit held."""

from __future__ import annotations

import logging
import multiprocessing
import os
import stat
import time
from pathlib import Path

import pytest

from graph_agent.models.local import prompt_states
from graph_agent.models.local.prompt_states import PromptStates, state_key
from graph_agent.models.local.verified_files import stamp

KEY = "0" * 32


@pytest.fixture
def states(tmp_path: Path) -> PromptStates:
    kept = PromptStates.in_cache(tmp_path)
    assert kept.prepare()
    return kept


def keep(states: PromptStates, content: bytes, key: str = KEY) -> Path:
    part = states.new_part(key)
    part.write_bytes(content)
    states.keep(part, len(content), key)
    found = states.find(key)
    assert found is not None
    return found


def names(states: PromptStates) -> list[str]:
    return sorted(path.name for path in states.folder.iterdir())


def test_a_state_is_found_by_its_key_and_private(states: PromptStates) -> None:
    assert states.find(KEY) is None
    found = keep(states, b"state")
    assert found.read_bytes() == b"state"
    assert states.find("1" * 32) is None
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    assert stat.S_IMODE(states.folder.stat().st_mode) == 0o700
    assert states.size() == (1, 5)


def test_a_new_state_takes_the_place_of_the_old_one(states: PromptStates) -> None:
    keep(states, b"old")
    found = keep(states, b"new")
    assert names(states) == [found.name]
    assert keep(states, b"new") == found


@pytest.mark.parametrize("damaged", [b"", b"sta", b"stAte", b"state and more"], ids=repr)
def test_a_damaged_state_is_removed(states: PromptStates, damaged: bytes) -> None:
    keep(states, b"state").write_bytes(damaged)
    assert states.find(KEY) is None
    assert names(states) == []
    assert keep(states, b"state").read_bytes() == b"state"


def test_an_incomplete_or_too_large_part_is_not_kept(
    states: PromptStates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_states, "MAX_BYTES", 8)
    for content, size in ((b"cut", 5), (b"", 0), (b"far too large", 13)):
        part = states.new_part(KEY)
        part.write_bytes(content)
        with pytest.raises(OSError, match="incomplete or larger"):
            states.keep(part, size, KEY)
    assert states.find(KEY) is None


def test_the_least_recently_used_go_first(
    states: PromptStates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_states, "MAX_BYTES", 10)
    for key in "abc":
        found = keep(states, b"four", key * 32)
        os.utime(found, (1, ord(key)))
        if key == "b":
            assert states.find("a" * 32) is not None  # used now, so b is the oldest
    assert states.find("b" * 32) is None
    assert states.find("a" * 32) is not None
    assert states.size() == (2, 8)


def test_what_killed_processes_left_goes_after_an_hour(states: PromptStates) -> None:
    left, running = states.new_part(KEY), states.new_part(KEY)
    for part in (left, running):
        part.write_bytes(b"half")
    os.utime(left, (1, time.time() - 2 * 3600))
    found = keep(states, b"state")
    assert names(states) == sorted([running.name, found.name])


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_folder_that_cannot_be_made_is_only_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "prompt-states").write_text("a file")
    with caplog.at_level(logging.INFO):
        assert not PromptStates.in_cache(tmp_path).prepare()
    assert "can't be kept" in caplog.text


def keep_many(folder: Path) -> None:
    states = PromptStates(folder)
    for number in range(30):
        part = states.new_part(KEY)
        part.write_bytes(b"state" * (1 + number % 3))
        states.keep(part, 5 * (1 + number % 3), KEY)
        found = states.find(KEY)
        assert found is None or found.suffix == ".state"


def test_several_processes_may_keep_at_once(states: PromptStates) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=keep_many, args=(states.folder,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert keep(states, b"last").read_bytes() == b"last"
    assert all(name.endswith(".state") for name in names(states))


def test_everything_a_state_depends_on_is_in_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "w.gguf"
    weights.write_bytes(b"GGUF")
    messages: list[dict[str, object]] = [{"role": "system", "content": "Answer."}]
    keys = [state_key(weights, 512, messages)]
    assert keys == [state_key(weights, 512, messages)]
    keys.append(state_key(weights, 1024, messages))
    keys.append(state_key(weights, 512, [{"role": "system", "content": "Ask."}]))
    weights.write_bytes(b"GGUF, changed")
    keys.append(state_key(weights, 512, messages))
    stamp(weights, "a" * 64)
    keys.append(state_key(weights, 512, messages))
    monkeypatch.setattr(prompt_states, "version", lambda name: "0.1")
    keys.append(state_key(weights, 512, messages))
    assert len(set(keys)) == len(keys)


def test_known_weights_have_the_same_key_wherever_they_are(tmp_path: Path) -> None:
    keys = set()
    for name in ("a.gguf", "b.gguf"):
        weights = tmp_path / name
        weights.write_bytes(b"GGUF")
        stamp(weights, "a" * 64)
        keys.add(state_key(weights, 512, []))
    assert len(keys) == 1
