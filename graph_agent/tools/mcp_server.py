"""The sandbox and the agent as tools of an MCP server."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ContentBlock, ImageContent, TextContent

from graph_agent.config.settings import Settings
from graph_agent.config.stores import variable_store
from graph_agent.errors import AgentError, RequestError
from graph_agent.from_settings import policy_from
from graph_agent.models.retry_waits import retry_text
from graph_agent.request import CodeGenerationRequest
from graph_agent.results.blocks import pictures_of
from graph_agent.runs.events import Analyzed, Event, Executed, Finished, Generated, Retrying
from graph_agent.runs.starts import NewRun
from graph_agent.runs.thread_ids import random_thread_id
from graph_agent.runs.threads import GraphInput, Thread
from graph_agent.state import AgentInput
from graph_agent.tools.contents import execution_text, result_text
from graph_agent.tools.given_files import stored_files
from graph_agent.workflow import AgentWorkflow
from sandbox import DockerSandbox, Session, VariableBundle
from sandbox.errors import SandboxError
from sandbox.records import Execution, Figure
from sandbox.terminal_text import escape_control_chars, one_line

INSTRUCTIONS = (
    "Runs Python on files in locked-down containers without network, and answers questions about"
    " files with code that is written, run and checked."
)
MAX_SESSIONS = 8
MAX_PROGRESS_CHARS = 200
Files = dict[str, str] | None
T = TypeVar("T")


@dataclass(frozen=True)
class QuestionAboutFiles(NewRun):
    """A new request whose variables are stored already."""

    stored: AgentInput

    def prepare(self, thread: Thread) -> GraphInput:
        """Return the graph's input."""
        made: Any = super().prepare(thread)
        return {**made, **self.stored}


@dataclass
class McpTools:
    """What the server's tools work with; a context manager that removes the containers.

    ``folders``: where files may be read. ``client``: as for AgentWorkflow.
    """

    settings: Settings
    folders: Sequence[Path] = ()
    client: Any = None
    _sessions: dict[str, Session] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = variable_store(self.settings)
        self.sandbox = DockerSandbox(policy_from(self.settings), store=self.store)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.close()

    def server(self) -> MCPServer[Any]:
        """Make the server with its tools."""
        server: MCPServer[Any] = MCPServer("codegen-agent", instructions=INSTRUCTIONS)
        server.add_tool(self.run_python, structured_output=False)
        server.add_tool(self.ask_about_files, structured_output=False)
        server.add_tool(self.close_session, structured_output=False)
        return server

    async def run_python(  # noqa: D417  # clients read the docstring, and don't give ctx
        self, code: str, ctx: Context[Any, Any], files: Files = None, session: str | None = None
    ) -> list[ContentBlock]:
        """Run Python in a container without network.

        Args:
            code: Python; a final expression is displayed. Figures come back as images.
            files: maps the name of a variable to a file in the folders the user allows. Tables
                become DataFrames, anything else a path.
            session: any name; runs with the same one share their variables, functions and
                imports. Left out: a new container.
        """
        with _told():
            bundle = await self._bundle(files)
            progress = _Progress(ctx)
            if session is None:
                task = secrets.token_hex(16)
                run = functools.partial(self.sandbox.run, code, bundle, task=task)
                stop: Callable[[], object] = functools.partial(self.sandbox.stop, task)
            else:
                opened = await asyncio.to_thread(self._session, session)
                run = functools.partial(opened.run, code, bundle)
                stop = opened.close
            execution: Execution = await _stoppable(
                functools.partial(run, on_output=progress.printed), stop
            )
        return _content(execution_text(execution), execution.figures)

    async def ask_about_files(  # noqa: D417  # as above
        self, question: str, ctx: Context[Any, Any], files: Files = None
    ) -> list[ContentBlock]:
        """Answer a question about files, with code that is written, run and checked.

        Args:
            question: in plain English; say exactly what is wanted.
            files: maps the name of a variable to a file in the folders the user allows.
        """
        with _told():
            stored = await self._stored(files)
            request = CodeGenerationRequest(question)
            start = QuestionAboutFiles(random_thread_id(), request, stored)
            workflow = AgentWorkflow(
                start, self.client, settings=self.settings, sandbox=self.sandbox
            )
            progress, result = _Progress(ctx), None
            async with contextlib.aclosing(workflow.astream(tokens=False)) as events:
                async for event in events:
                    if isinstance(event, Finished):
                        result = event.result
                    elif line := _line(event):
                        await progress.report(line)
        if result is None:
            raise ToolError("the run ended without a result")
        return _content(result_text(result), result.figures)

    async def close_session(self, session: str) -> str:
        """Remove a session's container, and its variables with it."""
        opened = self._sessions.pop(session, None)
        if opened is None:
            return f"There is no session {session!r}."
        await asyncio.to_thread(opened.close)
        return "Closed."

    def _session(self, name: str) -> Session:
        """Find or open a session; one that has ended says why once, then a new one is opened."""
        for other, opened in list(self._sessions.items()):
            if opened.ended and other != name:
                del self._sessions[other]
        found = self._sessions.get(name)
        if found is None:
            if len(self._sessions) >= MAX_SESSIONS:
                there = ", ".join(self._sessions)
                raise RequestError(f"there are {MAX_SESSIONS} sessions ({there}); close one first")
            found = self._sessions[name] = self.sandbox.session()
        elif found.ended:
            del self._sessions[name]
        return found

    async def _stored(self, files: Files) -> AgentInput:
        stored = functools.partial(stored_files, files or {}, self.folders, self.store, "sample")
        return await asyncio.to_thread(stored)

    async def _bundle(self, files: Files) -> VariableBundle | None:
        if not files:
            return None
        return VariableBundle.from_json((await self._stored(files))["variables"])


