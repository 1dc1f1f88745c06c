"""How an attack is run and judged: one that gets through is noticed."""

from __future__ import annotations

from sandbox.records import Execution, ExecutionError
from sandbox.security.attack import CHANNEL, Attack, how_it_ended, not_reached, run_attacks
from sandbox.security.selection import TIGHT
from tests.security.attacking import limited


def test_attacks_that_get_through_are_noticed() -> None:
    attacks = [
        Attack("alone", "forgery", "reached = 'something'", limits=TIGHT),
        Attack("fails", "forgery", "reached = ''", limits=TIGHT),
        Attack("shared", "escape", "reached = 'something'"),
        Attack("output", "exhaustion", "print('x')", lambda run: run.stdout, limits=TIGHT),
        Attack("checks", "forgery", "x = 1", lambda run: "" if run.check_error else "passed",
               limits=TIGHT, checks="assert x == 2"),
    ]  # fmt: skip
    achieved = {tried.attack.id: tried.achieved for tried in run_attacks(limited, attacks, 2)}
    assert achieved == {
        "alone": "something",
        "fails": "",
        "shared": "something",
        "output": "x\n",
        "checks": "",
    }


def test_a_program_can_write_to_the_runners_channel() -> None:
    """Otherwise the attacks on it would fail for the wrong reason."""
    send = f"{CHANNEL}send({{'type': 'withheld', 'name': 'sent', 'reason': 'by hand'}})"
    with limited(**TIGHT) as sandbox:
        assert sandbox.run(send).withheld["sent"] == "by hand"


def test_only_programs_that_just_try_something_share_a_container() -> None:
    assert Attack("a", "escape", "").shares
    assert Attack("a", "host files", "").shares
    assert not Attack("a", "escape", "", limits={"pids": 8}).shares
    assert not Attack("a", "escape", "", lambda run: "").shares
    assert not Attack("a", "forgery", "").shares


def test_how_it_ended_is_one_line() -> None:
    error = ExecutionError("ValueError", "a\nb", "")
    assert how_it_ended(Execution("error", error=error)) == "error: ValueError: a b"
    assert how_it_ended(Execution("ok", withheld={"x": "no"})) == "ok: x: no"
    assert not_reached(Execution("ok", variables={"reached": 5})) == "5"
