"""This host's Debian or Ubuntu release, and the mirror its packages come from."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path

MIRRORS = {
    "debian": "http://deb.debian.org/debian",
    "ubuntu": "http://archive.ubuntu.com/ubuntu",
}


def mirror(
    distribution: str,
    sources: Path = Path("/etc/apt"),
    release: Mapping[str, str] | None = None,
) -> str:
    """Return the package mirror this host uses for a distribution, or else the public one.

    ``release`` holds the fields of os-release; None: this host's.
    """
    if release is None:
        release = _release()
    if release.get("ID") == distribution:
        codename = release.get("VERSION_CODENAME", "")
        for path in [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*"))]:
            try:
                text = path.read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            if address := _mirror_in(text, codename):
                return address
    return MIRRORS[distribution]


def own_release() -> tuple[str, str]:
    """Return this host's distribution and release; "none" if packages of it can't be used."""
    release = _release()
    found = release.get("ID", ""), release.get("VERSION_CODENAME", "")
    return found if found[0] in MIRRORS and found[1] else ("none", "none")


def _release() -> Mapping[str, str]:
    """Return the fields of this host's os-release; none on other systems."""
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


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
