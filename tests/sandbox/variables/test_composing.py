"""Stored variables put together without copying a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox import DockerSandbox, SandboxPolicy, VariableStore
from sandbox.records import Execution
from sandbox.results.decode import libraries_of
from sandbox.variables.bundle import StoredResult, VariableBundle
from sandbox.variables.composing import Part, composed, names_of, parts_of, visible


@pytest.fixture(scope="module")
def sandbox() -> Iterator[DockerSandbox]:
    """A sandbox that waits on a busy machine."""
    with DockerSandbox(SandboxPolicy(timeout_s=60, memory="1g")) as sandbox:
        yield sandbox


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path / "store")


def results_of(run: Execution, store: VariableStore) -> list[StoredResult]:
    return [
        StoredResult(
            name, store.put(payload.data), len(payload.data), tuple(libraries_of(payload.data))
        )
        for name, payload in run.payloads.items()
    ]


def run(
    sandbox: DockerSandbox, code: str, variables: VariableBundle, store: VariableStore
) -> Execution:
    done = sandbox.run(code, variables, store=store)
    assert done.outcome == "ok", (done.error, done.detail)
    return done


def blob_bytes(store: VariableStore) -> int:
    return sum(path.stat().st_size for path in (store.root / "blobs").glob("??/*"))


def given(store: VariableStore, **values: Any) -> VariableBundle:
    return store.put_variables(values)


def test_inputs_results_and_new_values_are_variables(
    sandbox: DockerSandbox, store: VariableStore
) -> None:
    frame = pd.DataFrame({"a": np.arange(50_000.0), "b": ["x", "y"] * 25_000})
    first = given(store, df=frame, shared=(twins := [1, 2]), twins=twins, f=lambda x: x + offset)
    made = run(
        sandbox,
        "from fractions import Fraction\n"
        "total = df.groupby('b').a.sum()\nhalf = Fraction(1, 2)\nlater = {'deep': [half]}\n"
        "import numpy as np\nbig = np.arange(1_000_000.0)",
        first,
        store,
    )
    parts: list[Part] = [first, *results_of(made, store), given(store, n=7, half="mine")]
    before = blob_bytes(store)
    bundle = composed(parts, store)
    assert blob_bytes(store) - before < 5_000
    assert VariableBundle.from_json(bundle.to_json()) == bundle
    done = run(
        sandbox,
        "checks = [len(df), df.a.sum(), float(total['x']), f(1), shared is twins,\n"
        "          half, str(later['deep'][0]), n, big[-1]]\n"
        "big[0] = 5; total['x'] = 0\n",
        bundle,
        store,
    )
    assert done.variables["checks"] == [
        *(50_000, frame.a.sum(), frame[frame.b == "x"].a.sum(), 11, True),
        *("mine", "1/2", 7, 999_999.0),
    ]
    assert sorted(done.changed_inputs) == ["big", "total"]


offset = 10


def test_parts_stay_flat_and_replaced_ones_are_left_out(
    sandbox: DockerSandbox, store: VariableStore
) -> None:
    bundle = given(store, n=1)
    for _ in range(4):
        made = run(sandbox, "n = n + 1\ntable = [n]", bundle, store)
        bundle = composed([*parts_of(bundle), *results_of(made, store)], store)
    assert [names_of(part) for part in parts_of(bundle)] == [["n"], ["table"]]
    assert run(sandbox, "print(n, table)", bundle, store).stdout == "5 [5]\n"


def test_one_bundle_alone_stays_as_it_is(store: VariableStore) -> None:
    first = given(store, a=1)
    assert composed([first], store) is first
    assert visible([first, given(store, a=2)]) == [given(store, a=2)]
    assert parts_of(store.put_variables({})) == ()


def test_files_of_several_parts_have_places_of_their_own(
    sandbox: DockerSandbox, store: VariableStore, tmp_path: Path
) -> None:
    paths: Mapping[str, Path] = {name: tmp_path / name / "data.txt" for name in ("one", "two")}
    for name, path in paths.items():
        path.parent.mkdir()
        path.write_text(name)
    first = store.put_variables({"one": paths["one"]})
    second = store.put_variables({"two": paths["two"]}, beside=first)
    bundle = composed([first, second], store)
    done = run(sandbox, "print(one.read_text(), two.read_text())", bundle, store)
    assert done.stdout == "one two\n"


def test_a_path_that_code_made_opens_no_file_of_the_host(
    sandbox: DockerSandbox, store: VariableStore, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("canary")
    made = run(
        sandbox,
        f"from pathlib import Path\nplace = Path({str(secret)!r})",
        given(store),
        store,
    )
    bundle = composed(results_of(made, store), store)
    assert bundle.files == ()
    done = sandbox.run("print(open(place).read())", bundle, store=store)
    assert done.error is not None
    assert done.error.name == "FileNotFoundError"
    assert "canary" not in done.stdout
