"""Local weights: found, verified, fetched from the first source that has them."""

from __future__ import annotations

import multiprocessing
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from graph_agent.errors import ModelSetupError, ModelUnknownError
from graph_agent.models.local.catalog import Progress, Weights
from graph_agent.models.local.hub import HubSource
from graph_agent.models.local.weights import (
    PATH_VARIABLE,
    fetch_weights,
    find_weights,
)
from tests.graph_agent.models.local.weights_server import DATA, WeightsServer, weights_of


def in_cache(cache: Path, data: bytes = DATA) -> Path:
    path = cache / "models" / "tiny.gguf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_cached_file_is_found_and_read_once(tmp_path: Path) -> None:
    assert find_weights(weights_of(), cache_dir=tmp_path) is None
    path = in_cache(tmp_path)
    assert find_weights(weights_of(), cache_dir=tmp_path) == path
    # Same size and time as in the stamp: trusted without reading it again.
    status = path.stat()
    path.write_bytes(DATA[::-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert find_weights(weights_of(), cache_dir=tmp_path) == path
    os.utime(path)
    assert find_weights(weights_of(), cache_dir=tmp_path) is None


@pytest.mark.parametrize("damaged", [DATA[:-1], b"GGUF" + DATA[4:][::-1], b""], ids=len)
def test_damaged_cache_counts_as_missing_and_is_fixed(tmp_path: Path, damaged: bytes) -> None:
    path = in_cache(tmp_path, damaged)
    assert find_weights(weights_of(), cache_dir=tmp_path) is None
    with WeightsServer(DATA) as server:
        assert fetch_weights(weights_of(), tmp_path, sources=[HubSource(server.endpoint)]) == path
    assert path.read_bytes() == DATA


def test_given_file_may_be_any_gguf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "other.gguf"
    given.write_bytes(b"GGUF and more")
    assert find_weights("local", given, tmp_path) == given
    monkeypatch.setenv(PATH_VARIABLE, str(given))
    assert find_weights("local", cache_dir=tmp_path) == given


@pytest.mark.parametrize("content", [None, b"PK\x03\x04", b""])
def test_given_file_that_is_not_gguf_is_refused(tmp_path: Path, content: bytes | None) -> None:
    given = tmp_path / "other.gguf"
    if content is not None:
        given.write_bytes(content)
    with pytest.raises(ModelSetupError, match=PATH_VARIABLE):
        find_weights("local", given, tmp_path)


def test_unknown_model_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ModelUnknownError, match="local, local-small"):
        find_weights("huge", cache_dir=tmp_path)
    with pytest.raises(ModelUnknownError, match="did you mean 'local-small'"):
        fetch_weights("local-smal", tmp_path, sources=[])


def test_a_download_that_cannot_fit_is_not_begun(tmp_path: Path) -> None:
    given = Given(DATA)
    huge = replace(weights_of(), size_bytes=1 << 60)
    with pytest.raises(
        ModelSetupError, match=r"take \d+\.\d GB .* GB are free.*CODEGEN_AGENT_CACHE"
    ):
        fetch_weights(huge, tmp_path, sources=[given])
    assert given.calls == 0


def test_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelSetupError, match="CODEGEN_AGENT_CACHE"):
        fetch_weights(weights_of(), tmp_path / "file", sources=[Given(DATA)])


class Given:
    """A source that writes given bytes."""

    name = "a test"

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.calls = 0

    def described(self, weights: Weights) -> Weights:
        return weights

    def fetch(self, weights: Weights, folder: Path, progress: Progress) -> Path:
        self.calls += 1
        path = folder / "given"
        path.write_bytes(self.data)
        return path


def test_next_source_is_tried_when_one_fails(tmp_path: Path) -> None:
    started = time.monotonic()
    given = Given(DATA)
    path = fetch_weights(
        weights_of(), tmp_path, sources=[HubSource("http://127.0.0.1:9"), Given(b"bad"), given]
    )
    assert path.read_bytes() == DATA
    assert given.calls == 1
    assert time.monotonic() - started < 10


def fetch_in_turn(cache: Path, endpoint: str) -> None:
    fetch_weights(weights_of(), cache, sources=[HubSource(endpoint)])


def test_two_processes_fetch_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with WeightsServer(DATA) as server:
        both = [
            context.Process(target=fetch_in_turn, args=(tmp_path, server.endpoint))
            for _ in range(2)
        ]
        for process in both:
            process.start()
        for process in both:
            process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    assert server.starts == [0]
