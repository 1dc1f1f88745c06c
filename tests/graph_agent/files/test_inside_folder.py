"""Only files that are really inside the folder are opened, also while links are being swapped."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from graph_agent.files.inside_folder import open_inside

SECRET, PUBLIC = b"secret", b"public"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "a.csv").write_bytes(PUBLIC)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.csv").write_bytes(SECRET)
    return inside


def read(folder: Path, path: str) -> tuple[bytes, str]:
    file, name = open_inside(folder, path)
    with file:
        return file.read(), name


def test_files_inside_are_read_also_through_links(folder: Path) -> None:
    (folder / "link.csv").symlink_to("sub/a.csv")
    (folder / "absolute").symlink_to(folder / "sub")
    (folder.parent / "way in").symlink_to(folder)
    for path in ("sub/a.csv", "link.csv", "absolute/a.csv", str(folder / "sub" / "a.csv")):
        assert read(folder, path) == (PUBLIC, "a.csv")
    assert read(folder.parent / "way in", "sub/a.csv") == (PUBLIC, "a.csv")


def test_anything_else_is_an_error(folder: Path) -> None:
    (folder / "out").symlink_to(folder.parent / "outside")
    os.mkfifo(folder / "pipe")
    for path in ("out/a.csv", "../outside/a.csv", "sub", ".", "", "none.csv", "pipe", "/etc/hosts"):
        with pytest.raises((OSError, ValueError)):
            open_inside(folder, path)


@pytest.mark.parametrize("swapped", ["sub", "sub/a.csv"])
def test_a_link_that_takes_a_files_place_is_never_followed(folder: Path, swapped: str) -> None:
    place, outside = folder / swapped, folder.parent / "outside"
    link, kept = folder / "link", folder / "kept"
    link.symlink_to(outside / "a.csv" if swapped.endswith("csv") else outside)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            place.rename(kept)
            link.rename(place)
            place.rename(link)
            kept.rename(place)

    swapping = threading.Thread(target=swap)
    swapping.start()
    found = set()
    try:
        for _ in range(3_000):
            try:
                found.add(read(folder, "sub/a.csv")[0])
            except (OSError, ValueError):
                continue
    finally:
        stop.set()
        swapping.join()
    assert found <= {PUBLIC}
