"""Results that would take very long or very much memory are withheld; the others come back."""

from __future__ import annotations

import gc
from typing import Any

import pandas as pd
import pytest

from sandbox import PayloadError, SandboxPolicy
from sandbox.confined import warm_up
from sandbox.containers.raw_run import RawRun
from sandbox.records import Execution, Payload
from sandbox.results.collect import collect
from sandbox.results.decode import RunDecoder, libraries_of
from sandbox.runner.encode import encode_value
from sandbox.runner.shared.limits import CODEC
from tests.resources_used import used
from tests.sandbox.identity import difference
from tests.sandbox.results.costly_payloads import BOUNDED, REFUSED, colliding_keys
from tests.sandbox.results.hostile_payloads import payload
from tests.sandbox.value_kinds import KINDS

POLICY = SandboxPolicy()


def run_of(policy: SandboxPolicy, **values: bytes) -> Execution:
    """Collect values as a container would send them."""
    raw = RawRun(exit_report={"code": 0, "exceeded": None, "oom_kills": 0})
    sent = [
        ({"type": "variable", "name": name, "codec": CODEC, "value_type": "odd"}, data)
        for name, data in values.items()
    ]
    raw.messages = [({"type": "running"}, b""), *sent, ({"type": "finished"}, b"")]
    return collect(raw, policy, None)


def encoded(value: Any) -> bytes:
    return b"".join(encode_value(value))


@pytest.fixture(autouse=True)
def ready() -> None:
    gc.collect()
    warm_up()


@pytest.mark.parametrize("name", REFUSED)
def test_costly_results_are_withheld_and_the_rest_comes_back(name: str) -> None:
    data = REFUSED[name]()
    with used() as found:
        run = run_of(POLICY, before=encoded(1), costly=data, after=encoded("x"))
    assert dict(run.variables) == {"before": 1, "after": "x"}
    assert list(run.withheld) == ["costly"]
    assert run.withheld["costly"].startswith("odd: ")
    assert len(run.withheld["costly"]) < 700
    assert found.grown_mb < 300
    assert found.cpu_s < 3


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.filterwarnings("ignore")
def test_what_takes_much_is_bounded(name: str) -> None:
    data = BOUNDED[name]()
    with used() as found:
        run = run_of(POLICY, costly=data, after=encoded("x"))
    assert run.variables["after"] == "x"
    assert "costly" in {**run.variables, **run.withheld}
    assert found.grown_mb < 800
    assert found.cpu_s < 6


@pytest.mark.parametrize("number", range(0, len(KINDS), 3))
def test_values_come_back_as_they_were(number: int) -> None:
    name, make = KINDS[number]
    value = make()
    back = RunDecoder(POLICY).decode(Payload(CODEC, name, encoded(value)))
    assert difference(value, back) is None


def test_the_time_is_one_allowance_for_all_values() -> None:
    slow = payload(["set", ["q", 0]], colliding_keys(130_000))
    policy = SandboxPolicy(decode_s=0.01)
    values = {f"v{at}": slow for at in range(4)}
    with used() as found:
        run = run_of(policy, **values)
    assert len(run.withheld) >= 3
    assert any("0.01 s" in reason for reason in run.withheld.values())
    assert found.cpu_s < 3


def test_the_memory_is_one_allowance_for_all_values() -> None:
    policy = SandboxPolicy(decode_memory="64m")
    run = run_of(policy, **{f"v{at}": encoded([float(at)] * 700_000) for at in range(6)})
    assert 1 <= len(run.variables) < 6
    assert all("memory" in reason for reason in run.withheld.values())


def test_a_table_that_is_as_large_as_its_payload_needs_no_child() -> None:
    frame = pd.DataFrame({"a": range(1_000_000), "b": ["x"] * 1_000_000})
    run = run_of(SandboxPolicy(decode_memory="1g"), frame=encoded(frame))
    pd.testing.assert_frame_equal(run.variables["frame"], frame)


def test_an_unknown_codec() -> None:
    with pytest.raises(PayloadError, match="pickle"):
        RunDecoder(POLICY).decode(Payload("pickle", "int", b""))


def test_only_libraries_of_ours_are_imported_before_the_limits() -> None:
    assert libraries_of(encoded(pd.Series(["a"]))) == ["pandas", "pyarrow.ipc"]
    assert libraries_of(payload(["os.system", "true"])) == []
    assert libraries_of(b"x") == []
