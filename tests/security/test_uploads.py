"""No uploaded file hurts the server that reads it."""

from __future__ import annotations

import base64
import os
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from graph_agent.errors import RequestError
from graph_agent.files.uploads import stored_uploads
from sandbox.variables.store import VariableStore
from tests.security.uploads import HARMLESS, REFUSED

MAX_GROWTH_KIB = 1 << 20
MAX_S = 180.0  # of waiting on a busy machine; reading itself may take 60 s


def upload(name: str, data: bytes, folder: Path) -> list[str]:
    """Upload one file as a variable, within limits of memory and time; return what came of it."""
    content = base64.b64encode(data).decode()
    before, started = _memory_kib(), time.monotonic()
    try:
        return stored([{"name": "x", "file_name": name, "content": content}], None, folder)
    finally:
        assert _memory_kib() - before < MAX_GROWTH_KIB
        assert time.monotonic() - started < MAX_S


def stored(files: Any, allowed: Path | None, folder: Path) -> list[str]:
    """Store uploads; return the names of the variables."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    store = VariableStore(folder / "store")
    return [
        str(s["name"])
        for s in stored_uploads(files, allowed, scratch, store, "sample")["summaries"]
    ]


def _memory_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused(case: str, tmp_path: Path) -> None:
    name, make = REFUSED[case]
    with pytest.raises(RequestError):
        upload(name, make(), tmp_path)


@pytest.mark.parametrize("case", HARMLESS)
@pytest.mark.filterwarnings("default")
def test_it_is_read_or_refused_within_limits(case: str, tmp_path: Path) -> None:
    name, make = HARMLESS[case]
    own = tmp_path / "own"
    own.mkdir()
    try:
        assert "x" in upload(name, make(), own)
    except RequestError as error:
        assert "'x'" in str(error)  # noqa: PT017
    assert {path.name for path in own.iterdir()} <= {"scratch", "store"}


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/etc/passwd",
            "../secret.csv",
            "inside/../../secret.csv",
            "link.csv",
            "folder/secret.csv",
        ),
        *("/dev/zero", "pipe", ".", "", "a\0b", "loop"),
    ],
)
def test_no_path_leads_out_of_the_servers_folder(path: str, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "inside").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("a\nsecret\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "folder").symlink_to(tmp_path)
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    with pytest.raises(RequestError) as caught:
        stored([{"name": "x", "path": path}], folder, tmp_path)
    assert "secret\n" not in str(caught.value)


def test_a_name_leads_to_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "secret=").mkdir()
    for name in ("x=/etc/passwd", f"x={tmp_path}/secret", "=", "x="):
        file = {"name": name, "file_name": "x.csv", "content": base64.b64encode(b"a").decode()}
        with pytest.raises(RequestError, match="no name of a variable"):
            stored([file], None, tmp_path)