def with_token(app: Any, token: str) -> Any:
    """Wrap an ASGI application: requests without the token get 401."""
    expected = f"Bearer {token}".encode()

    async def guarded(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            given = [value for name, value in scope["headers"] if name == b"authorization"]
            if len(given) != 1 or not hmac.compare_digest(given[0], expected):
                headers = [(b"www-authenticate", b"Bearer"), (b"content-length", b"0")]
                await send({"type": "http.response.start", "status": 401, "headers": headers})
                await send({"type": "http.response.body", "body": b""})
                return
        await app(scope, receive, send)

    return guarded


class _Progress:
    """Reports what happens to a client that asked for it."""

    def __init__(self, ctx: Context[Any, Any]) -> None:
        self._ctx = ctx
        self._loop = asyncio.get_running_loop()
        self._count = 0

    async def report(self, line: str) -> None:
        self._count += 1
        await self._ctx.report_progress(self._count, None, line[:MAX_PROGRESS_CHARS])

    def printed(self, _: str, text: str) -> None:
        """Report a piece of output, from the thread of the run."""
        if line := escape_control_chars(text).strip():
            asyncio.run_coroutine_threadsafe(self.report(line), self._loop)


def _line(event: Event) -> str:
    if isinstance(event, Generated):
        return f"attempt {event.number}: code written"
    if isinstance(event, Executed):
        return f"attempt {event.number}: {event.execution.outcome}"
    if isinstance(event, Analyzed):
        return f"attempt {event.number}: {one_line(event.analysis.explanation)}"
    if isinstance(event, Retrying):
        return one_line(retry_text(event.reason, event.wait_s))
    return ""


async def _stoppable(call: Callable[[], T], stop: Callable[[], object]) -> T:
    """Run a call in a thread; if the request is cancelled, stop it first."""
    try:
        return await asyncio.shield(running := asyncio.ensure_future(asyncio.to_thread(call)))
    except asyncio.CancelledError:
        await asyncio.shield(asyncio.to_thread(stop))
        with contextlib.suppress(Exception):
            await asyncio.shield(running)
        raise


@contextlib.contextmanager
def _told() -> Any:
    """Tell the client of errors that name what to do; any other is a bug, and logged."""
    try:
        yield
    except (SandboxError, AgentError) as error:
        raise ToolError(str(error)) from error


def _content(text: str, figures: Iterable[Figure]) -> list[ContentBlock]:
    images = [
        ImageContent(type="image", data=data, mime_type=mime) for mime, data in pictures_of(figures)
    ]
    return [TextContent(type="text", text=text), *images]
