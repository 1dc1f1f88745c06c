"""References as a type: to JSON and back, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox import VariableBundle, VariableError
from sandbox.variables.bundle import PickledVariable, StoredBuffer, StoredFile

BUNDLE = VariableBundle(
    python="3.11",
    pickle="a" * 64,
    variables=(
        PickledVariable("frame", 120, (0, 2), modules=("pandas",)),
        PickledVariable("f", 80, (2, 2), 1),
    ),
    buffers=(StoredBuffer("b" * 64, 800_000, False), StoredBuffer("c" * 64, 70_000, True)),
    files=(StoredFile("0/notes.txt", "d" * 64),),
    unsendable={"lock": "a lock cannot be pickled"},
)
KEPT = {
    "python": "3.11",
    "pickle": "a" * 64,
    "variables": [
        {"name": "frame", "bytes": 120, "buffers": [0, 2], "module_sets": 0, "modules": ["pandas"]},
        {"name": "f", "bytes": 80, "buffers": [2, 2], "module_sets": 1, "modules": []},
    ],
    "buffers": [
        {"sha256": "b" * 64, "bytes": 800_000, "readonly": False},
        {"sha256": "c" * 64, "bytes": 70_000, "readonly": True},
    ],
    "files": [{"place": "0/notes.txt", "sha256": "d" * 64}],
    "unsendable": {"lock": "a lock cannot be pickled"},
}
"""As in the checkpoints that exist; the oldest ones name no modules."""


def test_it_is_the_json_that_checkpoints_hold() -> None:
    assert BUNDLE.to_json() == json.loads(json.dumps(BUNDLE.to_json())) == KEPT
    assert VariableBundle.from_json(KEPT) == BUNDLE


def test_digests_are_those_of_all_blobs() -> None:
    assert BUNDLE.digests() == ["a" * 64, "b" * 64, "c" * 64, "d" * 64]


def test_older_references_lack_some_fields() -> None:
    older: Any = {**KEPT, "variables": [{"name": "n", "bytes": 5, "buffers": [0, 0]}]}
    del older["files"], older["unsendable"]
    read = VariableBundle.from_json(older)
    assert read.variables == (PickledVariable("n", 5),)
    assert (read.files, read.unsendable) == ((), {})


@pytest.mark.parametrize(
    "data",
    [
        None,
        "x",
        [],
        {},
        {"n": 5},
        {"pickle": 1, "variables": 2, "buffers": 3, "python": "3.11"},
        {**KEPT, "variables": [{"name": "n"}]},
        {**KEPT, "variables": [{"name": "n", "bytes": "many", "buffers": [0, 0]}]},
        {**KEPT, "variables": [{"name": "n", "bytes": 5, "buffers": [0]}]},
        {**KEPT, "buffers": ["b" * 64]},
        {**KEPT, "files": None},
    ],
)
def test_other_data_is_refused(data: Any) -> None:
    with pytest.raises(VariableError, match=r"to_input\(\)"):
        VariableBundle.from_json(data)
