"""Where the cache is on each platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.cache_folder import cache_folder

HOME = Path("/home/me")


@pytest.mark.parametrize(
    ("environ", "platform", "folder"),
    [
        ({"CODEGEN_AGENT_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "linux", Path("/a")),
        ({"CODEGEN_AGENT_CACHE": "/a", "LOCALAPPDATA": "/b"}, "win32", Path("/a")),
        ({"CODEGEN_AGENT_CACHE": ""}, "linux", HOME / ".cache/codegen-agent"),
        ({"XDG_CACHE_HOME": "/b"}, "linux", Path("/b/codegen-agent")),
        ({"XDG_CACHE_HOME": "relative"}, "linux", HOME / ".cache/codegen-agent"),
        ({}, "darwin", HOME / ".cache/codegen-agent"),
        ({"LOCALAPPDATA": "/Local"}, "win32", Path("/Local/codegen_agent/Cache")),
        ({}, "win32", HOME / "AppData/Local/codegen_agent/Cache"),
    ],
)
def test_the_cache_folder(environ: dict[str, str], platform: str, folder: Path) -> None:
    assert cache_folder(environ, home=HOME, platform=platform) == folder


def test_by_default_it_is_this_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGEN_AGENT_CACHE", "~/mine")
    assert cache_folder() == Path.home() / "mine"
    assert cache_folder({}, platform="linux") == Path.home() / ".cache/codegen-agent"
