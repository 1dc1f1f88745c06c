"""The same image without this project: a container for each run, or one warm process."""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
from collections.abc import Iterator
from typing import IO

from sandbox import SandboxPolicy
from sandbox.engine.connection import connect
from sandbox.engine.facts import engine_facts

PYTHON = "/opt/venv/bin/python"
IMPORTS = "import cloudpickle, numpy, pandas, pyarrow, matplotlib.pyplot, seaborn\n"
"""What our prepared containers import."""
FONT_CACHE = """\
import os, shutil
shutil.copytree("/opt/matplotlib-cache", "/tmp/.matplotlib")
os.environ["MPLCONFIGDIR"] = "/tmp/.matplotlib"
"""
"""Copies the image's font list to a writable folder; otherwise matplotlib rebuilds it each time."""
SERVER = f"""\
{FONT_CACHE}{IMPORTS}
import contextlib, io, json, sys, struct
def serve():
    for line in sys.stdin:
        printed, namespace = io.StringIO(), {{"__name__": "__main__"}}
        with contextlib.redirect_stdout(printed):
            exec(compile(json.loads(line), "code.py", "exec"), namespace)
        body = namespace.get("body", b"")
        head = json.dumps([printed.getvalue(), namespace.get("returned")]).encode()
        sys.stdout.buffer.write(struct.pack("<QQ", len(head), len(body)) + head)
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
serve()
"""


def engine_cores() -> float:
    """Return the engine's number of cores."""
    with contextlib.closing(connect()) as client:
        return float(engine_facts(client).ncpu)


def docker_run(image: str, policy: SandboxPolicy, cores: float, *options: str) -> list[str]:
    """Make the command that starts the image's Python, hardened like our containers."""
    memory = str(policy.memory_bytes)
    limits = f"{policy.max_file_bytes}:{policy.max_file_bytes}"
    return [
        *("docker", "run", "--rm", "--network=none", "--read-only", "--cap-drop=ALL"),
        *("--security-opt=no-new-privileges:true", "--user=1000:1000", "--ipc=private"),
        *(f"--memory={memory}", f"--memory-swap={memory}", f"--pids-limit={policy.pids}"),
        *(f"--cpus={min(policy.cpus, cores):g}", f"--shm-size={policy.scratch_bytes}"),
        f"--tmpfs=/tmp:size={policy.scratch_bytes},mode=1777,nosuid,nodev,noexec",
        *("--ulimit=core=0:0", f"--ulimit=fsize={limits}", "--ulimit=nofile=1024:1024"),
        *("--log-driver=none", "--workdir=/tmp", *options, f"--entrypoint={PYTHON}", image),
    ]


def run_cold(command: list[str], code: str) -> str:
    """Run code in a new container, wait until it is removed, and return its output."""
    done = subprocess.run(
        [*command, "-c", FONT_CACHE + code], capture_output=True, text=True, check=True
    )
    return done.stdout


class WarmProcess:
    """A process in a container that has done its imports and runs one program after another."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers

    def run(self, code: str) -> tuple[str, object, bytes]:
        """Run code; return its output and its variables ``returned`` and ``body``."""
        self._requests.write(json.dumps(code).encode() + b"\n")
        self._requests.flush()
        head_bytes, body_bytes = struct.unpack("<QQ", self._answers.read(16))
        printed, returned = json.loads(self._answers.read(head_bytes))
        return printed, returned, self._answers.read(body_bytes)


@contextlib.contextmanager
def warm_process(command: list[str]) -> Iterator[WarmProcess]:
    """Keep one container running, connected through the Docker CLI (``--interactive``)."""
    with subprocess.Popen(
        [*command, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        warm = WarmProcess(process.stdin, process.stdout)
        warm.run("")  # waits for the imports
        yield warm
        process.stdin.close()
