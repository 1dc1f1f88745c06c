"""Where an engine is looked for, and what is said when there is none."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sandbox import EngineUnreachableError
from sandbox.engine import connect, context_host, engine_facts
from sandbox.unreachable import explain


@pytest.mark.docker
def test_the_default_engine_answers_and_tells_what_it_has() -> None:
    client = connect()
    try:
        facts = engine_facts(client)
    finally:
        client.close()
    assert facts.os == "linux"
    assert facts.arch in ("amd64", "arm64")
    assert facts.ncpu >= 1
    assert facts.memory_bytes > 1 << 28
    assert facts.default_runtime in facts.runtimes
    assert facts.cgroup_version in ("1", "2")
    assert facts.version
    assert facts.storage


def test_an_engine_that_was_reached_and_went_away_is_unreachable() -> None:
    with serving(b'{"ApiVersion": "1.41"}') as address:
        client = connect(address)
    with pytest.raises(EngineUnreachableError, match="does not answer"):
        engine_facts(client)
    client.close()


def test_a_server_that_is_no_engine_is_no_engine() -> None:
    with (
        serving(b"<html>It works!</html>") as address,
        pytest.raises(EngineUnreachableError, match="does not answer"),
    ):
        connect(address)


def test_no_socket_says_install_or_start(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachableError, match="is installed; install Docker|start it:"):
        connect(f"unix://{tmp_path}/no.sock")


def test_a_dead_socket_says_start_it(tmp_path: Path) -> None:
    import socket

    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as listener:  # bound, never listening
        listener.bind(str(path))
        with pytest.raises(EngineUnreachableError, match="start it:"):
            connect(f"unix://{path}")


def test_a_remote_engine_that_refuses_names_its_address() -> None:
    environ = {"DOCKER_HOST": "tcp://127.0.0.1:9"}
    with pytest.raises(EngineUnreachableError, match="'tcp://127.0.0.1:9'.*DOCKER_HOST"):
        connect(environ=environ)


def test_a_socket_of_others_says_which_group() -> None:
    denied = ConnectionError("aborted", PermissionError(13, "Permission denied"))
    assert "usermod -aG docker" in explain("unix:///var/run/docker.sock", denied)


def test_docker_host_wins_over_the_context(tmp_path: Path) -> None:
    environ = {
        **write_context(tmp_path, "away", "tcp://127.0.0.1:10"),
        "DOCKER_HOST": "tcp://127.0.0.1:9",
    }
    with pytest.raises(EngineUnreachableError, match="127.0.0.1:9"):
        connect(environ=environ)


def test_the_clis_context_is_honoured(tmp_path: Path) -> None:
    environ = write_context(tmp_path, "desktop", "unix:///run/desktop.sock")
    assert context_host(environ) == "unix:///run/desktop.sock"
    assert context_host({**environ, "DOCKER_CONTEXT": "default"}) is None


@pytest.mark.parametrize("config", ["", "{", "[]", '{"currentContext": "gone"}', '{"auths": {}}'])
def test_a_config_without_a_usable_context_means_the_default(tmp_path: Path, config: str) -> None:
    (tmp_path / "config.json").write_text(config)
    assert context_host({"DOCKER_CONFIG": str(tmp_path)}) is None


def write_context(folder: Path, name: str, host: str) -> dict[str, str]:
    """Write what the Docker CLI writes for `docker context create` and `use`."""
    (folder / "config.json").write_text(json.dumps({"currentContext": name}))
    meta = folder / "contexts" / "meta" / sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(
        json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}})
    )
    return {"DOCKER_CONFIG": str(folder)}


@contextlib.contextmanager
def serving(answer: bytes) -> Iterator[str]:
    """Answer every request over HTTP with the same bytes; give the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"tcp://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
