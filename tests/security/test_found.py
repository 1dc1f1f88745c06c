"""Inputs that the fuzzer found stay as cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.security.decoding import decode_any
from tests.security.fuzzing import FOUND, starting_points

CASES = sorted(FOUND.glob("*"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
@pytest.mark.filterwarnings("default")
def test_a_found_input_does_no_harm_any_more(case: Path) -> None:
    decode_any(case.read_bytes())


@pytest.mark.filterwarnings("default")
def test_the_fuzzer_starts_from_inputs_that_do_no_harm() -> None:
    inputs = list(starting_points())
    assert len(inputs) > 200
    for data in inputs:
        decode_any(data)
