"""moto's S3 server, in an environment of its own: its dependencies exclude ours."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

from sandbox.cache_folder import cache_folder
from sandbox.file_lock import file_lock
from tests.postgres_server import free_port

__all__ = ["S3Server", "program", "running_s3"]

START_S = 120


class S3Server:
    """A server that is running at ``url``."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def environ(self) -> Mapping[str, str]:
        """What leads a client to it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "not-a-real-id",
            "AWS_SECRET_ACCESS_KEY": "not-a-real-key",
            "AWS_REGION": "us-east-1",
        }

    def bucket(self) -> str:
        """Create a bucket and return its name."""
        name = f"bucket-{uuid.uuid4().hex[:12]}"
        httpx.put(f"{self.url}/{name}").raise_for_status()
        return name


def program() -> Path | None:
    """Return the server's program, installing it where it is missing; None: that failed."""
    folder = cache_folder() / "moto"
    found = folder / "bin" / "moto_server"
    with file_lock(cache_folder() / "moto.lock"):
        if not found.exists():
            python = folder / "bin" / "python"
            commands = (
                ["-m", "uv", "venv", "--quiet", "--clear", str(folder)],
                ["-m", "uv", "pip", "install", "-q", "--python", str(python), "moto[server]>=5,<6"],
            )
            for command in commands:
                done = subprocess.run([sys.executable, *command], capture_output=True, check=False)
                if done.returncode:
                    return None
    return found


@contextlib.contextmanager
def running_s3(moto: Path) -> Iterator[S3Server]:
    """Start a server, and end it afterwards."""
    server = S3Server(f"http://127.0.0.1:{free_port()}")
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    process = subprocess.Popen(
        [moto, "-H", host, "-p", port],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"]},
    )
    try:
        deadline = time.monotonic() + START_S
        while True:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(server.url)
                break
            assert process.poll() is None
            assert time.monotonic() < deadline, "moto's server accepts no connections"
            time.sleep(0.1)
        yield server
    finally:
        process.kill()
        process.wait()
