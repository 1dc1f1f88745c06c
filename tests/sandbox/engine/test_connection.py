"""Where the engine is looked for, and the errors if there is none."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
from hashlib import sha256
from pathlib import Path

import pytest
import requests.exceptions

from sandbox import EngineUnreachableError
from sandbox.engine.connection import connect, context_host
from tests.sandbox.engine.web_server import serving


@pytest.mark.docker
def test_the_default_engine_answers() -> None:
    with contextlib.closing(connect(timeout_s=7)) as client:
        assert client.ping()
        assert client.api.timeout == 7


def test_a_web_server_is_not_an_engine() -> None:
    with (
        serving(b"<html>It works!</html>") as address,
        pytest.raises(EngineUnreachableError, match="does not answer"),
    ):
        connect(address)


def test_a_missing_socket_says_install_or_start(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachableError, match="is installed; install Docker|start it:"):
        connect(f"unix://{tmp_path}/no.sock")


def test_a_dead_socket_says_start_it(tmp_path: Path) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as listener:  # bound, but not listening
        listener.bind(str(path))
        with pytest.raises(EngineUnreachableError, match="start it:"):
            connect(f"unix://{path}")


def test_a_refused_connection_names_the_address() -> None:
    environ = {"DOCKER_HOST": "tcp://127.0.0.1:9"}
    with pytest.raises(EngineUnreachableError, match="'tcp://127.0.0.1:9'.*DOCKER_HOST"):
        connect(environ=environ)


def test_docker_host_has_priority_over_the_context(tmp_path: Path) -> None:
    environ = {
        **write_context(tmp_path, "away", "tcp://127.0.0.1:10"),
        "DOCKER_HOST": "tcp://127.0.0.1:9",
    }
    with pytest.raises(EngineUnreachableError, match="127.0.0.1:9"):
        connect(environ=environ)


def test_the_current_context_of_the_cli_is_used(tmp_path: Path) -> None:
    environ = write_context(tmp_path, "desktop", "unix:///run/desktop.sock")
    assert context_host(environ) == "unix:///run/desktop.sock"
    assert context_host({**environ, "DOCKER_CONTEXT": "default"}) is None


@pytest.mark.parametrize("config", ["", "{", "[]", '{"currentContext": "gone"}', '{"auths": {}}'])
def test_a_config_without_a_usable_context_means_the_default(tmp_path: Path, config: str) -> None:
    (tmp_path / "config.json").write_text(config)
    assert context_host({"DOCKER_CONFIG": str(tmp_path)}) is None


def write_context(folder: Path, name: str, host: str) -> dict[str, str]:
    """Write the files of `docker context create` and `use`."""
    (folder / "config.json").write_text(json.dumps({"currentContext": name}))
    meta = folder / "contexts" / "meta" / sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(
        json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}})
    )
    return {"DOCKER_CONFIG": str(folder)}


def test_an_engine_that_never_answers_an_attach_is_left() -> None:
    over = threading.Event()

    class Engine(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ApiVersion": "1.41"}')

        def do_POST(self) -> None:
            over.wait(60)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Engine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = connect(f"tcp://127.0.0.1:{server.server_port}", 0.5)
        with contextlib.closing(client), pytest.raises(requests.exceptions.ReadTimeout):
            client.api.attach_socket("container")
        over.set()
        server.shutdown()
