"""What lives on between the runs of a session."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sandbox.runner import session as session_module
from sandbox.runner.session import Session
from sandbox.runner.shared import frames
from tests.sandbox.runner.session_program import SessionProgram


def _changed(namespace: dict[str, object], code: str, given: dict[str, object]) -> list[str]:
    session = Session(namespace)
    session.begin_run(given, {name: namespace[name] for name in namespace if name[0] != "_"})
    exec(code, namespace)
    return session.changed({name: namespace[name] for name in namespace if name[0] != "_"})


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("list(words)", []),
        ("words.append('b')", ["words"]),
        ("array[0] = 5", ["array"]),
        ("del words", ["words"]),
        ("lock = __import__('threading').Lock()", ["lock"]),
        ("words = list(words)", []),
    ],
)
def test_changes_in_place_are_noticed(code: str, changed: list[str]) -> None:
    import threading

    namespace = {"words": ["a"], "array": np.arange(3), "lock": threading.Lock(), "given": []}
    assert _changed(namespace, code, {"given": []}) == changed


def test_a_large_array_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "WHOLE_BUFFER_BYTES", 1000)
    assert _changed({"array": np.zeros(1000)}, "array[0] = 1", {}) == []
    assert _changed({"array": np.zeros(1000)}, "array = array + 0", {}) == ["array"]


def test_a_function_changes_only_by_rebinding() -> None:
    namespace: dict[str, object] = {"x": 1}
    exec("def f(): return x", namespace)
    assert _changed(namespace, "x = 2", {}) == ["x"]
    assert _changed(namespace, "def f(): return x", {}) == ["f"]


def test_assigned_names() -> None:
    assert Session.assigned("a = 1\nb += 1\nfor c in d: e.f = 2") == {"a", "b", "c"}
    assert Session.assigned("def (") == set()


def test_the_program_serves_several_jobs(tmp_path: Path) -> None:
    program = SessionProgram(tmp_path)
    program.run("x = [1]\nprint('one')")
    assert program.variables() == {"x"}
    out = program.run("y = len(x)\nprint('two')\nopen('a', 'w').write('1')")
    assert (out[frames.STDOUT], program.variables()) == (b"two\n", {"y"})
    assert b'"a"' in out[frames.FILE]
    assert program.run("1")[frames.FILE] == b""
    program.run("1", save=True)
    assert program.variables() == {"x", "y"}
    assert program.close() == 0
