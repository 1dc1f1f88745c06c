"""The runner image: what it is called, whether it is there, building it, old ones.

``python -m sandbox.image build`` builds it; ``tag``, ``gc`` and ``check`` are the rest.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.errors import ImageMissingError
from sandbox.image_spec import (
    LIBRARIES_REPOSITORY,
    RUNNER_REPOSITORY,
    ImageSpec,
    image_spec,
)

if TYPE_CHECKING:
    import docker

ROLE_LABEL = "org.codegen-agent"
PYTHON_LABEL = "org.codegen-agent.python"
PACKAGES_LABEL = "org.codegen-agent.packages"
BASE_LABEL = "org.codegen-agent.base"
Progress = Callable[[str], None]


def image_tag(spec: ImageSpec | None = None) -> str:
    """Name the runner image this host and this version need; asks no engine."""
    return (spec or image_spec()).tag


def image_exists(client: docker.DockerClient, tag: str) -> bool:
    """Tell whether an image is on the engine.

    Raises:
        SandboxUnavailableError: the engine does not answer.
    """
    return _labels(client, tag) is not None


def require_image(client: docker.DockerClient, tag: str) -> None:
    """Make sure that an image is on the engine.

    Raises:
        ImageMissingError: it is not.
        SandboxUnavailableError: the engine does not answer.
    """
    if not image_exists(client, tag):
        raise _missing(tag)


def image_packages(client: docker.DockerClient, tag: str) -> dict[str, str]:
    """Return name → version of the libraries in an image, without starting it.

    Raises:
        ImageMissingError: the image is not on the engine.
        SandboxUnavailableError: the engine does not answer.
    """
    labels = _labels(client, tag)
    if labels is None:
        raise _missing(tag)
    packages: dict[str, str] = json.loads(labels.get(PACKAGES_LABEL, "{}"))
    return packages


def build_image(
    client: docker.DockerClient,
    *,
    progress: Progress = lambda line: None,
    force: bool = False,
    spec: ImageSpec | None = None,
    cache_folder: Path | None = None,
    install_missing: bool = False,
) -> str:
    """Build the runner image if it is not there, and return its tag.

    Interrupted at any point it leaves nothing half-made under the tag. Two
    processes building at once build one after the other.

    Args:
        client: the engine.
        progress: told in short lines what is under way.
        force: build anew what is there already, from a base made anew.
        spec: what to build; None: what this host needs.
        cache_folder: keeps downloads and the lock; None: the user's.
        install_missing: as root on Debian or Ubuntu, install what making a base takes.

    Raises:
        ImageBuildError: it cannot be built; the message says what to do.
        EngineUnreachableError: the engine stopped answering.
    """
    from sandbox.file_lock import file_lock
    from sandbox.image_layers import build_libraries, build_runner, prune

    spec = spec or image_spec()
    if not force and image_exists(client, spec.tag):
        return spec.tag
    cache = cache_folder or default_cache_folder(os.environ)
    with file_lock(cache / "image.lock", lambda: progress("another build is under way; waiting")):
        try:
            if force or not image_exists(client, spec.libraries_tag):
                build_libraries(client, spec, cache, progress, force, install_missing)
            if force or not image_exists(client, spec.tag):
                build_runner(client, spec, progress)
        finally:
            prune(client)
    return spec.tag


def old_images(client: docker.DockerClient, spec: ImageSpec | None = None) -> list[str]:
    """List the tags of our images for this Python that this version does not use.

    Raises:
        SandboxUnavailableError: the engine does not answer.
    """
    from sandbox.failure import engine_errors

    spec = spec or image_spec()
    with engine_errors("listing images"):
        images = client.api.images(filters={"label": ROLE_LABEL})
    tags = {tag for image in images for tag in image.get("RepoTags") or ()}
    # Runner images first: the libraries' image below them goes when they are gone.
    return [
        tag
        for repository in (RUNNER_REPOSITORY, LIBRARIES_REPOSITORY)
        for tag in sorted(tags - {spec.tag, spec.libraries_tag})
        if tag.startswith(f"{repository}:py{spec.python}-")
    ]


def remove_images(client: docker.DockerClient, tags: Iterable[str]) -> list[str]:
    """Remove images that no container uses; return the tags that were removed.

    Raises:
        SandboxUnavailableError: the engine does not answer.
    """
    import docker.errors

    from sandbox.failure import engine_errors

    removed = []
    for tag in tags:
        with engine_errors("removing an image"):
            try:
                client.api.remove_image(tag)
            except docker.errors.NotFound:  # another process was first
                continue
            except docker.errors.APIError as error:
                if error.status_code != 409:  # 409: in use by a run of another version
                    raise
                continue
        removed.append(tag)
    return removed


def default_cache_folder(environ: Mapping[str, str]) -> Path:
    """Return ``$CODEGEN_AGENT_CACHE``, or the platform's folder for caches."""
    if environ.get("CODEGEN_AGENT_CACHE"):
        return Path(environ["CODEGEN_AGENT_CACHE"])
    if sys.platform == "win32" and environ.get("LOCALAPPDATA"):
        return Path(environ["LOCALAPPDATA"], "codegen_agent", "Cache")
    xdg = Path(environ.get("XDG_CACHE_HOME", ""))
    return (xdg if xdg.is_absolute() else Path.home() / ".cache") / "codegen-agent"


def _labels(client: docker.DockerClient, tag: str) -> dict[str, str] | None:
    from sandbox.failure import engine_errors

    try:
        with engine_errors("looking an image up"):
            image: dict[str, Any] = client.api.inspect_image(tag)
    except ImageMissingError:
        return None
    return image["Config"].get("Labels") or {}


def _missing(tag: str) -> ImageMissingError:
    return ImageMissingError(
        f"the runner image {tag!r} is not on the engine;"
        " build it with `codegen-agent sandbox build`"
    )


def main(arguments: list[str]) -> int:
    """Serve the command line; return its exit code: 0, 2 bad usage, 3 environment."""
    from sandbox.image_command import run

    return run(arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
