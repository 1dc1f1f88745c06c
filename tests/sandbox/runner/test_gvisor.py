"""Process 1's memory checks, with numbers as gVisor reports them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.runner.gvisor import MemoryWatch

MIB = 1 << 20


def proc(folder: Path, *, all_mib: int, anonymous: int = 0, files: int = 0, own: int = 0) -> str:
    lines = {"MemTotal": all_mib, "AnonPages": anonymous, "Shmem": files, "Cached": 10_000}
    text = "".join(f"{name}: {amount << 10:>12} kB\n" for name, amount in lines.items())
    (folder / "meminfo").write_text(text)
    (folder / "sentry-meminfo").write_text(f"Alloc: 1 kB\nSys: {own << 10} kB\n\n")
    return str(folder)


def test_nothing_is_checked_if_a_cgroup_sets_the_limit(tmp_path: Path) -> None:
    watch = MemoryWatch(64 * MIB, proc(tmp_path, all_mib=64, anonymous=100))
    assert not watch.is_needed
    assert not watch.is_over()


def test_nothing_is_checked_without_a_limit(tmp_path: Path) -> None:
    assert not MemoryWatch(0, str(tmp_path / "nowhere")).is_needed


@pytest.mark.parametrize(
    ("anonymous", "files", "own", "over"),
    [(40, 10, 14, False), (65, 0, 0, True), (0, 65, 0, True), (30, 30, 5, True)],
)
def test_processes_files_and_gvisor_itself_count(
    tmp_path: Path, anonymous: int, files: int, own: int, over: bool
) -> None:
    folder = proc(tmp_path, all_mib=24_000, anonymous=anonymous, files=files, own=own)
    watch = MemoryWatch(64 * MIB, folder)
    assert watch.is_needed
    assert watch.is_over() is over
    assert not watch.is_over()  # it doesn't check again at once
