"""Debian's and Ubuntu's packages: installing them, and where this host gets them from."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.commands import CommandError, run_command
from sandbox.errors import SandboxUnavailableError

MIRRORS = {
    "debian": "http://deb.debian.org/debian",
    "ubuntu": "http://archive.ubuntu.com/ubuntu",
}


def install_packages(names: Sequence[str], progress: Callable[[str], None]) -> None:
    """Install packages as root, without questions and without what they merely recommend.

    Raises:
        SandboxUnavailableError: apt-get failed.
    """
    progress(f"installing {', '.join(names)} (apt-get)")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", *names]
    # One source of many that does not answer fails the update; the install tells if it matters.
    with contextlib.suppress(CommandError, OSError):
        run_command(["apt-get", "update"], lambda line: None, environ)
    try:
        run_command(install, lambda line: None, environ)
    except (CommandError, OSError) as error:
        raise SandboxUnavailableError(
            f"apt-get could not install {', '.join(names)}; run"
            f" `{' '.join(install)}` as root and mend what it names. It said: {error}"
        ) from None


def mirror(
    distribution: str,
    sources: Path = Path("/etc/apt"),
    release: Mapping[str, str] | None = None,
) -> str:
    """Return the package mirror this host uses for a distribution, or the public one.

    ``release`` is what os-release says; None: this host's.
    """
    if release is None:
        try:
            release = platform.freedesktop_os_release()
        except OSError:
            release = {}
    if release.get("ID") != distribution:
        return MIRRORS[distribution]
    codename = release.get("VERSION_CODENAME", "")
    for path in [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*"))]:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        address = _mirror_in(text, codename)
        if address:
            return address
    return MIRRORS[distribution]


def _mirror_in(text: str, codename: str) -> str | None:
    """Find the mirror of a release in an apt sources file of either format."""
    for block in text.split("\n\n"):
        fields = {}
        for line in block.splitlines():
            words = line.split()
            if words[:1] == ["deb"]:
                words = [word for word in words if not word.startswith("[") and "]" not in word]
                if words[2:3] == [codename]:
                    return words[1]
            name, _, value = line.partition(":")
            fields[name.strip().lower()] = value.split()
        if codename in fields.get("suites", []) and fields.get("uris"):
            return fields["uris"][0]
    return None
