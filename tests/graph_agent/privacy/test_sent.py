"""``show --sent`` prints what the model's server received: every call, word for word."""

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
    """Join the words of a call as it is printed in JSON."""
    parts: list[str] = []
    for message in call["messages"]:
        blocks = message["content"]
        if isinstance(blocks, str):
            blocks = [{"type": "text", "text": blocks}]
        parts += [one["text"] for one in blocks if one["type"] == "text"]
    return "\n".join(parts)


def pictures(call: Any) -> list[bytes]:
    blocks = [one for message in call["messages"] for one in message["content"]]
    return [base64.b64decode(one["base64"]) for one in blocks if "base64" in one]


def test_what_is_printed_is_what_came(tmp_path: Path) -> None:
    with GeminiServer(REPLIES) as server:
        command = Command(tmp_path / "work", server)
        done = command("run", "Draw ä line", "--max-attempts", "6", "--json")
        assert done.code == 0, done.err
        received: list[Received] = list(server.requests)
        thread = done.json["thread_id"]
        sent = command("show", thread, "--sent", "--json").json["sent"]
        printed = command("show", thread, "--sent").out
        assert len(server.requests) == len(received), "showing asked the model"
    assert len(received) >= 7
    assert [texts(one) for one in sent] == [one.prompt for one in received]
    assert [pictures(one) for one in sent] == [[d for _, d in one.pictures] for one in received]
    assert sum(map(len, map(pictures, sent))) >= 1
    assert printed.count("=== call ") == len(received)
    for one in sent:
        for line in texts(one).splitlines():
            assert line in printed
    assert "Draw ä line" in printed
    assert KEY not in printed
    check_files(tmp_path, calls=len(received))


def check_files(folder: Path, calls: int) -> None:
    """Look at the journal's files: their owner's alone, no key in them."""
    files = list(folder.rglob("calls/*/*.json"))
    assert len(files) == calls
    for one in files:
        assert stat.S_IMODE(one.stat().st_mode) == 0o600
        assert stat.S_IMODE(one.parent.stat().st_mode) == 0o700
        assert KEY.encode() not in one.read_bytes()
