"""Values that can't be sent are named with the reason before anything starts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox import DockerSandbox, UnsendableVariableError
from sandbox.variables.pickling import pickle_variables
from tests.sandbox.variables.unsendable import UNSENDABLE, Raising


@pytest.fixture(scope="module")
def unreachable() -> Iterator[DockerSandbox]:
    """A sandbox without an engine: starting anything would fail in another way."""
    with DockerSandbox(client=object(), image="none") as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("make", "why"),
    [(make, why) for _, make, why in UNSENDABLE],
    ids=[name for name, _, _ in UNSENDABLE],
)
def test_is_named_with_its_reason(
    unreachable: DockerSandbox, make: Callable[[], Any], why: str
) -> None:
    with pytest.raises(UnsendableVariableError) as caught:
        unreachable.run("x = 1", {"first": [1], "bad": make(), "last": {}})
    assert list(caught.value.reasons) == ["bad"]
    reason = caught.value.reasons["bad"]
    assert re.search(why, reason), reason
    assert len(reason) < 400
    assert reason.isprintable()
    assert "'bad'" in str(caught.value)


def test_every_unsendable_value_is_named_at_once() -> None:
    values = {name.replace(" ", "_"): make() for name, make, _ in UNSENDABLE}
    pickled = pickle_variables(values | {"good": 1})
    assert set(pickled.unsendable) == set(values)
    assert [variable.name for variable in pickled.variables] == ["good"]


def test_an_interrupt_is_not_a_reason() -> None:
    class Interrupting:
        def __reduce__(self) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pickle_variables({"a": Interrupting()})


def test_a_failed_value_leaves_nothing_in_the_stream() -> None:
    shared = list(range(10))
    values = {"bad": [shared, Raising()], "good": shared}
    pickled = pickle_variables(values)
    assert pickled.stream.count(b"K\x09") == 1
    assert [variable.buffers for variable in pickled.variables] == [(0, 0)]


def test_an_object_that_prints_while_it_is_pickled_is_sent(
    sandbox: DockerSandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    class Talking:
        def __getstate__(self) -> Any:
            print("being pickled")
            return {"n": 5}

    run = sandbox.run("n = talking.n", {"talking": Talking()})
    assert run.variables == {"n": 5}
    assert run.stdout == ""
    assert "being pickled" in capfd.readouterr().out
