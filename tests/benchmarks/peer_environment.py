"""What other projects' sandboxes need: an environment for each, and our libraries plus Jupyter."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.engine.commands import CommandError
from sandbox.engine.connection import connect
from sandbox.engine.facts import engine_facts
from sandbox.errors import SandboxUnavailableError
from sandbox.image.engine_build import build
from sandbox.image.inventory import image_exists
from sandbox.image.spec import image_spec
from sandbox.image.wheels import pip_download

DOCKERFILE = Path(__file__).parent / "peers" / "Dockerfile"
IN_THE_IMAGE = "pip==26.3\njupyter_kernel_gateway==3.0.1\nipykernel==7.4.0\nipython==9.18.1\n"
REPOSITORY = "codegen-agent-bench-peers"
INSTALL_WITHIN_S = 600


class PeerError(Exception):
    """A peer can't be used here; the message says why."""


def environment(parent: Path, requirement: str, *, install: bool) -> Path:
    """Return the Python of an environment with a requirement; ``install`` creates it if needed.

    Raises:
        PeerError: it doesn't exist or can't be created.
    """
    folder = parent / re.sub(r"[^A-Za-z0-9.]+", "-", f"{requirement}-py{sys.version_info[1]}")
    python, stamp = folder / "bin" / "python", folder / ".installed"
    if stamp.exists():
        return python
    if not install:
        raise PeerError("not installed; `make bench` does it")
    try:
        venv.create(folder, clear=True, with_pip=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*command, requirement],
            capture_output=True,
            text=True,
            check=False,
            timeout=INSTALL_WITHIN_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PeerError(f"cannot be installed here: {error}") from error
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise PeerError(f"cannot be installed here: {_last_line(done.stderr)}")
    stamp.touch()
    return python


@contextlib.contextmanager
def image_with_jupyter(*, install: bool) -> Iterator[str]:
    """Yield the tag of our image plus what peers need in it; ``install`` builds it if needed.

    Containers that peers leave behind are removed.

    Raises:
        PeerError: it doesn't exist or can't be built.
    """
    libraries = image_spec().libraries_tag
    parts = [libraries, IN_THE_IMAGE, DOCKERFILE.read_text()]
    tag = f"{REPOSITORY}:{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"
    with contextlib.closing(connect()) as client:
        if not image_exists(client, tag):
            if not install:
                raise PeerError("its image is not built; `make bench` does it")
            try:
                _build(client, libraries, tag)
            except (CommandError, SandboxUnavailableError) as error:
                raise PeerError(f"its image cannot be built here: {error}") from error
        before = _containers(client, tag)
        try:
            yield tag
        finally:
            for container in _containers(client, tag) - before:
                client.api.remove_container(container, force=True, v=True)


def _build(client: Any, libraries: str, tag: str) -> None:
    python = client.containers.run(
        libraries,
        ["-c", "import platform; print(platform.python_version())"],
        entrypoint="/opt/venv/bin/python",
        network_mode="none",
        remove=True,
    )
    with tempfile.TemporaryDirectory(prefix="codegen-agent-bench-") as scratch:
        folder = Path(scratch)
        arch = engine_facts(client).arch
        pip_download(IN_THE_IMAGE, "", python.decode().strip(), arch, folder, lambda line: None)
        files: list[tuple[str, bytes | Path]] = [("Dockerfile", DOCKERFILE)]
        files += [(f"wheels/{wheel.name}", wheel) for wheel in sorted(folder.glob("*.whl"))]
        build(
            client,
            tag,
            files,
            arguments={"LIBRARIES_IMAGE": libraries},
            labels={},
            progress=lambda line: None,
        )


def _containers(client: Any, tag: str) -> set[str]:
    found = client.api.containers(all=True, filters={"ancestor": tag})
    return {container["Id"] for container in found}


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("ERROR")] or [""]
    return lines[-1][-300:] or "pip failed without a message"
