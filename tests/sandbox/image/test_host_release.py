"""The host's release and its mirror, read from its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.image.host_release import mirror


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sources.list", "# deb http://old bookworm main\ndeb http://local/debian bookworm main\n"),
        ("sources.list", "deb [arch=amd64 signed-by=/k.gpg] http://local/debian bookworm main\n"),
        (
            "sources.list.d/debian.sources",
            "Types: deb\n# said\nURIs: http://local/debian\nSuites: bookworm bookworm-updates\n",
        ),
        (
            "sources.list.d/two.sources",
            "URIs: http://node\nSuites: x\n\nURIs: http://local/debian\nSuites: bookworm\n",
        ),
    ],
)
def test_the_hosts_own_mirror_is_used(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / name).write_text(text)
    host = {"ID": "debian", "VERSION_CODENAME": "bookworm"}
    assert mirror("debian", tmp_path, host) == "http://local/debian"
    assert mirror("ubuntu", tmp_path, host) == "http://archive.ubuntu.com/ubuntu"


def test_without_sources_the_public_mirror_is_used(tmp_path: Path) -> None:
    host = {"ID": "debian", "VERSION_CODENAME": "bookworm"}
    assert mirror("debian", tmp_path, host) == "http://deb.debian.org/debian"
