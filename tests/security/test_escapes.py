"""No program gets out of its container, or reads what is the host's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.security.attack import CANARY, Attack, Attempted
from sandbox.security.selection import SELECTION
from tests.security import escapes, host_files
from tests.security.attacking import limited, names, of_kind, tried_together

ATTACKS = [*of_kind(SELECTION, "escape", "host files"), *escapes.ALL, *host_files.ALL]


@pytest.fixture(scope="module")
def tried() -> Iterator[dict[str, Attempted]]:
    patch = pytest.MonkeyPatch()
    patch.setenv("GEMINI_API_KEY_FOR_CODEGEN_AGENT", CANARY)
    patch.setenv("HTTPS_PROXY", CANARY)
    yield tried_together(ATTACKS)
    patch.undo()


@pytest.mark.parametrize("name", names(ATTACKS))
def test_it_reaches_nothing(tried: dict[str, Attempted], name: str) -> None:
    attempted = tried[name]
    assert attempted.achieved == "", attempted
    assert attempted.ended


def test_the_check_would_notice() -> None:
    found = [
        Attack("reached", "escape", "reached = 'something'"),
        Attack("quiet", "escape", "reached = ''"),
        Attack("dead", "escape", "import os; os.kill(os.getpid(), 9)"),
        Attack("canary", "host files", f"raise ValueError({CANARY!r})"),
    ]
    achieved = {name: bool(tried.achieved) for name, tried in tried_together(found).items()}
    assert achieved == {"reached": True, "quiet": False, "dead": False, "canary": True}


def test_code_that_ends_all_processes_ends_itself_only() -> None:
    with limited(memory="192m", timeout_s=20) as sandbox:
        run = sandbox.run("import os, time\nif os.fork() == 0:\n    os.kill(-1, 9)\ntime.sleep(15)")
        assert (run.outcome, run.variables) == ("crashed", {})
        assert sandbox.run("x = 1").ok
