"""What a run is given: the wrong kinds are refused before anything is pickled or started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import pytest

from sandbox import DockerSandbox, SandboxError, SandboxPolicy, VariableError
from sandbox.arguments import MAX_PROGRAM_BYTES, check_arguments, shown
from sandbox.job_message import job_message


class Untouchable:
    """Stands for an engine, or a value, that must not be reached."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name!r} was looked at")

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise AssertionError("it was pickled")


@pytest.fixture
def unreached() -> Iterator[DockerSandbox]:
    with DockerSandbox(client=Untouchable()) as sandbox:
        yield sandbox


@pytest.mark.parametrize("bad", [None, 5, b"x = 1", Path("x.py"), ["x = 1"]])
def test_code_is_text(unreached: DockerSandbox, bad: Any) -> None:
    with pytest.raises(SandboxError, match=r"^code must be Python source as a str, not "):
        unreached.run(bad, {"x": Untouchable()})


@pytest.mark.parametrize("bad", [5, b"assert x", Path("x.py"), False])
def test_checks_are_text(unreached: DockerSandbox, bad: Any) -> None:
    with pytest.raises(SandboxError, match=r"^checks must be Python source as a str"):
        unreached.run("x = 1", {"x": Untouchable()}, checks=bad)


@pytest.mark.parametrize(
    "bad",
    [pd.DataFrame({"a": [1, 2]}), pd.Series([1]), "a", "", {"a"}, ["a"], [], 0, [("a", 1)]],
    ids=repr,
)
def test_variables_are_a_mapping(unreached: DockerSandbox, bad: Any) -> None:
    with pytest.raises(VariableError, match=r"^variables must map names to values") as raised:
        unreached.run("x = 1", bad)
    assert f"({type(bad).__name__})" in str(raised.value)


@pytest.mark.parametrize("bad", ["total", b"total", 5, ""])
def test_returns_are_several_names(unreached: DockerSandbox, bad: Any) -> None:
    with pytest.raises(VariableError, match=r"^returns must be a list of names") as raised:
        unreached.run("total = 1", {"x": Untouchable()}, bad)
    assert repr(bad) in str(raised.value)


@pytest.mark.parametrize("bad", [[5], ["a", None], [b"a"]])
def test_each_of_returns_is_a_name(unreached: DockerSandbox, bad: Any) -> None:
    with pytest.raises(VariableError, match="not a string"):
        unreached.run("a = 1", {"x": Untouchable()}, bad)


@pytest.mark.parametrize("bad", [5, "print", True])
def test_on_output_can_be_called(unreached: DockerSandbox, bad: Any) -> None:
    with pytest.raises(SandboxError, match=r"^on_output must be a function"):
        unreached.run("x = 1", {"x": Untouchable()}, on_output=bad)


@pytest.mark.parametrize("letter", ["#", "é", "\N{SNAKE}"])
@pytest.mark.parametrize("where", ["code", "checks"])
def test_what_no_message_can_carry_is_refused(
    unreached: DockerSandbox, letter: str, where: str
) -> None:
    each = {"#": 1, "é": 6, "\N{SNAKE}": 12}[letter]
    fits = letter * ((MAX_PROGRAM_BYTES - 4) // each)
    check_arguments(*((fits, None, None, "") if where == "code" else ("", None, None, fits)), None)
    over = fits + letter
    size = len(over) * each + 2
    given = {"code": "", "checks": ""} | {where: over}
    with pytest.raises(SandboxError, match=f"{where} of {size} ") as raised:
        unreached.run(given["code"], {"x": Untouchable()}, checks=given["checks"])
    assert len(str(raised.value)) < 200


def test_too_many_variables_for_a_message_are_refused() -> None:
    buffers = [{"sha256": "0" * 64, "bytes": 1, "readonly": False}] * 100_000
    bundle: dict[str, Any] = {"variables": [], "buffers": buffers}
    with pytest.raises(VariableError, match="100000 buffers"):
        job_message("x = 1", bundle, None, None, SandboxPolicy())


def test_names_come_back_once_and_in_their_order() -> None:
    assert check_arguments("", None, ["b", "a", "b"], None, None) == ["b", "a"]
    assert check_arguments("", MappingProxyType({"a": 1}), iter("ab"), None, print) == ["a", "b"]
    assert check_arguments("", None, [], None, None) == []
    assert check_arguments("", None, None, None, None) is None


def test_a_value_is_shown_short_and_on_one_line() -> None:
    class Rude:
        def __repr__(self) -> str:
            raise ValueError("no")

    assert shown("a\nb") == r"'a\nb' (str)"
    assert shown(10**5000) == "a value of type int" or len(shown(10**5000)) < 100
    assert "Rude" in shown(Rude())
    for long in ("x" * 10**6, list(range(10**5)), pd.DataFrame({"a": range(1000)})):
        assert len(shown(long)) < 200
        assert "\n" not in shown(long)


@pytest.mark.docker
def test_a_name_asked_for_twice_comes_back_once(sandbox: DockerSandbox) -> None:
    run = sandbox.run("a = 1\nb = 2", returns=["b", "b"])
    assert run.variables == {"b": 2}
