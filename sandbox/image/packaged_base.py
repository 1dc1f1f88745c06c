"""A base image made from a distribution's packages, on a Debian or Ubuntu host.

If no release that can be used has the wanted Python, the host's own Python is added to its own
release.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine.commands import CommandError, Progress, run_command
from sandbox.errors import ImageBuildError
from sandbox.image.host_release import MIRRORS, mirror, own_release
from sandbox.image.own_python import (
    PLACE,
    NoOwnPythonError,
    check_own_python,
    needed_packages,
    pack_own_python,
)

if TYPE_CHECKING:
    import docker

BASE_REPOSITORY = "codegen-agent-base"
SUITES = {"3.11": ("debian", "bookworm"), "3.12": ("ubuntu", "noble"), "3.13": ("debian", "trixie")}
"""Python's minor version → the distribution's release that has it."""
UBUNTU_KEYS = (
    "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
    "/etc/apt/trusted.gpg.d/ubuntu-keyring-2018-archive.gpg",
)
"""Where mmdebstrap finds the keys that Ubuntu's packages are signed with."""
PACKAGES = "python3,python3-venv"
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def made_tag(python: str) -> str:
    """Name the base image made from a distribution's packages."""
    distribution, suite = SUITES.get(python, ("none", "none"))
    return f"{BASE_REPOSITORY}:{distribution}-{suite}-py{python}"


def own_tag() -> str:
    """Name the base image with this host's own Python."""
    distribution, suite = own_release()
    return f"{BASE_REPOSITORY}:{distribution}-{suite}-own-py{platform.python_version()}"


def make_base(client: docker.DockerClient, python: str, arch: str, progress: Progress) -> str:
    """Make a base image with mmdebstrap, import it and return its tag.

    Raises:
        ImageBuildError: this host can't make one.
    """
    missing = _without_packages(python)
    if missing:
        _require_own_python(python, missing)
    _require_maker(python, arch)
    distribution, suite = own_release() if missing else SUITES[python]
    tag = own_tag() if missing else made_tag(python)
    what = "this host's Python" if missing else "Python"
    progress(f"making a {distribution} {suite} base with {what} {python} (about 20 s)")
    with tempfile.TemporaryDirectory(prefix="codegen-agent-base-") as folder:
        archive = Path(folder, "base.tar")
        try:
            python_options = (
                _own_python(Path(folder), python) if missing else [f"--include={PACKAGES}"]
            )
            _bootstrap(distribution, suite, archive, python_options)
        except NoOwnPythonError as reason:
            raise _no_copy(python, missing, reason) from None
        except CommandError as error:
            raise ImageBuildError(
                f"mmdebstrap could not make the base image; {_alternative(python)}."
                f" Its last lines: {error.tail}"
            ) from None
        progress("importing the base image")
        client.api.import_image_from_file(str(archive), *tag.split(":"))
    return tag


def _require_own_python(python: str, missing: str) -> None:
    try:
        check_own_python(python)
    except NoOwnPythonError as reason:
        raise _no_copy(python, missing, reason) from None
    if own_release()[0] == "none":
        raise _refusal(python, f"{missing}, and the host is neither Debian nor Ubuntu")


def _no_copy(python: str, missing: str, reason: NoOwnPythonError) -> ImageBuildError:
    others = " or ".join(name for name, (origin, _) in SUITES.items() if origin == "debian")
    why = f"{missing}, and its own can't be copied, because {reason}"
    return _refusal(python, f"{why}; use Python {others} here")


def _require_maker(python: str, arch: str) -> None:
    if _ARCHITECTURES.get(platform.machine()) != arch or not shutil.which("mmdebstrap"):
        raise _refusal(
            python,
            "that takes a Debian or Ubuntu host of the engine's architecture"
            f" ({arch}) with mmdebstrap: `sudo apt-get install mmdebstrap`",
        )


def _refusal(python: str, reason: str) -> ImageBuildError:
    return ImageBuildError(
        f"no image registry answers, and this host cannot make a base with Python {python}:"
        f" {reason}; {_alternative(python)}"
    )


def _alternative(python: str) -> str:
    return (
        f"make `docker pull python:{python}-slim` work, or set CODEGEN_AGENT_BASE_IMAGE to an"
        f" image with Python {python}"
    )


def _without_packages(python: str) -> str:
    """Say why there are no packages of this Python to make a base of; empty if there are."""
    if python not in SUITES:
        return "no Debian or Ubuntu release has it"
    if SUITES[python][0] == "ubuntu" and not any(map(os.path.exists, UBUNTU_KEYS)):
        return f"only Ubuntu has it, the keys for Ubuntu's packages are missing ({UBUNTU_KEYS[0]})"
    return ""


def _own_python(folder: Path, python: str) -> list[str]:
    """Pack this host's Python; return the options that put it into the base."""
    packed = folder / "python.tar"
    pack_own_python(packed, python)
    return [
        f"--include={','.join(needed_packages(python))}",
        f"--customize-hook=tar-in {shlex.quote(str(packed))} {PLACE}",
        '--customize-hook=chroot "$1" ldconfig',
    ]


def _bootstrap(distribution: str, suite: str, archive: Path, added: list[str]) -> None:
    command = ["mmdebstrap", "--variant=minbase", *added]
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    address = mirror(distribution)
    # Without a mirror mmdebstrap uses Debian's own and its security updates.
    command += [suite, str(archive), *([] if address == MIRRORS["debian"] else [address])]
    run_command(command, lambda line: None)
