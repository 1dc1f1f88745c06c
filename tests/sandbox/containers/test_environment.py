"""All that a container's environment has: nothing of the host's, above all no proxy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox import DockerSandbox, SandboxPolicy
from sandbox.containers.hardening import environment
from sandbox.containers.job_mount import JobVolume
from sandbox.image import image_tag

pytestmark = pytest.mark.docker
PASSWORD = "pa55w0rd"
PROXY = f"http://me:{PASSWORD}@proxy.example:3128"
IMAGE = {
    "HOME",
    "LANG",
    "MPLBACKEND",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPATH",
}
"""What our Dockerfiles set. A base from a registry has a few more, such as PYTHON_VERSION."""
POLICY = SandboxPolicy(timeout_s=120, start_timeout_s=120)
LOOK = "import os\nseen = dict(os.environ)\nprint(open('/proc/self/environ').read())"


@pytest.fixture
def proxied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the Docker CLI, and variables, that name a proxy with its password."""
    kinds = ("httpProxy", "httpsProxy", "ftpProxy", "noProxy", "allProxy")
    default = {"proxies": {"default": dict.fromkeys(kinds, PROXY)}}
    (tmp_path / "config.json").write_text(json.dumps(default))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, PROXY)


def base_variables(client: Any) -> set[str]:
    """Return what the base image sets."""
    given = client.api.inspect_image(image_tag())["Config"]["Env"]
    return {entry.partition("=")[0] for entry in given} - IMAGE


@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize("warm", [0, 1])
def test_the_environment_of_a_run(warm: int) -> None:
    client = docker.from_env()
    try:
        with DockerSandbox(POLICY, warm=warm) as sandbox:
            for _ in range(1 + warm):
                run = sandbox.run(LOOK)
        assert run.ok, run
        seen = run.variables["seen"]
        ours = {name for name in environment(POLICY, "", 1) if not name.startswith("CODEGEN_")}
        expected = {*IMAGE, *ours, "HOSTNAME", "MPLCONFIGDIR", *base_variables(client)}
        assert set(seen) == expected
        assert PASSWORD not in str(seen) + run.stdout
    finally:
        client.close()


@pytest.mark.usefixtures("proxied")
def test_the_container_that_copies_files(tmp_path: Path) -> None:
    client = docker.from_env()
    volume = JobVolume(client, {})
    volume.mount()
    created: list[Any] = []
    api = client.api
    try:
        remove = api.remove_container
        api.remove_container = lambda id_, **options: (
            created.append(api.inspect_container(id_)["Config"]["Env"]),
            remove(id_, **options),
        )
        volume.fill(image_tag(), tmp_path)
    finally:
        del api.remove_container
        volume.remove()
        client.close()
    (variables,) = created
    assert PASSWORD not in str(variables)
