"""What goes into the runner image, and the tags and labels of our images."""

from __future__ import annotations

import hashlib
import itertools
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.image import packing
from sandbox.image.requirements import Pin, host_version, resolve_pins, shipped_pins

SANDBOX_FOLDER = Path(__file__).parents[1]
RUNNER_FOLDER = SANDBOX_FOLDER / "runner"
RUNNER_REPOSITORY = "codegen-agent-runner"
LIBRARIES_REPOSITORY = "codegen-agent-libraries"
EXTENDED_REPOSITORY = "codegen-agent-extended"
BASE_VARIABLE = "CODEGEN_AGENT_BASE_IMAGE"
ROLE_LABEL = "org.codegen-agent"
PYTHON_LABEL = "org.codegen-agent.python"
PACKAGES_LABEL = "org.codegen-agent.packages"
"""JSON, name to version of every library."""
BASE_LABEL = "org.codegen-agent.base"
RUNNER_LABEL = "org.codegen-agent.runner"
"""On an image with further packages: the runner image below it."""


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """What the image is made of.

    ``base`` is the base image to use; None: whichever is available.
    """

    python: str
    base: str | None
    pins: tuple[Pin, ...]
    libraries_dockerfile: str
    runner_dockerfile: str
    program: tuple[tuple[str, bytes], ...]
    packing: bytes = b""
    """The program that decides what of a wheel is in the image."""

    @property
    def libraries_tag(self) -> str:
        """The image of Python and its libraries, named by a hash of all its parts."""
        parts = [self.python, self.base or "", self.libraries_dockerfile]
        parts += [f"{pin} {pin.direct} {pin.fonts}" for pin in self.pins]
        content = (*(part.encode() for part in parts), self.packing)
        return f"{LIBRARIES_REPOSITORY}:py{self.python}-{_digest(iter(content))}"

    @property
    def tag(self) -> str:
        """The runner image, named by a hash of its libraries, Dockerfile and program."""
        files = itertools.chain.from_iterable(
            (path.encode(), source) for path, source in self.program
        )
        parts = [self.libraries_tag.encode(), self.runner_dockerfile.encode(), *files]
        return f"{RUNNER_REPOSITORY}:py{self.python}-{_digest(parts)}"


def image_spec(
    *,
    base: str | None = None,
    pins: tuple[Pin, ...] | None = None,
    runner_folder: Path = RUNNER_FOLDER,
    installed: Callable[[str], str | None] = host_version,
) -> ImageSpec:
    """Describe the image this host needs; reads only files and asks no engine.

    Args:
        base: an image with the host's Python minor version as ``python3``; None: the one
            ``CODEGEN_AGENT_BASE_IMAGE`` names, or whichever is available.
        pins: the default versions; None: the shipped ones.
        runner_folder: the package to run in the container.
        installed: returns the host's version of a library, or None.
    """
    defaults = shipped_pins() if pins is None else pins
    return ImageSpec(
        python="{}.{}".format(*sys.version_info),
        base=base or os.environ.get(BASE_VARIABLE) or None,
        pins=resolve_pins(defaults, installed),
        libraries_dockerfile=(SANDBOX_FOLDER / "Dockerfile.libraries").read_text(encoding="utf-8"),
        runner_dockerfile=(SANDBOX_FOLDER / "Dockerfile.runner").read_text(encoding="utf-8"),
        program=program_files(runner_folder),
        packing=Path(packing.__file__).read_bytes(),
    )


def image_tag(spec: ImageSpec | None = None) -> str:
    """Name the runner image that this host and this version need, without asking an engine."""
    return (spec or image_spec()).tag


def program_files(folder: Path) -> tuple[tuple[str, bytes], ...]:
    """Read the package's Python files: path with ``/`` relative to ``folder``, and source."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        relative = path.relative_to(folder)
        if "__pycache__" not in relative.parts:
            found.append((relative.as_posix(), path.read_bytes()))
    return tuple(found)


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        # Each part's length first: "ab"+"c" and "a"+"bc" are different images.
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]
