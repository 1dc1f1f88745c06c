"""The count of files and functions that one attempt enters."""

from __future__ import annotations

import pytest

from tests.benchmarks.one_attempt import entered, file_of, profiled

REACHED_FILES, REACHED_FUNCTIONS = 72, 446
"""Above the goals of 65 and 400: an attempt must not enter more than this again."""


def called() -> None:
    """Be called."""


def test_only_what_was_called_is_counted() -> None:
    with profiled() as codes:
        called()
    assert called.__code__ in codes
    assert test_only_what_was_called_is_counted.__code__ not in codes


@pytest.mark.docker
def test_one_attempt_passes_through_every_node() -> None:
    codes = entered()
    files = {str(file_of(code)) for code in codes}
    nodes = ("generate", "execute", "analyze", "decide")
    assert {f"nodes/{name}.py" for name in nodes} <= files
    assert not any(path.startswith("tests/") for path in files)
    assert len(files) <= REACHED_FILES
    assert len(codes) <= REACHED_FUNCTIONS
