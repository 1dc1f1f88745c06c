"""What a run's record names: every variable, or how many were too many."""

from __future__ import annotations

from typing import Any

from sandbox.collect import CODEC, MAX_PROBLEMS, collect
from sandbox.container import RawRun
from sandbox.policy import SandboxPolicy
from sandbox.records import Execution
from sandbox.runner.encode import encode_value


def variable(name: str) -> tuple[dict[str, Any], bytes]:
    header = {"type": "variable", "name": name, "value_type": "int", "codec": CODEC}
    return header, b"".join(encode_value(1))


def withheld(name: str) -> tuple[dict[str, Any], bytes]:
    return {"type": "withheld", "name": name, "reason": "over the limit"}, b""


def collected(*messages: tuple[dict[str, Any], bytes], **policy: Any) -> Execution:
    raw = RawRun()
    raw.messages = [*messages, ({"type": "finished"}, b"")]
    return collect(raw, SandboxPolicy(**policy), None)


def test_a_long_name_is_withheld_under_its_beginning() -> None:
    run = collected(variable("a" * 200), variable("b" * 250))
    assert run.variables == {"a" * 200: 1}
    assert list(run.withheld) == ["b" * 200 + "…"]
    assert "250 characters" in run.withheld["b" * 200 + "…"]
    assert run.detail == ""


def test_the_surplus_of_variables_is_counted_once() -> None:
    names = [f"v{at}" for at in range(40)]
    run = collected(*map(variable, names[:10]), *map(withheld, names[10:]), max_variables=10)
    assert len(run.variables) == 10
    named = len(run.variables) + len(run.withheld)
    assert 20 <= named < 40
    assert run.detail.count("variables") == 1
    assert run.detail.startswith(f"{40 - named} more variables, over the limit of 10")


def test_a_repeated_problem_is_said_once() -> None:
    run = collected(*[variable("no name")] * 5, variable("x"))
    assert run.detail == "a variable whose name is no identifier (5 times)"
    assert run.variables == {"x": 1}


def test_problems_are_bounded() -> None:
    unknown = [({"type": f"t{at}"}, b"") for at in range(MAX_PROBLEMS + 3)]
    detail = collected(*unknown).detail
    assert f"'t{MAX_PROBLEMS - 1}'" in detail
    assert f"'t{MAX_PROBLEMS}'" not in detail
    assert detail.endswith("; and 3 more problems")
