"""One LangGraph server for all of these tests; its Gemini client asks a scripted server here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient

from graph_agent import samples
from tests.gemini_server import GeminiServer, Reply, Text
from tests.graph_agent.cli.command import KEY
from tests.studio_server import StudioServer, studio_server

GRAPH = "codegen-agent"


@dataclass(frozen=True)
class Studio:
    """A client of the server, and the server of its model."""

    server: StudioServer
    client: SyncLangGraphClient
    gemini: GeminiServer

    def thread(self) -> str:
        return str(self.client.threads.create()["thread_id"])

    def run(self, thread: str | None, replies: list[Reply], **options: Any) -> Any:
        """Run until the graph ends or waits, and return its output."""
        self.gemini.script(replies or [Text("nothing was to be asked")])
        return self.client.runs.wait(thread, GRAPH, **options)  # type: ignore[call-overload]  # thread or none


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("studio")
    files = folder / "files"
    files.mkdir()
    shutil.copy(samples.__path__[0] + "/tips.csv", files)
    (folder / "secret.csv").write_text("a\nsecret-canary\n")
    with GeminiServer([Text("not scripted")]) as gemini:
        environ = {
            "GOOGLE_GEMINI_BASE_URL": gemini.url,
            "GEMINI_API_KEY_FOR_CODEGEN_AGENT": KEY,
            "CODEGEN_AGENT_FILES": str(files),
            "CODEGEN_AGENT_TIMEOUT_S": "50",
        }
        with (
            studio_server(folder / "server", environ) as server,
            get_sync_client(url=server.url) as client,
        ):
            yield Studio(server, client, gemini)
