"""The model hub: download, resume, wrong answers, and what is sent to it."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import huggingface_hub
import pytest

from graph_agent.errors import ModelSetupError
from graph_agent.models.local.catalog import WeightsSourceError
from graph_agent.models.local.hub import HubSource
from graph_agent.models.local.weights import (
    PATH_VARIABLE,
    fetch_weights,
    find_weights,
    is_fetched,
)
from tests.graph_agent.models.local.weights_server import (
    DATA,
    UNKNOWN,
    WeightsServer,
    weights_of,
)

CHUNK = 10 << 20  # what huggingface_hub reads at a time
BIG = b"GGUF" + bytes(range(256)) * 100_000  # 26 MB
URL_PATH = "/us/tiny/resolve/main/tiny.gguf"


def test_download_reports_its_progress(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with WeightsServer(BIG) as server:
        path = fetch_weights(
            weights_of(BIG), tmp_path, lambda *now: seen.append(now), [HubSource(server.endpoint)]
        )
        again = fetch_weights(weights_of(BIG), tmp_path, sources=[HubSource(server.endpoint)])
    assert path == again
    assert path.read_bytes() == BIG
    assert server.starts == [0]
    assert seen == [(done, len(BIG)) for done in (CHUNK, 2 * CHUNK, len(BIG))]
    assert find_weights(weights_of(BIG), cache_dir=tmp_path) == path
    left = sorted(file.name for file in path.parent.iterdir())
    assert left == ["tiny.gguf", "tiny.gguf.lock", "tiny.gguf.verified"]


def test_broken_download_resumes_in_the_same_call(tmp_path: Path) -> None:
    with WeightsServer(BIG, breaks=2, break_after=CHUNK + 1) as server:
        path = fetch_weights(weights_of(BIG), tmp_path, sources=[HubSource(server.endpoint)])
    assert server.starts == [0, CHUNK, 2 * CHUNK]
    assert path.read_bytes() == BIG


def test_interrupted_download_resumes_in_the_next_call(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done > CHUNK:
            raise KeyboardInterrupt

    with WeightsServer(BIG) as server:
        sources = [HubSource(server.endpoint)]
        with pytest.raises(KeyboardInterrupt):
            fetch_weights(weights_of(BIG), tmp_path, interrupt, sources)
        path = fetch_weights(weights_of(BIG), tmp_path, sources=sources)
    assert server.starts == [0, CHUNK]
    assert path.read_bytes() == BIG


def test_server_without_ranges_is_asked_for_all_of_it(tmp_path: Path) -> None:
    with WeightsServer(BIG, ranges=False, breaks=1, break_after=CHUNK + 1) as server:
        path = fetch_weights(weights_of(BIG), tmp_path, sources=[HubSource(server.endpoint)])
    assert server.starts == [0, 0]
    assert path.read_bytes() == BIG


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (DATA, {"status": 404}, "404"),
        (DATA, {"status": 503}, "503"),
        (b"<html>", {}, "6 bytes"),
        (b"GGUF" + DATA[4:][::-1], {}, "SHA-256"),
        (DATA + b"more", {"lengths": False}, "more than the file"),
        (DATA[:-4], {"lengths": False}, "size"),
    ],
    ids=["missing", "busy", "another file", "other bytes", "too long", "too short"],
)
def test_hub_that_gives_something_else(
    tmp_path: Path, data: bytes, options: dict[str, int], words: str
) -> None:
    with (
        WeightsServer(data, **options) as server,  # type: ignore[arg-type]  # its options
        pytest.raises(ModelSetupError, match=words) as caught,
    ):
        fetch_weights(weights_of(), tmp_path, sources=[HubSource(server.endpoint)])
    assert PATH_VARIABLE in str(caught.value)
    assert find_weights(weights_of(), cache_dir=tmp_path) is None
    with WeightsServer(DATA) as server:  # nothing bad was kept
        assert fetch_weights(weights_of(), tmp_path, sources=[HubSource(server.endpoint)]).is_file()


def test_a_hash_that_only_the_hub_states_is_checked(tmp_path: Path) -> None:
    stated = hashlib.sha256(DATA).hexdigest()
    with WeightsServer(DATA, stated=stated) as server:
        path = fetch_weights(UNKNOWN, tmp_path, sources=[HubSource(server.endpoint)])
        assert fetch_weights(UNKNOWN, tmp_path, sources=[]) == path  # nobody is asked again
    assert path.read_bytes() == DATA
    assert find_weights(UNKNOWN, cache_dir=tmp_path) == path
    path.write_bytes(DATA[::-1])
    assert not is_fetched(UNKNOWN, tmp_path)


@pytest.mark.parametrize(
    ("stated", "words"),
    [(None, "states no SHA-256"), ("v1-of-it", "states no SHA-256"), ("0" * 64, "not the publ")],
)
def test_a_file_without_its_hash_is_not_kept(
    tmp_path: Path, stated: str | None, words: str
) -> None:
    with (
        WeightsServer(DATA, stated=stated) as server,
        pytest.raises(ModelSetupError, match=words),
    ):
        fetch_weights(UNKNOWN, tmp_path, sources=[HubSource(server.endpoint)])
    assert not is_fetched(UNKNOWN, tmp_path)


def test_unreachable_hub_is_given_up_at_once(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(WeightsSourceError, match="ConnectError"):
        HubSource("http://127.0.0.1:9").fetch(weights_of(), tmp_path, lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(WeightsSourceError, match="ReadTimeout"):
            HubSource(endpoint, 0.5).fetch(weights_of(), tmp_path, lambda *_: None)
    assert time.monotonic() - started < 10


def sent_to(server: WeightsServer) -> list[dict[str, str]]:
    """Return the headers of each request, after checking that only the file was requested."""
    assert [request[:2] for request in server.requests] == [("HEAD", URL_PATH), ("GET", URL_PATH)]
    return [
        {name.lower(): text for name, text in headers.items()} for *_, headers in server.requests
    ]


def test_no_telemetry_and_no_token_of_a_login_is_sent(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hf_token_of_a_login")
    code = (  # in a program of its own: huggingface_hub reads its variables when imported
        "from pathlib import Path\n"
        "from graph_agent.models.local.hub import HubSource\n"
        "from tests.graph_agent.models.local.weights_server import weights_of\n"
        f"HubSource().fetch(weights_of(), Path({str(tmp_path)!r}), lambda *_: None)\n"
    )
    with WeightsServer(DATA) as server:
        # AI_AGENT is one of the variables by which huggingface_hub recognizes agents.
        env = {"HF_ENDPOINT": server.endpoint, "HF_HOME": str(tmp_path), "AI_AGENT": "an-agent"}
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **env}, check=True, timeout=120
        )
    for headers in sent_to(server):
        assert "authorization" not in headers
        assert "; agent/" not in headers["user-agent"]


def test_a_token_in_the_environment_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_a_mirror")
    with WeightsServer(DATA) as server:
        HubSource(server.endpoint).fetch(weights_of(), tmp_path, lambda *_: None)
    sent = [headers["authorization"] for headers in sent_to(server)]
    assert sent == ["Bearer hf_of_a_mirror"] * 2


def test_offline_mode_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with (
        WeightsServer(DATA) as server,
        pytest.raises(WeightsSourceError, match="HF_HUB_OFFLINE"),
    ):
        HubSource(server.endpoint).fetch(weights_of(), tmp_path, lambda *_: None)
    assert server.requests == []


def test_a_full_disk_is_not_the_hubs_fault(tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf.download").symlink_to("/dev/full")
    with WeightsServer(DATA) as server, pytest.raises(OSError, match="No space"):
        HubSource(server.endpoint).fetch(weights_of(), tmp_path, lambda *_: None)
