"""Which files process 1 sends, and that it follows no link and opens nothing else."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from sandbox.runner.left_files import (
    CODE_FOLDER,
    CODE_NAME,
    MAX_DEPTH,
    MAX_LEFT_OUT,
    LeftFiles,
    scratch_folder,
    work_folder,
)
from sandbox.runner.shared import frames
from tests.sandbox.runner.program import Program


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(frames, "FILES_FOLDER", str(tmp_path / "files"))
    assert (scratch_folder(), work_folder()) == (str(tmp_path), str(tmp_path / "work"))
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def sent(max_files: int = 100, max_bytes: int = 1000) -> tuple[dict[str, bytes], dict[str, str]]:
    data = bytearray()
    LeftFiles(max_files, max_bytes, data.extend).send()
    return parsed(bytes(data))


def parsed(data: bytes) -> tuple[dict[str, bytes], dict[str, str]]:
    messages = frames.MessageReader(1 << 20).feed(data)
    files = {header["name"]: body for header, body in messages if header["type"] == "file"}
    reasons = {h["name"]: h["reason"] for h, _ in messages if h["type"] == "left_out"}
    return files, reasons


def test_files_in_folders(work: Path) -> None:
    (work / "a" / "b").mkdir(parents=True)
    (work / "a" / "b" / "c.csv").write_bytes(b"1")
    (work / "empty.txt").touch()
    assert sent() == ({"a/b/c.csv": b"1", "empty.txt": b""}, {})


def test_caches_and_temporary_files_stay(work: Path) -> None:
    for name in ("__pycache__", ".cache", ".config", "fontconfig", ".matplotlib"):
        (work / name).mkdir()
        (work / name / "x").write_bytes(b"1")
    assert sent() == ({}, {})


def test_files_of_libraries_beside_the_folder_stay(work: Path) -> None:
    beside = work.parent
    for name in (".hidden", "sem.mp-x1y2", "psm_0a1b2c3d", "org.chromium.Chromium.Ab1"):
        (beside / name).write_bytes(b"no")
    for name in (
        "joblib_memmapping_folder_1",
        "matplotlib-x1",
        "pymp-2",
        "polars-0",
        "tmpx_0a1b2c",
    ):
        (beside / name).mkdir()
        if not name.startswith("tmp"):
            (beside / name / "x").write_bytes(b"no")
    assert sent() == ({}, {})


def test_no_temporary_file_of_the_code_is_lost_silently(work: Path) -> None:
    beside = work.parent
    kept = ("tmp", "tmp_output", "tmp_results_2024.csv", "matplotlib_chart.png", "polars-1.csv")
    for name in kept:
        (beside / name).write_bytes(b"1")
    (beside / "tmpab12_x9z.csv").write_bytes(b"1")
    (beside / "tmpab12_x90").mkdir()
    (beside / "tmpab12_x90" / "clean.csv").write_bytes(b"1")
    files, reasons = sent()
    assert files == dict.fromkeys(kept, b"1")
    assert sorted(reasons) == ["tmpab12_x90", "tmpab12_x9z.csv"]


def test_what_the_code_put_beside_the_folder(work: Path) -> None:
    beside = work.parent
    (beside / "out").mkdir()
    for name in ("x.csv", "out/y.csv", "tmp.csv", "template.xlsx"):
        (beside / name).write_bytes(b"1")
    (beside / "link").symlink_to("/etc")
    (beside / CODE_FOLDER).mkdir()
    (beside / CODE_FOLDER / CODE_NAME).write_bytes(b"x = 1")
    (work / "x.csv").write_bytes(b"first")
    files, reasons = sent()
    others = dict.fromkeys(("out/y.csv", "tmp.csv", "template.xlsx"), b"1")
    assert files == {"x.csv": b"first", **others}
    assert reasons == {"x.csv": "another file has the same name"}


def test_links_and_special_files(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = work.parent.with_name(f"{work.parent.name}-secret")
    secret.mkdir()
    (secret / "x").write_bytes(b"no")
    (work / "to_file").symlink_to(secret / "x")
    (work / "to_folder").symlink_to(secret)
    os.mkfifo(work / "fifo")
    monkeypatch.chdir(work)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        files, reasons = sent()
    assert files == {}
    assert sorted(reasons) == ["fifo", "socket", "to_file", "to_folder"]


def test_a_working_folder_that_became_a_link(work: Path) -> None:
    work.rmdir()
    work.symlink_to("/etc")
    assert sent() == ({}, {})


def test_next_to_the_code_and_next_to_given_files(work: Path) -> None:
    beside_code, beside_given = work.parent / CODE_FOLDER, work.parent / "files" / "0"
    beside_code.mkdir()
    beside_given.mkdir(parents=True)
    (beside_code / CODE_NAME).write_bytes(b"x = 1")
    (beside_code / "a.csv").write_bytes(b"a")
    (beside_given / "given.csv").symlink_to("/job/123")
    (beside_given / "clean.csv").write_bytes(b"c")
    (beside_given / "a.csv").write_bytes(b"second")
    files, reasons = sent()
    assert files == {"a.csv": b"a", "clean.csv": b"c"}
    assert reasons == {"a.csv": "another file has the same name"}


def test_limits(work: Path) -> None:
    for name in "abc":
        (work / name).write_bytes(b"x" * 400)
    files, reasons = sent(max_bytes=1000)
    assert (list(files), list(reasons)) == (["a", "b"], ["c"])
    files, reasons = sent(max_files=1)
    assert (list(files), list(reasons)) == (["a"], ["b", "c"])


def test_too_many_reasons_are_counted(work: Path) -> None:
    for number in range(MAX_LEFT_OUT + 7):
        (work / f"{number:03}").touch()
    files, reasons = sent(max_files=1)
    assert len(files) == 1
    assert reasons[""] == "6 more were left out"


def test_deep_folders(work: Path) -> None:
    deep = work.joinpath(*["d"] * (MAX_DEPTH + 5))
    deep.mkdir(parents=True)
    (deep / "x").touch()
    files, reasons = sent()
    assert files == {}
    assert "folders deep" in next(iter(reasons.values()))


def left(program: Program) -> tuple[dict[str, bytes], dict[str, str]]:
    return parsed(program.out[frames.FILE])


@pytest.mark.parametrize(
    "ending", ["", "1 / 0", "import os; os._exit(3)", "import os; os.kill(os.getpid(), 9)"]
)
def test_files_come_back_however_the_code_ends(tmp_path: Path, ending: str) -> None:
    program = Program(tmp_path).serve(f"open('a.txt', 'w').write('hi')\n{ending}")
    assert left(program) == ({"a.txt": b"hi"}, {})


def test_files_that_the_code_left_open_are_complete(tmp_path: Path) -> None:
    code = "import gzip\nf = open('a.txt', 'w')\nf.write('hi')\ng = gzip.open('b.gz', 'wb')\n"
    files, _ = left(Program(tmp_path).serve(code + "g.write(b'data')"))
    assert files["a.txt"] == b"hi"
    import gzip

    assert gzip.decompress(files["b.gz"]) == b"data"


def test_the_host_may_end_the_code(tmp_path: Path) -> None:
    program = Program(tmp_path)
    assert program.process.stdin is not None

    def job(code: str) -> dict[str, Any]:
        limits = {"max_result_bytes": 1 << 20, "max_figures": 1, "max_variables": 1}
        return {"type": "job", "code": code, "returns": None, "variables": {}, "limits": limits}

    code = "import time\nopen('a.txt', 'w').write('hi')\nprint('x')\ntime.sleep(600)"
    program.process.stdin.write(frames.pack_message(job(code)))
    program.process.stdin.flush()
    assert program.process.stdout is not None
    seen, chunks = b"", frames.ChunkReader()
    got: list[tuple[bytes, bytes]] = []
    while data := program.process.stdout.read1(1 << 16):  # type: ignore[attr-defined]
        got += chunks.feed(data)
        if not seen and any(kind == frames.STDOUT for kind, _ in got):
            seen = frames.STOP
            program.process.stdin.write(seen)
            program.process.stdin.flush()
    program.process.stdin.close()
    program.process.stdout.close()
    assert program.process.wait(30) == 0
    kinds = [kind for kind, _ in got]
    assert kinds[-1] == frames.EXIT
    assert parsed(b"".join(data for kind, data in got if kind == frames.FILE))[0] == {
        "a.txt": b"hi"
    }
