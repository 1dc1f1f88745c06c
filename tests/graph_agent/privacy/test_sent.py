"""``show --sent`` prints exactly what the model's server received."""

from __future__ import annotations

import base64
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.gemini_server import Failure, GeminiServer, Received, Reply, Text
from tests.graph_agent.cli.command import KEY, Command
from tests.scripted_model import fenced, verdict

pytestmark = [pytest.mark.docker, pytest.mark.slow]
DRAWS = fenced("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('é ü 漢')")
REPLIES: list[Reply] = [
    Failure(503, "overloaded"),
    Text(fenced("x = (")),
    Text(fenced("1 / 0")),
    Text("not JSON"),
    Text(fenced("x = 1\nprint('cut"), finish_reason="MAX_TOKENS"),
    Text(DRAWS),
    Failure(429, "slower"),
    Text(verdict(True)),
]


def texts(call: Any) -> str:
    """Join the texts of a call in the JSON output."""
    parts: list[str] = []
    for message in call["messages"]:
        blocks = message["content"]
        if isinstance(blocks, str):
            blocks = [{"type": "text", "text": blocks}]
        parts += [block["text"] for block in blocks if block["type"] == "text"]
    return "\n".join(parts)


def pictures(call: Any) -> list[bytes]:
    blocks = [block for message in call["messages"] for block in message["content"]]
    return [base64.b64decode(block["base64"]) for block in blocks if "base64" in block]


def test_the_output_is_what_the_server_received(tmp_path: Path) -> None:
    with GeminiServer(REPLIES) as server:
        command = Command(tmp_path / "work", server)
        done = command.here("run", "Draw ä line", "--max-attempts", "6", "--json")
        assert done.code == 0, done.err
        received: list[Received] = list(server.requests)
        thread = done.json["thread_id"]
        sent = command.here("show", thread, "--sent", "--json").json["sent"]
        printed = command.here("show", thread, "--sent").out
        assert len(server.requests) == len(received), "showing asked the model"
    assert len(received) >= 7
    assert [texts(call) for call in sent] == [request.prompt for request in received]
    assert [pictures(call) for call in sent] == [
        [data for _, data in request.pictures] for request in received
    ]
    assert sum(map(len, map(pictures, sent))) >= 1
    assert printed.count("=== call ") == len(received)
    for call in sent:
        for line in texts(call).splitlines():
            assert line in printed
    assert "Draw ä line" in printed
    assert KEY not in printed
    check_files(tmp_path)


def check_files(folder: Path) -> None:
    """Check that the call log is its owner's alone and has no key in it."""
    files = list(folder.rglob("calls/calls.sqlite*"))
    assert files
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert KEY.encode() not in file.read_bytes()
