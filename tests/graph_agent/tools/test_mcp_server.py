"""The MCP server, asked by the official client over stdio and HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import docker
import pytest

httpx2 = pytest.importorskip("httpx2")
pytest.importorskip("mcp")

import uvicorn  # noqa: E402
from mcp import Client, StdioServerParameters, stdio_client  # noqa: E402
from mcp.client.streamable_http import streamable_http_client  # noqa: E402

from graph_agent.config.settings import load_settings  # noqa: E402
from graph_agent.tools.mcp_server import McpTools, with_token  # noqa: E402
from tests.scripted_model import ScriptedModel, fenced, verdict  # noqa: E402

pytestmark = pytest.mark.docker
TOKEN = "a-token-for-this-test"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "tips.csv").write_text("tip\n1\n2\n")
    return folder


@contextlib.asynccontextmanager
async def served(folder: Path, client: Any = None) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with McpTools(load_settings(), [folder], client) as tools:
        app = with_token(tools.server().streamable_http_app(), TOKEN)
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.should_exit = True
            await serving


@contextlib.asynccontextmanager
async def connected(url: str, token: str = TOKEN) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=120) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


def _text(result: Any) -> str:
    return "\n".join(block.text for block in result.content if block.type == "text")


async def test_over_stdio(folder: Path) -> None:
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "graph_agent.cli", "mcp", "--folder", str(folder)],
        env=dict(os.environ),
    )
    async with Client(stdio_client(parameters)) as client:
        listed = await client.list_tools()
        names = {tool.name for tool in listed.tools}
        assert names == {"run_python", "ask_about_files", "close_session"}
        code = (
            "import matplotlib.pyplot as plt\nplt.plot(tips.tip)\nprint('hello')\n"
            "int(tips.tip.sum())"
        )
        result = await client.call_tool("run_python", {"code": code, "files": {"tips": "tips.csv"}})
        assert not result.is_error
        assert "hello" in _text(result)
        assert "last expression: 3" in _text(result)
        assert [block.type for block in result.content] == ["text", "image"]
        result = await client.call_tool("run_python", {"code": "1", "files": {"x": "/etc/passwd"}})
        assert result.is_error
        assert "allowed folders" in _text(result)


async def test_over_http(folder: Path) -> None:
    model = ScriptedModel(
        codes=[fenced("answer = int(tips.tip.sum())\nanswer")], verdicts=[verdict(True)]
    )
    steps: list[str] = []

    async def progress(_: float, __: float | None, message: str | None) -> None:
        steps.append(message or "")

    async with served(folder, model) as url, connected(url) as client:
        for code, expected in (("x = 20", ""), ("x + 1", "21")):
            result = await client.call_tool("run_python", {"code": code, "session": "s"})
            assert expected in _text(result)
        assert _text(await client.call_tool("close_session", {"session": "s"})) == "Closed."
        result = await client.call_tool("run_python", {"code": "x", "session": "s"})
        assert "NameError" in _text(result)
        arguments = {"question": "What is the sum of the tips?", "files": {"tips": "tips.csv"}}
        result = await client.call_tool("ask_about_files", arguments, progress_callback=progress)
        assert "Answer: 3" in _text(result)
        code = "import time\nprint('begun', flush=True)\ntime.sleep(1)"
        await client.call_tool("run_python", {"code": code}, progress_callback=progress)
    assert any("code written" in step for step in steps)
    assert "begun" in steps


async def test_cancelling_ends_the_container(folder: Path) -> None:
    engine = docker.from_env()
    begun = asyncio.Event()

    async def progress(_: float, __: float | None, ___: str | None) -> None:
        begun.set()

    def ours() -> list[str]:
        owner = f"-{os.getpid()}"
        found = engine.containers.list(filters={"label": "org.codegen-agent.owner"})
        return [c.id for c in found if owner in c.labels["org.codegen-agent.owner"]]

    before = set(ours())
    async with served(folder) as url, connected(url) as client:
        code = "import time\nprint('begun', flush=True)\ntime.sleep(300)"
        call = asyncio.create_task(
            client.call_tool("run_python", {"code": code}, progress_callback=progress)
        )
        await asyncio.wait_for(begun.wait(), 60)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        for _ in range(100):
            if not set(ours()) - before:
                break
            await asyncio.sleep(0.1)
        assert not set(ours()) - before
        result = await client.call_tool("run_python", {"code": "1 + 1"})
        assert "2" in _text(result)
    engine.close()


async def test_requests_without_the_token_are_refused(folder: Path) -> None:
    async with served(folder) as url, httpx2.AsyncClient() as http:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
            assert (await http.post(url, json=body, headers=headers)).status_code == 401
        headers = {"Authorization": f"Bearer {TOKEN}", "Host": "evil.example"}
        assert (await http.post(url, json=body, headers=headers)).status_code >= 400
