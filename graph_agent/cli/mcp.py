"""``mcp``: serve the sandbox and the agent to other agents."""

from __future__ import annotations

import asyncio
import importlib.util
import secrets
from pathlib import Path
from typing import Any

from graph_agent.cli.exits import tell
from graph_agent.config.settings import Settings
from graph_agent.errors import RequestError, SettingsError

LOOPBACK = "127.0.0.1"
TOKEN_VARIABLE = "CODEGEN_AGENT_MCP_TOKEN"  # noqa: S105  # its name
MIN_TOKEN_CHARS = 16


def serve(
    folders: list[Path], model: str | None, port: int | None, token: str | None, settings: Settings
) -> None:
    """Serve over stdin and stdout, or over HTTP on a port of the loopback address.

    Raises:
        SettingsError: the SDK isn't installed.
        RequestError: a folder doesn't exist, or the token is too short.
        SandboxUnavailableError: no code can be run here.
    """
    if importlib.util.find_spec("mcp") is None:
        raise SettingsError("the MCP SDK is missing; run: pip install 'codegen-agent[mcp]'")
    for folder in folders:
        if not folder.is_dir():
            raise RequestError(f"--folder {str(folder)!r} is not a folder")
    if token is not None and len(token) < MIN_TOKEN_CHARS:
        raise RequestError(f"{TOKEN_VARIABLE} needs at least {MIN_TOKEN_CHARS} characters")
    from graph_agent.tools.mcp_server import McpTools

    with McpTools(settings, [folder.resolve() for folder in folders], model) as tools:
        tools.sandbox.check()
        if port is None:
            tools.server().run("stdio")
        else:
            asyncio.run(_serve_http(tools, port, token))


async def _serve_http(tools: Any, port: int, token: str | None) -> None:
    import uvicorn

    from graph_agent.tools.mcp_server import with_token

    given = token or secrets.token_urlsafe(32)
    app = with_token(tools.server().streamable_http_app(host=LOOPBACK), given)
    tell(f"codegen-agent: http://{LOOPBACK}:{port}/mcp")
    if token is None:
        tell(f"codegen-agent: header: Authorization: Bearer {given}")
    config = uvicorn.Config(app, host=LOOPBACK, port=port, log_level="warning")
    await uvicorn.Server(config).serve()
