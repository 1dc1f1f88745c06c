"""Builds on the real engine, and what a failed build leaves."""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import ImageBuildError
from sandbox.engine.connection import connect
from sandbox.image.engine_build import build, remove_untagged
from sandbox.image.inventory import image_exists, remove_images
from sandbox.image.spec import ROLE_LABEL, image_tag

pytestmark = pytest.mark.docker
LABELS = {ROLE_LABEL: "test"}
SECRET = "http://me:pa55w0rd@proxy.example:3128"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """The real engine."""
    with contextlib.closing(connect()) as client:
        yield client


@pytest.fixture
def tag(client: Any) -> Iterator[str]:
    """A name for an image of a test."""
    tag = f"codegen-agent-test:{uuid.uuid4().hex}"
    yield tag
    remove_images(client, [tag])
    remove_untagged(client)


def build_from(client: Any, tag: str, *steps: str, **files: bytes | Path) -> list[str]:
    """Build an image on the runner image; return the reported steps."""
    dockerfile = "\n".join(["ARG BASE", "FROM ${BASE}", *steps]).encode()
    lines: list[str] = []
    build(
        client,
        tag,
        [("Dockerfile", dockerfile), *files.items()],
        arguments={"BASE": image_tag()},
        labels=LABELS,
        progress=lines.append,
    )
    return lines


def test_files_arguments_and_labels(client: Any, tag: str, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"from a file")
    lines = build_from(client, tag, "COPY a b /added/", a=b"from bytes", b=tmp_path / "b")
    assert any("COPY a b" in line for line in lines)
    container = client.containers.create(tag)
    try:
        chunks, _ = container.get_archive("/added")
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
            found = [archive.extractfile(f"added/{name}").read() for name in "ab"]
    finally:
        container.remove()
    assert found == [b"from bytes", b"from a file"]
    assert client.api.inspect_image(tag)["Config"]["Labels"][ROLE_LABEL] == "test"


def test_a_build_has_no_network(client: Any, tag: str) -> None:
    look = "import os; print(os.listdir('/sys/class/net')); exit(7)"
    with pytest.raises(ImageBuildError, match=r"\['lo'\]"):
        build_from(client, tag, f'RUN ["python3", "-c", "{look}"]')


def test_a_failed_build_has_no_tag_and_shows_its_last_lines(client: Any, tag: str) -> None:
    with pytest.raises(ImageBuildError, match=r"(?s)non-zero code: 7.*the reason"):
        build_from(client, tag, "RUN echo the reason; exit 7")
    assert not image_exists(client, tag)


@pytest.mark.parametrize(
    "settings",
    [
        {"credsStore": "none-here"},
        {"credHelpers": {"registry.example": "none-here"}},
        {"proxies": {"default": {"httpProxy": SECRET, "httpsProxy": SECRET, "noProxy": SECRET}}},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_build_needs_and_gets_nothing_of_the_clis_settings(
    settings: Any, tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(settings))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    look = "import os; open('/tmp/seen', 'w').write(repr(dict(os.environ)))"
    with contextlib.closing(connect()) as client:
        build_from(client, tag, f'RUN ["python3", "-c", "{look}"]')
        history = str(client.api.history(tag)) + str(client.api.inspect_image(tag))
        container = client.containers.create(tag, use_config_proxy=False)
        try:
            chunks, _ = container.get_archive("/tmp/seen")
            seen = b"".join(chunks).decode()
        finally:
            container.remove()
    assert "PATH" in seen
    assert SECRET not in seen + history
