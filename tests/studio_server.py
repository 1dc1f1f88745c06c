"""``langgraph dev`` as users run it: a separate process, here in its own folder."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from tests.conftest import KEPT, OURS

REPO = Path(__file__).parent.parent
START_LIMIT_S = 120

BLOCKING = """\
import time
from langgraph.graph import END, START, MessagesState, StateGraph

async def block(state):
    time.sleep(0.01)

graph = StateGraph(MessagesState).add_node(block).add_edge(START, "block").compile()
"""


@dataclass(frozen=True)
class StudioServer:
    """A server at ``url``, with its log in ``folder`` and its other files in ``state``."""

    url: str
    folder: Path
    state: Path
    pid: int = 0

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")


@contextlib.contextmanager
def studio_server(folder: Path, environ: Mapping[str, str]) -> Iterator[StudioServer]:
    """Serve the repo's graph, and ``blocking``, a graph that blocks the event loop.

    The server reads the graphs' paths from its working folder and keeps its state there, so
    it runs in a folder that links to the repo.
    """
    folder.mkdir()
    config = json.loads((REPO / "langgraph.json").read_text())
    (folder / "graph_agent").symlink_to(REPO / "graph_agent")
    (folder / "blocking.py").write_text(BLOCKING)
    config["graphs"]["blocking"] = "./blocking.py:graph"
    (folder / "langgraph.json").write_text(json.dumps(config))
    state, port = folder / "state", free_port()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(OURS) or k in KEPT}
    (folder / "empty.env").touch()
    merged = {
        **kept,
        "HOME": str(folder),
        "CODEGEN_AGENT_STATE": str(state),
        "CODEGEN_AGENT_DOTENV_PATH": str(folder / "empty.env"),
        "LANGSMITH_TRACING": "false",
        "LANGGRAPH_NO_VERSION_CHECK": "true",
        "LANGGRAPH_CLI_NO_ANALYTICS": "1",
        **environ,
    }
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"]
    address = StudioServer(f"http://127.0.0.1:{port}", folder, state)
    command += ["--port", str(port), "--n-jobs-per-worker", "4"]
    with running(address, command, merged, "/ok", START_LIMIT_S) as server:
        yield server


@contextlib.contextmanager
def running(
    server: StudioServer, command: list[str], environ: Mapping[str, str], ready: str, limit_s: float
) -> Iterator[StudioServer]:
    """Run a server's command until the block ends; it is up when the path ``ready`` answers."""
    with (server.folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=server.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_ready(server, process, ready, limit_s)
        yield replace(server, pid=process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(
    server: StudioServer, process: subprocess.Popen[bytes], path: str, limit_s: float
) -> None:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{server.url}{path}", timeout=10).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{server.log[-5000:]}")


def free_port() -> int:
    """Choose a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
