"""Files are sent with the paths that name them, at any depth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sandbox import DockerSandbox, SandboxPolicy
from sandbox.variables.named_files import NamedFiles


class Job(NamedTuple):
    name: str
    source: Path


class Counting(list[Any]):
    def __iter__(self) -> Iterator[Any]:
        raise AssertionError("walked by its own method")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for at, name in enumerate(("a.csv", "b.csv", "deeper/a.csv")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"n\n{at}\n")
    return tmp_path


def test_files_of_one_folder_stay_together(folder: Path) -> None:
    paths = [folder / "a.csv", folder / "deeper" / "a.csv", folder / "b.csv", folder / "none"]
    files = NamedFiles({"paths": paths, "again": folder / "a.csv", "folder": folder})
    assert {path: place.split("/") for path, place in files.places.items()} == {
        paths[0]: [files.places[paths[0]][0], "a.csv"],
        paths[1]: [files.places[paths[1]][0], "a.csv"],
        paths[2]: [files.places[paths[0]][0], "b.csv"],
    }
    assert files.path_inside(folder / "none") is None


@pytest.mark.parametrize(
    "hold",
    [
        lambda path: [path],
        lambda path: ({"x": [1, (path, "s")]},),
        lambda path: {path},
        lambda path: {path: 1},
        lambda path: frozenset([path]),
        lambda path: defaultdict(list, x=[path]),
        lambda path: Job("one", path),
        lambda path: Counting([path]),
    ],
    ids=["list", "deep", "set", "key", "frozenset", "defaultdict", "named tuple", "subclass"],
)
def test_a_path_is_found_in_every_container(folder: Path, hold: Any) -> None:
    assert list(NamedFiles({"x": hold(folder / "a.csv")}).places) == [folder / "a.csv"]


def test_a_list_that_holds_itself_is_walked_once(folder: Path) -> None:
    ring: list[Any] = [folder / "a.csv"]
    ring.append(ring)
    assert len(NamedFiles({"ring": ring}).places) == 1


@pytest.mark.docker
def test_the_code_reads_them(folder: Path) -> None:
    given = {
        "paths": sorted(folder.glob("*.csv")),
        "jobs": {"deep": Job("deep", folder / "deeper" / "a.csv")},
        "single": folder / "a.csv",
        "nowhere": folder / "none",
    }
    code = (
        "texts = [path.read_text() for path in (*paths, jobs['deep'].source, single)]\n"
        "names = [path.name for path in paths]\n"
        "beside = (single.parent / 'b.csv').read_text()\n"
        "same, there = single == paths[0], nowhere.exists()"
    )
    with DockerSandbox(policy=SandboxPolicy(timeout_s=30)) as sandbox:
        run = sandbox.run(code, given)
    assert run.variables == {
        "texts": ["n\n0\n", "n\n1\n", "n\n2\n", "n\n0\n"],
        "names": ["a.csv", "b.csv"],
        "beside": "n\n1\n",
        "same": True,
        "there": False,
    }
    assert run.changed_inputs == ()
