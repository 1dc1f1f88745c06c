"""The image from a registry: a real one that speaks its protocol, on this machine."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import docker
import pytest

from sandbox.engine.connection import connect
from sandbox.image.building import build_image
from sandbox.image.pulling import REGISTRY_VARIABLE, name_in, pulled, registry
from sandbox.image.spec import PYTHON_LABEL, ImageSpec, image_spec

TYPE = "application/vnd.docker.distribution.manifest.v2+json"


class Registry(ThreadingHTTPServer):
    """Serves images by tag, each of one file and with the given labels."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, bytes] = {}

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def add(self, tag: str, architecture: str, labels: dict[str, str]) -> None:
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("marker"))
        digest = self._blob(layer.getvalue())
        config = {
            "architecture": architecture,
            "os": "linux",
            "config": {"Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [digest]},
        }
        stored = self._blob(json.dumps(config).encode())
        self.manifests[tag] = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": TYPE,
                "config": {
                    "mediaType": "application/vnd.docker.container.image.v1+json",
                    "size": len(self.blobs[stored]),
                    "digest": stored,
                },
                "layers": [
                    {
                        "mediaType": "application/vnd.docker.image.rootfs.diff.tar",
                        "size": len(layer.getvalue()),
                        "digest": digest,
                    }
                ],
            }
        ).encode()

    def _blob(self, data: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.blobs[digest] = data
        return digest


class _Handler(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        last = self.path.rpartition("/")[2]
        kind, body = "application/octet-stream", self.server.blobs.get(last)
        if "/manifests/" in self.path:
            by_digest = {
                f"sha256:{hashlib.sha256(each).hexdigest()}": each
                for each in self.server.manifests.values()
            }
            kind, body = TYPE, {**self.server.manifests, **by_digest}.get(last)
        elif self.path == "/v2/":
            body = b"{}"
        self.send_response(404 if body is None else 200)
        if body is not None:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            digest = hashlib.sha256(body).hexdigest()
            self.send_header("Docker-Content-Digest", f"sha256:{digest}")
        self.end_headers()
        if body is not None and self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # the name that the base class looks for

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    with Registry() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv(REGISTRY_VARIABLE, server.name)
        yield server
        server.shutdown()


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    client = connect()
    yield client
    client.close()


@pytest.fixture
def spec(client: docker.DockerClient, request: pytest.FixtureRequest) -> Iterator[ImageSpec]:
    """An image that nobody has built."""
    spec = replace(image_spec(), program=(("test", request.node.name.encode()),))
    yield spec
    if client.images.list(spec.tag):
        client.images.remove(spec.tag, force=True)


@pytest.mark.docker
def test_an_image_that_the_registry_has_is_not_built(
    served: Registry, client: docker.DockerClient, spec: ImageSpec, tmp_path: Path
) -> None:
    architecture = client.version()["Arch"]
    tag = name_in("", spec.tag, architecture).rpartition(":")[2]
    served.add(tag, architecture, {PYTHON_LABEL: spec.python})
    said: list[str] = []
    assert build_image(client, spec=spec, progress=said.append, cache_dir=tmp_path) == spec.tag
    assert client.images.get(spec.tag).labels[PYTHON_LABEL] == spec.python
    assert said == [f"asking {served.name} for the image"]
    names = [name for image in client.images.list() for name in image.tags]
    assert not [name for name in names if served.name in name]


@pytest.mark.docker
def test_an_image_of_another_kind_or_none_is_refused(
    served: Registry, client: docker.DockerClient, spec: ImageSpec
) -> None:
    said: list[str] = []
    assert not pulled(client, spec, said.append)
    assert "not from" in said[-1]
    architecture = client.version()["Arch"]
    served.add(name_in("", spec.tag, architecture).rpartition(":")[2], architecture, {})
    assert not pulled(client, spec, said.append)
    assert "not a runner image" in said[-1]
    assert not client.images.list(spec.tag)


def test_without_the_setting_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REGISTRY_VARIABLE, raising=False)
    assert registry() is None
    for name in ("not a name", "https://registry.example.org/x", ""):
        monkeypatch.setenv(REGISTRY_VARIABLE, name)
        assert registry() is None
    monkeypatch.setenv(REGISTRY_VARIABLE, "registry.example.org/owner/")
    assert registry() == "registry.example.org/owner"
