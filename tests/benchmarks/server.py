"""Hundreds of chats through aegra, the open server with LangGraph's API, in front of Postgres."""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient

from tests.aegra_server import HOW, aegra_server, installed
from tests.benchmarks.measuring import Findings, Row, Scale, megabytes, seconds
from tests.gemini_server import GeminiServer, Text
from tests.postgres_server import account, programs, running_server
from tests.scripted_model import fenced
from tests.studio_server import StudioServer

REQUESTS, THREADS = 200, 8
QUICK_REQUESTS, QUICK_THREADS = 2, 2
NOTE = (
    "Server: each request is a chat of its own over HTTP (`langgraph_sdk`): a new thread, one human"
    " message, one container, checks instead of a verdict, and the whole answer back. aegra"
    " {version} runs as one process without Redis, its checkpoints in a Postgres of its own; the"
    " model is a server that answers at once. All share the machine's cores with the clients and"
    " whatever else runs: the load average was {load:.1f} afterwards."
)
WARM_UP = 4
"""Requests that don't count: the server imports its libraries with the first ones."""


def measure(scale: Scale) -> Findings:
    """Make the requests.

    Raises:
        RuntimeError: aegra or Postgres isn't installed.
    """
    from tests.aegra_server import VERSION

    n_requests = scale.count or scale.of(REQUESTS, QUICK_REQUESTS)
    n_threads = scale.threads or scale.of(THREADS, QUICK_THREADS)
    with _server() as (server, gemini, database), get_sync_client(url=server.url) as client:
        ask = partial(_ask, client)
        with ThreadPoolExecutor(n_threads) as pool:
            list(pool.map(ask, range(WARM_UP)))
            before, gemini_before = _resident(server.pid), len(gemini.requests)
            disk_before, started = _database_bytes(database), time.perf_counter()
            samples = list(pool.map(ask, range(n_requests)))
            busy_s = time.perf_counter() - started
        grown, stored = _resident(server.pid) - before, _database_bytes(database) - disk_before
        calls = len(gemini.requests) - gemini_before
    found = Findings(notes=[NOTE.format(version=VERSION, load=os.getloadavg()[0])])
    took = [took for took, _ in samples]
    wrong = [problem for _, problem in samples if problem]
    found.samples["server seconds"] = took
    found.violations = [*wrong[:5]]
    if calls != n_requests:
        found.violations.append(f"{calls} calls of the model for {n_requests} requests")
    found.rows = [
        _latency(took, n_threads, busy_s),
        Row(
            f"server: wrong or failed of {n_requests}",
            str(len(wrong)),
            f"{calls} calls of the model",
            "",
            "0",
            not wrong and calls == n_requests,
        ),
        Row("server: its memory afterwards", megabytes(before + grown), megabytes(before), ""),
        Row("server: Postgres for a request", f"{stored / n_requests / 1e3:.0f} kB", "", ""),
    ]
    return found


def _ask(client: SyncLangGraphClient, number: int) -> tuple[float, str]:
    """Chat on a new thread; return the seconds, and what is wrong with the answer."""
    started = time.perf_counter()
    given = {
        "messages": [{"role": "user", "content": f"What is 40 and 2? This is chat {number}."}],
        "checks": "assert total == 42",
    }
    try:
        thread = client.threads.create()["thread_id"]
        out: Any = client.runs.wait(thread, "codegen-agent", input=given)
        text = str(out["messages"][-1]["content"])
        problem = "" if text.startswith("Answer: 42") else f"chat {number}: {text[:200]}"
    except Exception as error:  # whatever the server does is a finding
        problem = f"chat {number}: {type(error).__name__}: {str(error)[:200]}"
    return time.perf_counter() - started, problem


def _latency(took: list[float], n_threads: int, busy_s: float) -> Row:
    ordered = sorted(took)

    def at(share: float) -> str:
        return seconds(ordered[min(len(ordered) - 1, int(len(ordered) * share))])

    return Row(
        f"server: {len(took)} requests, {n_threads} at once (median / p95 / p99)",
        f"{seconds(statistics.median(took))} / {at(0.95)} / {at(0.99)}",
        "",
        f"{len(took) / busy_s:.3g} a second",
    )


@contextlib.contextmanager
def _server() -> Iterator[tuple[StudioServer, GeminiServer, str]]:
    python, bin_, user = installed(), programs(), account()
    if python is None:
        raise RuntimeError(HOW)
    if bin_ is None or user is None:
        raise RuntimeError("no Postgres server here; on Debian: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="codegen-agent-aegra-"))
    try:
        with (
            running_server(bin_, user) as postgres,
            postgres.database() as url,
            GeminiServer([Text(fenced("total = 40 + 2"))]) as gemini,
        ):
            environ = {
                "GOOGLE_GEMINI_BASE_URL": gemini.url,
                "GEMINI_API_KEY_FOR_CODEGEN_AGENT": "no-key",
            }
            with aegra_server(folder / "server", python, url, environ) as server:
                yield server, gemini, url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _resident(pid: int) -> int:
    """Return the memory of a process and its children."""
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))


def _database_bytes(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0
