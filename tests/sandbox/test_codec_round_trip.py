"""Every kind of value comes back identical."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox.decode import decode_payload
from sandbox.runner.encode import encode_value
from tests.sandbox.identity import difference, identical
from tests.sandbox.value_kinds import KINDS, mixed_frame


def round_trip(value: Any) -> Any:
    return decode_payload(b"".join(encode_value(value)))


@pytest.mark.parametrize("make", [make for _, make in KINDS], ids=[name for name, _ in KINDS])
def test_comes_back_identical(make: Callable[[], Any]) -> None:
    value = make()
    assert difference(value, round_trip(value)) is None


@pytest.mark.parametrize("make", [make for _, make in KINDS], ids=[name for name, _ in KINDS])
def test_comes_back_identical_inside_a_container(make: Callable[[], Any]) -> None:
    value = {"key": [make(), (make(),)]}
    assert difference(value, round_trip(value)) is None


def test_kind_names_are_unique() -> None:
    names = [name for name, _ in KINDS]
    assert len(names) == len(set(names)) >= 80


@pytest.mark.parametrize("container", [bytes, bytearray, memoryview])
def test_any_bytes_decode(container: Callable[[bytes], Any]) -> None:
    payload = b"".join(encode_value(mixed_frame()))
    assert identical(decode_payload(container(payload)), mixed_frame())


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(np.zeros((4, 3))),
        pd.DataFrame({"a": np.zeros(4), "b": np.ones(4)}),
        pd.DataFrame({"a": np.zeros(4), "b": np.arange(4), "c": pd.array([1.0] * 4, "Float64")}),
    ],
    ids=["one block", "columns", "mixed"],
)
def test_frame_is_writable_and_its_own(frame: pd.DataFrame) -> None:
    payload = bytearray(b"".join(encode_value(frame)))
    decoded = decode_payload(payload)
    for position in range(frame.shape[1]):
        decoded.iloc[1, position] = 7
    decoded.loc[:, "new"] = 1
    assert decoded.iloc[1].tolist() == [7] * frame.shape[1] + [1]
    assert identical(decode_payload(payload), frame)


def test_array_and_series_are_writable_and_their_own() -> None:
    payload = bytearray(b"".join(encode_value([np.arange(5), pd.Series([1.0, 2.0])])))
    array, series = decode_payload(payload)
    array[0], series[0] = 9, 9.5
    payload[-8:] = bytes(8)
    assert array.tolist() == [9, 1, 2, 3, 4]
    assert series.tolist() == [9.5, 2.0]


def test_big_array_is_encoded_without_a_copy() -> None:
    array = np.arange(100_000)
    parts = encode_value({"a": array})
    views = [part for part in parts if isinstance(part, memoryview)]
    assert any(np.shares_memory(np.frombuffer(view, "u1"), array) for view in views)


def test_columns_of_one_dtype_are_encoded_without_a_copy() -> None:
    columns = {name: np.arange(1_000.0) for name in "abc"}
    frame = pd.DataFrame(columns, copy=False)
    views = [part for part in encode_value(frame) if len(part) == 8 * len(frame)]
    assert len(views) == 3
    for view, name in zip(views, "abc", strict=True):
        assert np.shares_memory(np.frombuffer(view, "u1"), frame[name].to_numpy())


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, True),
        (0.0, -0.0),
        ([1], (1,)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (np.arange(3), np.arange(3, dtype="i4")),
        (pd.Series([1], name="a"), pd.Series([1], name="b")),
        (pd.Series(["a"], dtype=object), pd.Series(["a"])),
        (pd.Categorical(["a"]), pd.Categorical(["a"], ordered=True)),
        (pd.Timestamp("2024").as_unit("s"), pd.Timestamp("2024").as_unit("ns")),
        (pd.date_range("2024", periods=3), pd.date_range("2024", periods=3)._with_freq(None)),
        (pd.Series([1]), pd.Series([1]).set_flags(allows_duplicate_labels=False)),
    ],
)  # fmt: skip
def test_identity_tells_apart_what_is_merely_equal(left: Any, right: Any) -> None:
    assert not identical(left, right)
