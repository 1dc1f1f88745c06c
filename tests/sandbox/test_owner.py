"""Whose a leftover is, and whether that process still lives."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from sandbox.owner import Owner


@pytest.fixture
def dead() -> Owner:
    """A process that has ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = Owner.of(process.pid)
        assert not owner.is_gone()
    return owner


def test_this_process_is_here() -> None:
    assert not Owner.of(os.getpid()).is_gone()


def test_one_that_ended_is_gone(dead: Owner) -> None:
    assert dead.is_gone()


def test_one_of_another_machine_is_never_gone(dead: Owner) -> None:
    assert not replace(dead, host="0" * 16).is_gone()


def test_a_number_that_came_again_is_another_process() -> None:
    here = Owner.of(os.getpid())
    assert replace(here, started="1").is_gone()
    assert replace(here, boot="0" * 8).is_gone()
    assert not replace(here, started="x").is_gone()


def test_it_is_written_and_read() -> None:
    owner = Owner.of(os.getpid())
    assert Owner.parse(str(owner)) == owner
    assert Owner.parse(f"{owner}-tmp") is None
    assert Owner.parse("1234") is None
    assert "-" not in str(owner)
