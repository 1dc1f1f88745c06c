"""Builds the runner image with further packages on top.

The host's pip downloads wheels and never builds any; the engine unpacks them in
a build without a network.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine.commands import CommandError, Progress
from sandbox.engine.facts import engine_facts
from sandbox.errors import ImageBuildError
from sandbox.image.building import build_lock, packed
from sandbox.image.engine_build import build, remove_untagged
from sandbox.image.inventory import image_exists, image_packages
from sandbox.image.requirements import normalize, wheel_modules
from sandbox.image.spec import (
    EXTENDED_REPOSITORY,
    PACKAGES_LABEL,
    ROLE_LABEL,
    RUNNER_LABEL,
    SANDBOX_FOLDER,
)
from sandbox.image.wheels import check_architecture, pip_download, wheel_versions

if TYPE_CHECKING:
    import docker

PYTHON = "{}.{}".format(*sys.version_info)
MAX_REASON_CHARS = 300


def extended_tag(runner: str, requirements: Sequence[str]) -> str:
    """Name the image with ``requirements`` on top of a runner image, without asking an engine.

    The host's versions count, because values of a package go from one to the other.
    """
    from packaging.requirements import Requirement

    here = _host_pins()
    names = [normalize(Requirement(text).name) for text in requirements]
    parts = [runner, *sorted(requirements)]
    parts += sorted(f"{name}=={here[name]}" for name in names if name in here)
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
    return f"{EXTENDED_REPOSITORY}:py{PYTHON}-{digest}"


def extend_image(
    client: docker.DockerClient,
    runner: str,
    requirements: Sequence[str],
    *,
    progress: Progress = lambda line: None,
) -> str:
    """Build the image with further packages if it doesn't exist; return its tag.

    Args:
        client: the engine.
        runner: the runner image below.
        requirements: names with or without versions.
        progress: receives each step.

    Raises:
        ImageBuildError: a package has no suitable wheel, or the build failed.
        SandboxUnavailableError: the engine stopped answering, or has no such runner image.
    """
    tag = extended_tag(runner, requirements)
    if image_exists(client, tag):
        return tag
    with build_lock(progress):
        if image_exists(client, tag):
            return tag
        below = image_packages(client, runner)
        with tempfile.TemporaryDirectory(prefix="codegen-agent-wheels-") as folder:
            fetch_wheels(requirements, below, engine_facts(client).arch, Path(folder), progress)
            try:
                _build(client, tag, runner, below, Path(folder), progress)
            finally:
                remove_untagged(client)
    return tag


def fetch_wheels(
    requirements: Sequence[str],
    below: Mapping[str, str],
    arch: str,
    folder: Path,
    progress: Progress = lambda line: None,
) -> None:
    """Download the wheels of ``requirements`` that an image with the packages ``below`` needs.

    They have the host's versions if these are compatible, otherwise any others.

    Raises:
        ImageBuildError: there are no suitable wheels.
    """
    check_architecture(arch)
    wanted = "".join(f"{requirement}\n" for requirement in requirements)
    tail = ""
    for pins in ({**_host_pins(), **below}, below):
        constraints = "".join(f"{name}=={version}\n" for name, version in pins.items())
        try:
            pip_download(wanted, constraints, PYTHON, arch, folder, progress, "--retries=1")
        except CommandError as error:
            tail = error.tail
            continue
        for wheel in folder.glob("*.whl"):
            if normalize(wheel.name.partition("-")[0]) in below:
                wheel.unlink()
        return
    raise ImageBuildError(_reason(tail))


def modules_of(requirement: str, arch: str) -> frozenset[str]:
    """List the top-level modules a package provides, from its wheel.

    Raises:
        ImageBuildError: there is no suitable wheel.
    """
    check_architecture(arch)
    with tempfile.TemporaryDirectory(prefix="codegen-agent-wheels-") as folder:
        options = "--no-deps", "--retries=1"
        try:
            pip_download(requirement, "", PYTHON, arch, Path(folder), lambda line: None, *options)
        except CommandError as error:
            raise ImageBuildError(_reason(error.tail)) from None
        return frozenset().union(*map(wheel_modules, Path(folder).glob("*.whl")))


def _build(
    client: docker.DockerClient,
    tag: str,
    runner: str,
    below: Mapping[str, str],
    wheels: Path,
    progress: Progress,
) -> None:
    added = wheel_versions(wheels)
    progress(f"building an image with {', '.join(added)}")
    dockerfile = (SANDBOX_FOLDER / "Dockerfile.extension").read_bytes()
    build(
        client,
        tag,
        [("Dockerfile", dockerfile), *packed(wheels, PYTHON, wheels)],
        arguments={"RUNNER_IMAGE": runner},
        labels={
            ROLE_LABEL: "extended",
            RUNNER_LABEL: runner,
            PACKAGES_LABEL: json.dumps({**below, **added}),
        },
        progress=progress,
    )


def _host_pins() -> dict[str, str]:
    """Return the version of everything installed here."""
    return {
        normalize(found.name): found.version.partition("+")[0]
        for found in importlib.metadata.distributions()
        if found.name and found.version
    }


def _reason(tail: str) -> str:
    """Pick the most useful part of pip's last lines: the conflict, or else the first error."""
    lines = tail.splitlines() or ["no message"]
    _, _, conflict = " ".join(lines).partition("The conflict is caused by:")
    if conflict:
        words = " ".join(conflict.partition("To fix this")[0].split())
        return f"it is not compatible with the image: {words}"[:MAX_REASON_CHARS]
    first = next((line for line in lines if line.startswith("ERROR: ")), lines[-1])
    return f"pip found no wheels: {first.removeprefix('ERROR: ')}"[:MAX_REASON_CHARS]
