"""Names and sizes of files that come out of a container, as hostile input."""

from __future__ import annotations

import pytest

from sandbox import SandboxPolicy
from sandbox.results.received_files import problem_with, received_files


def sent(*files: tuple[str, bytes], **limits: int) -> tuple[dict[str, bytes], dict[str, str]]:
    messages = [({"type": "file", "name": name}, data) for name, data in files]
    return received_files(messages, SandboxPolicy(**limits))


@pytest.mark.parametrize("name", ["a.csv", "a/b.csv", "Größe 12:30.csv", "表.xlsx", ".env", "a"])
def test_a_good_name(name: str) -> None:
    assert problem_with(name) == ""
    assert sent((name, b"x")) == ({name: b"x"}, {})


@pytest.mark.parametrize(
    "name",
    [
        *("", "/etc/passwd", "../a", "a/../../b", "a//b", "./a", "a/", "..", "a\\..\\b", "a\nb"),
        *("a\x00b", "\x1b[31m", "a\u202egnp.exe", "\ud800", "x" * 201, "é" * 150),
    ],
)
def test_a_bad_name(name: str) -> None:
    files, left_out = sent((name, b"x"))
    assert files == {}
    (shown,) = left_out
    assert shown.isprintable()
    assert left_out[shown].startswith("file: its name")


def test_equal_names() -> None:
    files, left_out = sent(("é.csv", b"1"), ("e\u0301.csv", b"2"), ("A.csv", b"3"), ("a.csv", b"4"))
    assert files == {"é.csv": b"1", "A.csv": b"3"}
    assert set(left_out) == {"é.csv", "a.csv"}


def test_limits_hold_even_if_the_container_ignores_them() -> None:
    files, left_out = sent(*((f"{n}.csv", b"1234") for n in range(5)), max_files=2)
    assert (len(files), len(left_out)) == (2, 3)
    files, left_out = sent(("a", b"1234"), ("b", b"1234"), ("c", b"1"), max_files_bytes=5)
    assert files == {"a": b"1234", "c": b"1"}
    assert "5 bytes" in left_out["b"]


def test_what_the_container_left_out() -> None:
    messages = [
        ({"type": "file", "name": "cut.csv"}, b"x"),
        ({"type": "left_out", "name": "cut.csv", "reason": "it changed"}, b""),
        ({"type": "left_out", "name": "", "reason": "3 more"}, b""),
        ({"type": "left_out", "name": 7}, b""),
        ({"type": "nonsense"}, b"x"),
    ]
    files, left_out = received_files(messages, SandboxPolicy())
    assert files == {}
    assert left_out["cut.csv"] == "file: it changed"
