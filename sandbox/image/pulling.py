"""Gets the runner image from a registry, where one is configured, instead of building it.

The name there is the content hash, so an image of other parts has another name. What is behind
a name is the registry's word: only one that is trusted like this package belongs into the setting.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.image.spec import PYTHON_LABEL, ImageSpec

if TYPE_CHECKING:
    import docker

REGISTRY_VARIABLE = "CODEGEN_AGENT_IMAGE_REGISTRY"
"""Such as ``registry.example.org/owner``; unset: nothing is pulled."""
_REGISTRY = re.compile(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)*")


def registry() -> str | None:
    """Return the registry to ask; None: none is configured, or its name is none."""
    name = os.environ.get(REGISTRY_VARIABLE, "").strip().rstrip("/")
    return name if _REGISTRY.fullmatch(name) else None


def name_in(registry_: str, tag: str, architecture: str) -> str:
    """Return an image's name in a registry: its own, with the engine's architecture."""
    return f"{registry_}/{tag}-{architecture}"


def pulled(client: docker.DockerClient, spec: ImageSpec, progress: Callable[[str], None]) -> bool:
    """Whether the image was there and now has its tag; any failure means that it is built."""
    from docker.errors import DockerException

    where = registry()
    if where is None:
        return False
    name = name_in(where, spec.tag, str(client.version().get("Arch")))
    repository, _, tag = name.rpartition(":")
    progress(f"asking {where} for the image")
    try:
        image = client.images.pull(repository, tag)
        if image.labels.get(PYTHON_LABEL) != spec.python:
            progress(f"{name} is not a runner image for Python {spec.python}")
            return False
        own, _, own_tag = spec.tag.rpartition(":")
        image.tag(own, own_tag)
    except (DockerException, OSError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        progress(f"not from {where}: {first}")
        return False
    with contextlib.suppress(DockerException):
        client.images.remove(name)  # only the name: the tag keeps the image
    return True
