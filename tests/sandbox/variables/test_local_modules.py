"""Which modules are the user's own, and which of their attributes functions use."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import cloudpickle
import numpy as np
import pytest

from sandbox.variables import pickling
from sandbox.variables.local_modules import ModuleNeeds, is_local, pickled_by_value

FILES = {
    "my_shop/__init__.py": "from . import prices",
    "my_shop/prices.py": "RATE = 3\nUNUSED = 4\n\ndef scaled(x):\n    return x * RATE\n",
    "my_folder/inner.py": "VALUE = 1",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A package of the user's own, imported for one test."""
    for name, source in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("my_folder.inner")
    yield importlib.import_module("my_shop")
    for name in [name for name in sys.modules if name.startswith(("my_shop", "my_folder"))]:
        del sys.modules[name]


def test_the_users_own_modules_are_local(shop: ModuleType) -> None:
    assert is_local(shop)
    assert is_local(shop.prices)
    assert is_local(sys.modules["my_folder"])  # a namespace package


@pytest.mark.parametrize("module", [np, json, sys, pickling, "text", None, ModuleType("made")])
def test_libraries_and_this_project_are_not_local(module: object) -> None:
    assert not is_local(module)


def test_a_function_needs_what_it_names(shop: ModuleType) -> None:
    needs = ModuleNeeds()
    namespace = {"my_shop": shop}
    code = compile("my_shop.prices.scaled(2)", "x", "eval")
    assert needs.note(code, namespace) == {"my_shop", "my_shop.prices"}
    assert needs.attributes == {"my_shop": {"prices"}, "my_shop.prices": {"scaled"}}


def test_a_module_sent_as_a_value_needs_all_of_itself(shop: ModuleType) -> None:
    needs = ModuleNeeds()
    assert needs.note_all(shop) == {"my_shop", "my_shop.prices"}
    assert {"RATE", "UNUSED", "scaled"} <= needs.attributes["my_shop.prices"]
    assert "__loader__" not in needs.attributes["my_shop.prices"]


def test_registration_with_cloudpickle_is_undone(shop: ModuleType) -> None:
    before = cloudpickle.list_registry_pickle_by_value()
    with pickled_by_value():
        assert "my_shop.prices" in cloudpickle.list_registry_pickle_by_value()
    assert cloudpickle.list_registry_pickle_by_value() == before
