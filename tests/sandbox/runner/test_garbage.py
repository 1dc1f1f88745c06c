"""Pausing the garbage collector while libraries load."""

from __future__ import annotations

import gc
import subprocess
import sys

from sandbox.runner import garbage


def test_it_works_again_and_skips_what_is_loaded() -> None:
    code = (
        "import gc\nfrom sandbox.runner import garbage\ngarbage.pause()\nprint(gc.isenabled())\n"
        "garbage.resume()\nprint(gc.isenabled(), gc.get_freeze_count() > 1000)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue True\n"


def test_without_a_pause_nothing_changes() -> None:
    frozen = gc.get_freeze_count()
    gc.disable()
    try:
        garbage.resume()
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert gc.get_freeze_count() == frozen
