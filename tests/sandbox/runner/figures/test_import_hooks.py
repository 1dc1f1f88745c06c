"""Hooks run when a module is imported, and only while they are installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from sandbox.runner.figures.import_hooks import ImportHooks


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("hooked_one", "hooked_two"):
        (tmp_path / f"{name}.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("hooked_one", "hooked_two"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("modules")
def test_a_hook_runs_once_after_its_module_is_loaded() -> None:
    seen: list[ModuleType] = []
    hooks = ImportHooks({"hooked_one": seen.append, "hooked_two": seen.append})
    hooks.install()
    try:
        assert seen == []
        assert import_module("hooked_one").x == 1
        import_module("hooked_one")
        assert [module.__name__ for module in seen] == ["hooked_one"]
    finally:
        hooks.remove()
    import_module("hooked_two")
    assert len(seen) == 1
    assert hooks not in sys.meta_path


def test_a_module_that_is_loaded_already_is_hooked_at_once() -> None:
    seen: list[ModuleType] = []
    hooks = ImportHooks({"json": seen.append})
    hooks.install()
    hooks.remove()
    assert seen == [sys.modules["json"]]
