"""The process that serves a local model: started once, restarted, stopped with its program."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from graph_agent.errors import ModelSetupError
from graph_agent.models.local.chat_model import LocalChatModel
from graph_agent.models.local.server import SHARED_SERVERS, LocalServers


def test_file_that_cannot_be_loaded_is_named(broken_gguf: Path) -> None:
    servers = LocalServers()
    with pytest.raises(ModelSetupError, match=r"broken\.gguf"):
        servers.get(broken_gguf, 512)
    assert list(servers) == []


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_server_that_died_or_was_closed_is_restarted(model: LocalChatModel) -> None:
    model.invoke("hello")
    [first] = SHARED_SERVERS
    first.process.kill()
    first.process.wait()
    model.invoke("hello")
    [second] = SHARED_SERVERS
    assert second.alive
    model.close()
    assert not second.alive
    assert model.invoke("hello").text


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_program_exits_at_once_during_a_call(weights: Path) -> None:
    code = f"""
        import threading, time
        from pathlib import Path
        from graph_agent.models.local.chat_model import LocalChatModel
        from graph_agent.models.local.server import SHARED_SERVERS
        model = LocalChatModel(model_name="m", path=Path({str(weights)!r}), max_tokens=4000)
        model.model_copy(update={{"max_tokens": 1}}).invoke("hello")
        write = threading.Thread(target=model.invoke, args=["Write a novel."], daemon=True)
        write.start()
        time.sleep(1)
        print(next(iter(SHARED_SERVERS)).process.pid, time.monotonic(), flush=True)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pid, left = done.stdout.split()
    assert time.monotonic() - float(left) < 10
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_server_exits_with_a_killed_program(weights: Path) -> None:
    code = f"""
        import time
        from pathlib import Path
        from graph_agent.models.local.server import SHARED_SERVERS
        print(SHARED_SERVERS.get(Path({str(weights)!r}), 512).process.pid, flush=True)
        time.sleep(100)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        program.kill()
    limit = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < limit:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_server_refuses_calls_without_its_key(weights: Path) -> None:
    import httpx

    servers = LocalServers()
    try:
        server = servers.get(weights, 512)
        body = {"messages": [{"role": "user", "content": "hello"}]}
        answer = httpx.post(f"{server.url}/v1/chat/completions", json=body, trust_env=False)
        assert answer.status_code == 401
        assert server.api_key not in repr(server)
    finally:
        servers.close()
