"""Decoding a whole payload: its limits, its parts, and the libraries it may import."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from sandbox import SandboxPolicy
from sandbox.errors import PayloadError
from sandbox.records import Payload
from sandbox.results.decode import RunDecoder, decode_payload
from sandbox.runner.encode import encode_value
from sandbox.runner.shared.limits import CODEC, PayloadLimits
from tests.sandbox.identity import identical
from tests.sandbox.results.hostile_payloads import MALFORMED, payload
from tests.sandbox.runner.shared.decoding.trips import assert_refused
from tests.sandbox.value_kinds import mixed_frame


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_payload_is_refused(data: bytes) -> None:
    assert_refused(data)


@pytest.mark.parametrize("container", [bytes, bytearray, memoryview])
def test_any_bytes_decode(container: Callable[[bytes], bytes]) -> None:
    data = b"".join(encode_value(mixed_frame()))
    assert identical(decode_payload(container(data)), mixed_frame())


def test_a_value_has_a_known_codec_and_a_size() -> None:
    data = b"".join(encode_value(7))
    decoder = RunDecoder(SandboxPolicy())
    assert decoder.decode(Payload(CODEC, "int", data)) == 7
    with pytest.raises(PayloadError, match="codec"):
        decoder.decode(Payload("pickle", "int", data))
    with pytest.raises(PayloadError, match="limit"):
        decode_payload(data, PayloadLimits(max_bytes=len(data) - 1))


def test_elements_are_counted_first() -> None:
    with pytest.raises(PayloadError, match="more than 1000 elements"):
        decode_payload(payload([[] for _ in range(2_000)]), PayloadLimits(max_elements=1_000))


def test_size_limit_comes_first() -> None:
    with pytest.raises(PayloadError, match="over the limit of 100"):
        decode_payload(bytes(101), PayloadLimits(max_bytes=100))


def test_names_in_a_payload_import_nothing() -> None:
    before = set(sys.modules)
    for tag in ("antigravity", "this", "xml.sax", "np.ctypeslib", "pd.io"):
        with pytest.raises(PayloadError, match="unknown name"):
            decode_payload(payload([tag, "antigravity"]))
    with pytest.raises(PayloadError):
        decode_payload(payload(["zone", "antigravity/this"]))
    new = {name for name in set(sys.modules) - before if "tzdata" not in name}
    assert not new & {"antigravity", "this", "xml.sax"}


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(PayloadError, match=r"needs 'polars'.*pip install polars"):
        decode_payload(payload(["pl.frame", 0, []], b"x"))
