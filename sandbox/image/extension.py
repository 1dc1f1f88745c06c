"""The runner image with further packages on top.

Wheels are downloaded by the host's pip, never built; the engine unpacks them in
a build without any network.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.commands import CommandError
from sandbox.engine import engine_facts
from sandbox.errors import ImageBuildError
from sandbox.file_lock import file_lock
from sandbox.image.building import default_cache_folder
from sandbox.image.distributions import wheel_modules
from sandbox.image.engine_build import build
from sandbox.image.inventory import image_exists, image_packages
from sandbox.image.labels import PACKAGES_LABEL, ROLE_LABEL, RUNNER_LABEL
from sandbox.image.layers import prune
from sandbox.image.requirements import normalize
from sandbox.image.spec import EXTENDED_REPOSITORY, SANDBOX_FOLDER
from sandbox.image.wheels import MACHINES, pip_download, wheel_versions

if TYPE_CHECKING:
    import docker

Progress = Callable[[str], None]
PYTHON = "{}.{}".format(*sys.version_info)
MAX_REASON_CHARS = 300


def extended_tag(runner: str, requirements: Sequence[str]) -> str:
    """Name the image that has ``requirements`` on top of a runner image; asks nobody.

    The host's versions count: a value of the package crosses from one to the other.
    """
    here = _host_pins()
    parts = [runner, *sorted(requirements)]
    parts += sorted(f"{name}=={here[name]}" for name in map(_name, requirements) if name in here)
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
    return f"{EXTENDED_REPOSITORY}:py{PYTHON}-{digest}"


def extend_image(
    client: docker.DockerClient,
    runner: str,
    requirements: Sequence[str],
    *,
    cache_folder: Path | None = None,
    progress: Progress = lambda line: None,
) -> str:
    """Build the image with further packages if it is not there; return its tag.

    Args:
        client: the engine.
        runner: the runner image below.
        requirements: names with or without versions.
        cache_folder: holds the lock; None: the user's.
        progress: told in short lines what is under way.

    Raises:
        ImageBuildError: a package is not to be had as a wheel, or the build failed.
        SandboxUnavailableError: the engine stopped answering, or has no such runner image.
    """
    tag = extended_tag(runner, requirements)
    cache = cache_folder or default_cache_folder(os.environ)
    if image_exists(client, tag):
        return tag
    with file_lock(cache / "image.lock", lambda: progress("another build is under way; waiting")):
        if image_exists(client, tag):
            return tag
        below = image_packages(client, runner)
        with tempfile.TemporaryDirectory(prefix="codegen-agent-wheels-") as scratch:
            wheels = Path(scratch)
            fetch_wheels(requirements, below, engine_facts(client).arch, wheels, progress)
            try:
                _build(client, tag, runner, below, wheels, progress)
            finally:
                prune(client)
    return tag


def fetch_wheels(
    requirements: Sequence[str],
    below: Mapping[str, str],
    arch: str,
    folder: Path,
    progress: Progress = lambda line: None,
) -> None:
    """Download what an image with the packages ``below`` lacks for ``requirements``.

    In the host's versions if they go together, in any others otherwise.

    Raises:
        ImageBuildError: it is not to be had as wheels.
    """
    _check_architecture(arch)
    wanted = "".join(f"{one}\n" for one in requirements)
    last: CommandError | None = None
    for pins in ({**_host_pins(), **below}, below):
        constraints = "".join(f"{name}=={version}\n" for name, version in pins.items())
        try:
            pip_download(wanted, constraints, PYTHON, arch, folder, progress, "--retries=1")
        except CommandError as error:
            last = error
            continue
        for wheel in folder.glob("*.whl"):
            if normalize(wheel.name.partition("-")[0]) in below:
                wheel.unlink()
        return
    raise ImageBuildError(_reason(last))


def modules_of(requirement: str, arch: str) -> frozenset[str]:
    """List the top-level modules a package provides, from its wheel.

    Raises:
        ImageBuildError: it is not to be had as a wheel.
    """
    _check_architecture(arch)
    with tempfile.TemporaryDirectory(prefix="codegen-agent-wheels-") as folder:
        options = "--no-deps", "--retries=1"
        try:
            pip_download(requirement, "", PYTHON, arch, Path(folder), lambda line: None, *options)
        except CommandError as error:
            raise ImageBuildError(_reason(error)) from None
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
    files: list[tuple[str, bytes | Path]] = [("Dockerfile", dockerfile)]
    files += [(f"wheels/{wheel.name}", wheel) for wheel in sorted(wheels.glob("*.whl"))]
    build(
        client,
        tag,
        files,
        arguments={"RUNNER_IMAGE": runner, "PYTHON_VERSION": PYTHON},
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


def _name(requirement: str) -> str:
    from packaging.requirements import Requirement

    return normalize(Requirement(requirement).name)


def _check_architecture(arch: str) -> None:
    if arch not in MACHINES:
        raise ImageBuildError(f"no wheels are published for engine architecture {arch!r}")


def _reason(error: CommandError | None) -> str:
    """Pick from what pip said what tells most: the conflict, or else the first error."""
    lines = (error.tail if error is not None else "").splitlines() or ["it said nothing"]
    _, _, conflict = " ".join(lines).partition("The conflict is caused by:")
    if conflict:
        words = " ".join(conflict.partition("To fix this")[0].split())
        return f"it does not go with what is in the image: {words}"[:MAX_REASON_CHARS]
    first = next((line for line in lines if line.startswith("ERROR: ")), lines[-1])
    return f"pip found no wheels: {first.removeprefix('ERROR: ')}"[:MAX_REASON_CHARS]
