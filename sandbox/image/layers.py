"""The two layers of the runner image: its libraries, and the program on top."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine import engine_facts
from sandbox.image.base import ensure_base
from sandbox.image.engine_build import build
from sandbox.image.labels import BASE_LABEL, PACKAGES_LABEL, PYTHON_LABEL, ROLE_LABEL
from sandbox.image.spec import ImageSpec
from sandbox.image.wheels import download_wheels, wheel_versions

if TYPE_CHECKING:
    import docker

Progress = Callable[[str], None]


def build_libraries(
    client: docker.DockerClient,
    spec: ImageSpec,
    cache_folder: Path,
    progress: Progress,
    force: bool = False,
    install_missing: bool = False,
) -> None:
    """Build the image of Python and its libraries: minutes at first, never again.

    Raises:
        ImageBuildError: no base, no wheels, or an instruction failed.
    """
    arch = engine_facts(client).arch
    base = ensure_base(
        client, spec.python, arch, progress, wanted=spec.base, install_missing=install_missing
    )
    wheels = download_wheels(spec.pins, spec.python, arch, cache_folder, progress)
    progress(f"building the libraries' image on {base}")
    build(
        client,
        spec.libraries_tag,
        _libraries_context(spec, wheels),
        arguments={"BASE_IMAGE": base, "PYTHON_VERSION": spec.python},
        labels={
            ROLE_LABEL: "libraries",
            PYTHON_LABEL: spec.python,
            BASE_LABEL: base,
            PACKAGES_LABEL: json.dumps(wheel_versions(wheels)),
        },
        progress=progress,
        force=force,
    )


def build_runner(client: docker.DockerClient, spec: ImageSpec, progress: Progress) -> None:
    """Put the program on top of its libraries: a second or two.

    Raises:
        ImageBuildError: an instruction failed.
    """
    progress("building the runner image")
    files: list[tuple[str, bytes | Path]] = [("Dockerfile", spec.runner_dockerfile.encode())]
    files += [(f"runner/{path}", source) for path, source in spec.program]
    build(
        client,
        spec.tag,
        files,
        arguments={"LIBRARIES_IMAGE": spec.libraries_tag},
        labels={ROLE_LABEL: "runner"},
        progress=progress,
    )


def _libraries_context(spec: ImageSpec, wheels: Path) -> Iterator[tuple[str, bytes | Path]]:
    yield "Dockerfile", spec.libraries_dockerfile.encode()
    yield "requirements.txt", wheels / "requirements.txt"
    for wheel in sorted(wheels.glob("*.whl")):
        yield f"wheels/{wheel.name}", wheel


def prune(client: docker.DockerClient) -> None:
    """Remove what builds leave untagged, above all the stage that held the wheels."""
    with contextlib.suppress(Exception):  # untidy, not wrong
        client.images.prune(filters={"dangling": True, "label": ROLE_LABEL})
