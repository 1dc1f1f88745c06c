"""A 100 MB frame out: made in the container and returned, compared to its bytes alone."""

from __future__ import annotations

import statistics

from sandbox import SandboxPolicy
from sandbox.image import image_tag
from tests.benchmarks.frames import COLUMNS, MB
from tests.benchmarks.measuring import Findings, Row, Scale, interleaved, seconds, timed
from tests.benchmarks.plain_containers import WarmProcess, docker_run, engine_cores, warm_process
from tests.benchmarks.prepared import PreparedSandbox, expect

OUT, WITHOUT = "with the frame out", "without"
STREAMED = "its bytes alone by `docker run`'s stream"


def measure(scale: Scale) -> Findings:
    """Measure a frame of 100 MB, or of 2 MB."""
    size_bytes = scale.of(100 * MB, 2 * MB)
    rows = size_bytes // COLUMNS // 8
    code = f"""import numpy, pandas
frame = pandas.DataFrame(numpy.random.default_rng(1).random(({COLUMNS}, {rows})).T)
print("made")"""
    command = docker_run(image_tag(), SandboxPolicy(), engine_cores(), "--interactive")
    source, target = b"1" * size_bytes, memoryview(bytearray(size_bytes))

    def memcpy() -> None:
        target[:] = source

    with PreparedSandbox() as sandbox, warm_process(command) as process:

        def after_made(returns: list[str]) -> float:
            run = sandbox.run(code, returns=returns)
            expect(set(run.execution.variables) == set(returns))
            return run.after_output_s

        samples = interleaved(
            {
                OUT: lambda: after_made(["frame"]),
                WITHOUT: lambda: after_made([]),
                STREAMED: timed(lambda: stream(process, size_bytes)),
                "memcpy": timed(memcpy),
            },
            scale.rounds,
            warm_up=not scale.quick,
        )
    return Findings(_rows(f"{size_bytes // MB} MB frame out", samples), samples)


def stream(process: WarmProcess, size_bytes: int) -> None:
    """Make a warm process send this many bytes."""
    expect(len(process.run(f"body = bytes({size_bytes})")[2]) == size_bytes)


def _rows(what: str, samples: dict[str, list[float]]) -> list[Row]:
    more = [out - without for out, without in zip(samples[OUT], samples[WITHOUT], strict=True)]
    ours_s = statistics.median(more)
    return [
        Row(
            f"{what}: encoded, sent, decoded",
            seconds(ours_s),
            f"{seconds(statistics.median(samples[name]))} {name}",
            f"{statistics.median(a / b for a, b in zip(more, samples[name], strict=True)):.3g} ×",
        )
        for name in (STREAMED, "memcpy")
    ]
