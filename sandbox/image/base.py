"""The image below the runner image: a small Linux with the host's minor version of Python.

From an image registry where one can be reached, else made on a Debian or Ubuntu
host from the distribution's own packages.
"""

from __future__ import annotations

import os
import platform
import queue
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.commands import CommandError, run_command
from sandbox.debian_packages import MIRRORS, install_packages, mirror
from sandbox.errors import ImageBuildError

if TYPE_CHECKING:
    import docker

Progress = Callable[[str], None]
BASE_REPOSITORY = "codegen-agent-base"
SUITES = {"3.11": ("debian", "bookworm"), "3.12": ("ubuntu", "noble"), "3.13": ("debian", "trixie")}
"""Python's minor version → the distribution's release that has it."""
PULL_FIRST_ANSWER_S = 10.0
PULL_STALL_S = 120.0
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*")


def ensure_base(
    client: docker.DockerClient,
    python: str,
    arch: str,
    progress: Progress,
    *,
    wanted: str | None = None,
    install_missing: bool = False,
) -> str:
    """Return a base image that is on the engine, got or made if need be.

    Args:
        client: the engine.
        python: minor version, such as ``3.11``.
        arch: the engine's, such as ``amd64``.
        progress: told what is under way.
        wanted: an image to use and nothing else.
        install_missing: as root, install the program that makes one.

    Raises:
        ImageBuildError: none can be had; the message says what to do.
    """
    official, made = f"python:{python}-slim", made_tag(python)
    for tag in [wanted] if wanted else [official, made]:
        if tag and client.images.list(tag):
            return tag
    progress(f"pulling {wanted or official!r}")
    why_no_pull = pull(client, wanted or official)
    if why_no_pull is None:
        return wanted or official
    if wanted:
        raise ImageBuildError(
            f"the base image {wanted!r} is not on the engine and cannot be pulled"
            f" ({why_no_pull}); pull it yourself, or unset CODEGEN_AGENT_BASE_IMAGE"
        )
    progress(f"no image registry answers ({why_no_pull}); making the base from packages")
    make_base(client, python, arch, progress, install_missing=install_missing)
    return made


def made_tag(python: str) -> str:
    """Name the base image made from a distribution's packages."""
    distribution, suite = SUITES.get(python, ("none", "none"))
    return f"{BASE_REPOSITORY}:{distribution}-{suite}-py{python}"


def pull(
    client: docker.DockerClient,
    tag: str,
    first_answer_s: float = PULL_FIRST_ANSWER_S,
    stall_s: float = PULL_STALL_S,
) -> str | None:
    """Pull an image; return None, or why it cannot be had.

    The wait is bounded here because the engine itself tries for much longer.
    """
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            for message in client.api.pull(tag, stream=True, decode=True):
                if "error" in message:
                    answers.put(f"! {message['error']}")
                    return
                answers.put("")
            answers.put(None)
        # Whatever it is (a broken credential helper, say), there is another way.
        except Exception as error:
            answers.put(f"! {getattr(error, 'explanation', None) or error}")

    threading.Thread(target=work, name="codegen-pull", daemon=True).start()
    timeout_s = first_answer_s
    while True:
        try:
            answer = answers.get(timeout=timeout_s)
        except queue.Empty:
            return f"nothing came for {timeout_s:g} s"
        if answer is None:
            return None
        if answer:
            return answer.removeprefix("! ").strip()
        timeout_s = stall_s


def make_base(
    client: docker.DockerClient,
    python: str,
    arch: str,
    progress: Progress,
    *,
    install_missing: bool = False,
) -> None:
    """Make a base image with mmdebstrap and import it under :func:`made_tag`.

    Raises:
        ImageBuildError: this host cannot make one.
    """
    alternative = f"have `docker pull python:{python}-slim` work, or name an image with Python"
    alternative += f" {python} in CODEGEN_AGENT_BASE_IMAGE"
    if python not in SUITES:
        raise ImageBuildError(f"no Debian or Ubuntu release has Python {python}; {alternative}")
    if not _can_debootstrap(arch, progress, install_missing):
        raise ImageBuildError(
            f"no image registry answers, and this host cannot make a base image; {alternative},"
            f" or, on a Debian or Ubuntu host of the engine's architecture ({arch}), install"
            " mmdebstrap: `sudo apt-get install mmdebstrap`"
        )
    distribution, suite = SUITES[python]
    progress(f"making a {distribution} {suite} base with Python {python} (about 20 s)")
    with tempfile.TemporaryDirectory(prefix="codegen-agent-base-") as folder:
        archive = Path(folder, "base.tar")
        command = ["mmdebstrap", "--variant=minbase", "--include=python3,python3-venv"]
        command += [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
        address = mirror(distribution)
        # Without a mirror mmdebstrap takes Debian's own and its security updates.
        command += [suite, str(archive), *([] if address == MIRRORS["debian"] else [address])]
        try:
            run_command(command, lambda line: None)
        except CommandError as error:
            raise ImageBuildError(
                f"mmdebstrap could not make the base image; {alternative}. It said: {error.tail}"
            ) from None
        progress("importing the base image")
        client.api.import_image_from_file(str(archive), *made_tag(python).split(":"))


def _can_debootstrap(arch: str, progress: Progress, install_missing: bool) -> bool:
    machines = {"x86_64": "amd64", "aarch64": "arm64"}
    if machines.get(platform.machine()) != arch:
        return False
    if shutil.which("mmdebstrap"):
        return True
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not (install_missing and root and shutil.which("apt-get")):
        return False
    install_packages(["mmdebstrap"], progress)
    return True
