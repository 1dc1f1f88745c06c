"""Fuzzes the decoder for a limited time: ``python -m tests.security.fuzzing --seconds 300``.

With atheris (Linux) it is guided by the code that each input reaches. Without it, Hypothesis'
long profile generates the inputs. What it finds is written to ``tests/security/found/``, where
``test_found.py`` keeps it as a case.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
FOUND = HERE / "found"
CORPUS = Path(".hypothesis", "corpus")
MEMORY_MB = 2048
SLOWEST_S = 10


def main() -> int:
    """Fuzz until the time is over; return 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--guided", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.guided:
        fuzz_guided(options.seconds)
    try:
        import atheris  # noqa: F401
    except ImportError:
        print("atheris is not installed: using Hypothesis' long profile")
        return generate(options.seconds)
    before = set(FOUND.glob("*"))
    fill_corpus()
    # libFuzzer ends its process, so it gets one of its own.
    command = [sys.executable, "-m", "tests.security.fuzzing", "--guided"]
    done = subprocess.run([*command, "--seconds", str(options.seconds)], check=False)
    new = sorted(set(FOUND.glob("*")) - before)
    print("\n".join(f"found: {path}" for path in new) or "nothing was found")
    return 1 if new or done.returncode else 0


def fuzz_guided(seconds: int) -> None:
    """Run atheris in this process, which it ends."""
    import atheris

    with atheris.instrument_imports(include=["sandbox.results", "sandbox.runner.shared"]):
        from tests.security import decoding

    FOUND.mkdir(exist_ok=True)
    flags = [
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-timeout={SLOWEST_S}",
        f"-artifact_prefix={FOUND}/",
        "-max_len=4096",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *flags, str(CORPUS)], decoding.decode_any)
    atheris.Fuzz()


def generate(seconds: int) -> int:
    """Repeat the generated tests with new inputs until the time is over."""
    deadline = time.monotonic() + seconds
    environ = {**os.environ, "CODEGEN_TEST_PROFILE": "long"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", str(HERE / "test_generated.py")]
    while (left_s := deadline - time.monotonic()) > 0:
        try:
            done = subprocess.run(command, env=environ, timeout=left_s, check=False)
        except subprocess.TimeoutExpired:
            break
        if done.returncode:
            return 1
    return 0


def fill_corpus() -> None:
    """Write the inputs to start from: real payloads, and those made by hand."""
    CORPUS.mkdir(parents=True, exist_ok=True)
    for data in starting_points():
        (CORPUS / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def starting_points() -> Iterator[bytes]:
    """Yield a payload of each kind of value, and each hostile one."""
    from sandbox.errors import SandboxError
    from sandbox.runner.encode import encode_value
    from sandbox.runner.encoding.writer import NotEncodableError
    from tests.sandbox.value_kinds import KINDS
    from tests.security.hazards import PAYLOADS

    yield from PAYLOADS.values()
    for _, make in KINDS:
        try:
            data = b"".join(encode_value(make()))
        except (NotEncodableError, SandboxError):
            continue
        if len(data) < 4096:
            yield data


if __name__ == "__main__":
    sys.exit(main())
