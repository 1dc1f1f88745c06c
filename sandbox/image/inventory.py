"""Our images on the engine: which exist, what they contain, and removing old ones."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sandbox.engine.connection import engine_errors
from sandbox.errors import ImageMissingError
from sandbox.image.spec import (
    EXTENDED_REPOSITORY,
    LIBRARIES_REPOSITORY,
    PACKAGES_LABEL,
    PYTHON_LABEL,
    ROLE_LABEL,
    RUNNER_LABEL,
    RUNNER_REPOSITORY,
    ImageSpec,
    image_spec,
)

if TYPE_CHECKING:
    import docker


def image_exists(client: docker.DockerClient, tag: str) -> bool:
    """Return whether an image is on the engine.

    Raises:
        SandboxUnavailableError: the engine does not answer.
    """
    return _labels(client, tag) is not None


def require_image(client: docker.DockerClient, tag: str) -> dict[str, str]:
    """Return the labels of an image on the engine.

    Raises:
        ImageMissingError: it isn't there.
        SandboxUnavailableError: the engine does not answer.
    """
    labels = _labels(client, tag)
    if labels is None:
        raise ImageMissingError(
            f"the runner image {tag!r} is not on the engine;"
            " build it with `codegen-agent sandbox build`"
        )
    return labels


def image_id(client: docker.DockerClient, tag: str) -> str:
    """Return the identifier of the image that a tag names at present.

    Raises:
        ImageMissingError: the image is not on the engine.
        SandboxUnavailableError: the engine does not answer.
    """
    with engine_errors("looking up an image"):
        return str(client.api.inspect_image(tag)["Id"])


def image_packages(client: docker.DockerClient, tag: str) -> dict[str, str]:
    """Return name → version of the libraries in an image, without starting it.

    Raises:
        ImageMissingError: the image is not on the engine.
        SandboxUnavailableError: the engine does not answer.
    """
    packages: dict[str, str] = json.loads(require_image(client, tag).get(PACKAGES_LABEL, "{}"))
    return packages


def image_python(client: docker.DockerClient, tag: str) -> str | None:
    """Return the minor version of Python in an image; None if it has no such label.

    Raises:
        ImageMissingError: the image is not on the engine.
        SandboxUnavailableError: the engine does not answer.
    """
    return require_image(client, tag).get(PYTHON_LABEL)


def old_images(client: docker.DockerClient, spec: ImageSpec | None = None) -> list[str]:
    """List our images for this Python that this version doesn't use, by tag.

    Raises:
        SandboxUnavailableError: the engine does not answer.
    """
    spec = spec or image_spec()
    with engine_errors("listing images"):
        images = client.api.images(filters={"label": ROLE_LABEL})
    below = {
        tag: (image.get("Labels") or {}).get(RUNNER_LABEL)
        for image in images
        for tag in image.get("RepoTags") or ()
    }
    # From the top down: an image can be removed only when no other is built on it.
    return [
        tag
        for repository in (EXTENDED_REPOSITORY, RUNNER_REPOSITORY, LIBRARIES_REPOSITORY)
        for tag in sorted(below.keys() - {spec.tag, spec.libraries_tag})
        if tag.startswith(f"{repository}:py{spec.python}-") and below[tag] != spec.tag
    ]


def remove_images(client: docker.DockerClient, tags: Iterable[str]) -> list[str]:
    """Remove images that no container uses; return the tags that were removed.

    Raises:
        SandboxUnavailableError: the engine does not answer.
    """
    import docker.errors

    removed = []
    for tag in tags:
        with engine_errors("removing an image"):
            try:
                client.api.remove_image(tag)
            except docker.errors.NotFound:  # another process removed it first
                continue
            except docker.errors.APIError as error:
                if error.status_code != 409:  # 409: in use by a run of another version
                    raise
                continue
        removed.append(tag)
    return removed


def _labels(client: docker.DockerClient, tag: str) -> dict[str, str] | None:
    try:
        with engine_errors("looking up an image"):
            image: dict[str, Any] = client.api.inspect_image(tag)
    except ImageMissingError:
        return None
    return image["Config"].get("Labels") or {}
