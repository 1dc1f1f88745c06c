"""The attacks that doctor runs. That they fail is tested in tests/security."""

from __future__ import annotations

from sandbox.policy import SandboxPolicy
from sandbox.records import Execution
from sandbox.security.guarantees import GUARANTEES
from sandbox.security.selection import SELECTION, TIGHT, at_most, ended_by, withheld


def test_each_says_what_it_proves_under_a_name_of_its_own() -> None:
    ids = [attack.id for attack in SELECTION] + [guarantee.id for guarantee in GUARANTEES]
    assert len(set(ids)) == len(ids)
    assert all(attack.guarantee for attack in SELECTION)
    kinds = {attack.kind for attack in SELECTION}
    assert kinds == {"escape", "host files", "exhaustion", "forgery", "hazard"}
    for attack in SELECTION:
        SandboxPolicy(**attack.limits)


def test_the_checks_notice_an_attack_that_got_through() -> None:
    assert ended_by("timeout")(Execution("ok"))
    assert ended_by("timeout")(Execution("timeout")) == ""
    assert at_most("n", 3)(Execution("error", stdout="n=3\nn=4\n"))
    assert at_most("n", 3)(Execution("error", stdout="n=3\n")) == ""
    assert at_most("n", 3)(Execution("ok"))
    assert withheld("x")(Execution("ok", variables={"x": 1}))


def test_every_check_of_the_selection_can_fail() -> None:
    everything = {"path": __import__("pathlib").Path("/"), "x": 1, "reached": "it", "forged": 1}
    big = {f"v{n}": n for n in range(100)}
    run = Execution(
        "ok",
        stdout="n=999999\n",
        variables={**everything, **big},
        files={f"{n}": b"" for n in range(100)},
        figures=(None,) * 100,  # type: ignore[arg-type]
        payloads={"x": __import__("sandbox.records").records.Payload("c", "t", bytes(1 << 21))},
    )
    assert [attack.id for attack in SELECTION if not attack.check(run)] == []
    assert TIGHT["max_figures"] < 100
