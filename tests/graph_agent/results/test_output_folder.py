"""Nothing that a run didn't write is ever overwritten."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from graph_agent.results.output_folder import SavedFiles, numbered, safe_name, save_files

FILES = {"transcript.md": b"t", "code.py": b"c", "a/b.csv": b"1"}


def save(folder: Path, files: Mapping[str, bytes] = FILES, run: str = "") -> SavedFiles:
    return save_files(folder, files, lambda _: files_under(files, _), run=run)


def files_under(files: Mapping[str, bytes], names: Mapping[str, str]) -> Mapping[str, bytes]:
    assert names.keys() == files.keys()
    return files


def shown(folder: Path) -> dict[str, bytes]:
    """Return the content of every file that isn't a manifest."""
    hidden = (".codegen-agent", "empty.env")  # the manifest, and a file of the tests' own
    found = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(hidden))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_taken_name_gives_all_files_one_number(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_bytes(b"mine")
    saved = save(tmp_path)
    assert saved.renamed == {
        "transcript.md": "transcript-2.md",
        "code.py": "code-2.py",
        "a/b.csv": "a-2/b.csv",
    }
    assert shown(tmp_path) == {
        "code.py": b"mine",
        "transcript-2.md": b"t",
        "code-2.py": b"c",
        "a-2/b.csv": b"1",
    }


def test_a_second_run_does_not_mix_with_the_first(tmp_path: Path) -> None:
    assert save(tmp_path, FILES, "one").renamed == {}
    saved = save(tmp_path, {"transcript.md": b"T", "new.csv": b"2"}, "two")
    assert saved.renamed == {"transcript.md": "transcript-2.md", "new.csv": "new-2.csv"}
    assert {name: shown(tmp_path)[name] for name in FILES} == FILES


@pytest.mark.parametrize("runs", [("", ""), ("one", "two"), ("one", ""), ("", "two")])
def test_runs_do_not_mix_even_if_no_name_is_equal(tmp_path: Path, runs: tuple[str, str]) -> None:
    first, second = runs
    assert save(tmp_path, {"a.csv": b"1", "b.csv": b"2"}, first).renamed == {}
    assert save(tmp_path, {"c.csv": b"3"}, second).renamed == {"c.csv": "c-2.csv"}
    # A part of the first one's files, with the same content, would look like all of them.
    assert save(tmp_path, {"a.csv": b"1"}).renamed == {"a.csv": "a-3.csv"}
    assert save(tmp_path, {"a.csv": b"1", "b.csv": b"2"}).renamed == {}


def test_files_that_were_removed_or_never_there_take_no_number(tmp_path: Path) -> None:
    assert list(save(tmp_path, {})) == []
    save(tmp_path, {"a.csv": b"1"})
    (tmp_path / "a.csv").unlink()
    assert save(tmp_path, {"b.csv": b"1"}).renamed == {}


def test_what_is_not_of_a_run_takes_no_number(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").touch()
    (tmp_path / ".codegen-agent-0.json").write_text("[no manifest")
    assert save(tmp_path, {"a.csv": b"1"}).renamed == {}


PROGRAM = """
import sys, time
from pathlib import Path
from graph_agent.results.output_folder import save_files
folder, me = Path(sys.argv[1]), sys.argv[2]
def contents(names):
    time.sleep(0.2)  # both are saving at the same time
    return {place: me.encode() for place in names.values()}
while not (folder / "go").exists():
    time.sleep(0.01)
saved = save_files(folder, [f"{me}-{part}.csv" for part in range(20)], contents)
print(*sorted(path.name for path in saved))
"""


def test_two_processes_at_the_same_time_get_numbers_of_their_own(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), me], stdout=subprocess.PIPE, text=True
        )
        for me in ("one", "two")
    ]
    time.sleep(1)
    (tmp_path / "go").touch()
    names = [process.communicate(timeout=60)[0].split() for process in processes]
    numbered_ones = [all(name.endswith("-2.csv") for name in saved) for saved in names]
    assert sorted(numbered_ones) == [False, True], names
    assert sorted([*names[0], *names[1]]) == sorted(p.name for p in tmp_path.glob("*.csv"))


def test_a_resumed_run_replaces_its_own_files(tmp_path: Path) -> None:
    save(tmp_path, FILES, "one")
    later = {"transcript.md": b"t2", "more.csv": b"3"}
    assert save(tmp_path, later, "one").renamed == {}
    assert shown(tmp_path) == later


def test_a_numbered_run_keeps_its_number(tmp_path: Path) -> None:
    (tmp_path / "transcript.md").write_bytes(b"mine")
    for content in (b"1", b"2"):
        save(tmp_path, {"transcript.md": content}, "one")
    assert shown(tmp_path) == {"transcript.md": b"mine", "transcript-2.md": b"2"}


def test_a_file_that_was_edited_since_is_kept(tmp_path: Path) -> None:
    save(tmp_path, FILES, "one")
    (tmp_path / "code.py").write_bytes(b"edited")
    saved = save(tmp_path, {**FILES, "code.py": b"c2"}, "one")
    assert saved.renamed["code.py"] == "code-2.py"
    assert (tmp_path / "code.py").read_bytes() == b"edited"
    assert (tmp_path / "code-2.py").read_bytes() == b"c2"


@pytest.mark.parametrize("link", ["symbolic", "dangling", "hard"])
def test_nothing_is_written_through_a_link(tmp_path: Path, link: str) -> None:
    folder, target = tmp_path / "out", tmp_path / "target"
    folder.mkdir()
    if link != "dangling":
        target.write_bytes(b"mine")
    if link == "hard":
        os.link(target, folder / "code.py")
    else:
        (folder / "code.py").symlink_to(target)
    assert save(folder).renamed["code.py"] == "code-2.py"
    assert target.exists() == (link != "dangling")
    assert link == "dangling" or target.read_bytes() == b"mine"


def test_own_files_are_replaced_without_writing_through_a_hard_link(tmp_path: Path) -> None:
    save(tmp_path / "out", FILES, "one")
    os.link(tmp_path / "out" / "code.py", tmp_path / "kept.py")
    save(tmp_path / "out", {**FILES, "code.py": b"c2"}, "one")
    assert (tmp_path / "kept.py").read_bytes() == b"c"
    assert (tmp_path / "out" / "code.py").read_bytes() == b"c2"


def test_a_symlinked_folder_is_not_entered(tmp_path: Path) -> None:
    folder, target = tmp_path / "out", tmp_path / "target"
    for made in (folder, target):
        made.mkdir()
    (folder / "a").symlink_to(target)
    assert save(folder).renamed["a/b.csv"] == "a-2/b.csv"
    assert list(target.iterdir()) == []


def test_the_same_content_is_not_written_twice(tmp_path: Path) -> None:
    save(tmp_path)
    assert save(tmp_path).renamed == {}
    assert shown(tmp_path) == FILES


def test_a_forged_manifest_reaches_nothing_outside(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    save(folder, FILES, "one")
    (tmp_path / "mine").write_bytes(b"m")
    manifest = next(folder.glob(".codegen-agent-*"))
    digest = "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"
    manifest.write_text(f'{{"number": 1, "files": {{"../mine": "{digest}"}}}}')
    save(folder, {"new.md": b"n"}, "one")
    assert (tmp_path / "mine").read_bytes() == b"m"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        save(tmp_path / "file")


def test_names() -> None:
    assert [numbered(name, 3) for name in ("a.csv", "a/b.csv", "Makefile")] == [
        "a-3.csv",
        "a-3/b.csv",
        "Makefile-3",
    ]
    assert safe_name(".git/hooks/.x") == "_git/hooks/_x"
