"""Which libraries go into the runner image, and in which versions.

Values cross from host to container by pickle, so a library both have must be of
one version: the host's. What the host lacks comes from the pins shipped here.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PINS_FILE = Path(__file__).with_name("runner-requirements.txt")
_PIN = re.compile(r"([A-Za-z0-9._-]+)==(\S+)\s*(#\s*via\b.*)?")


@dataclass(frozen=True, slots=True)
class Pin:
    """One library and its version.

    ``direct``: the image promises it; ``host``: the version is the host's.
    """

    name: str
    version: str
    direct: bool = True
    host: bool = False

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def normalize(name: str) -> str:
    """Spell a distribution's name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def host_version(name: str) -> str | None:
    """Return the version installed here without its local part, or None."""
    try:
        return importlib.metadata.version(name).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None


def parse_pins(text: str) -> tuple[Pin, ...]:
    """Read ``name==version`` lines; one with a ``# via`` comment is not direct.

    Raises:
        ValueError: a line is no pin.
    """
    pins = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _PIN.fullmatch(line.strip())
        if match is None:
            raise ValueError(f"expected 'name==version', not {line!r}")
        pins.append(Pin(normalize(match[1]), match[2], direct=match[3] is None))
    return tuple(sorted(pins, key=lambda pin: pin.name))


def resolve_pins(
    defaults: tuple[Pin, ...], installed: Callable[[str], str | None] = host_version
) -> tuple[Pin, ...]:
    """Give each default pin the host's version where ``installed`` knows one."""
    resolved = []
    for pin in defaults:
        version = installed(pin.name)
        resolved.append(pin if version is None else Pin(pin.name, version, pin.direct, host=True))
    return tuple(resolved)


def requirements_text(pins: tuple[Pin, ...]) -> str:
    """Write the direct libraries as a requirements file."""
    return "".join(f"{pin}\n" for pin in pins if pin.direct)


def relaxed(pins: tuple[Pin, ...]) -> tuple[str, str]:
    """Return requirements and constraints that hold to the host's versions alone.

    For a host whose versions do not go together with the shipped pins.
    """
    wanted = "".join(f"{pin if pin.host else pin.name}\n" for pin in pins if pin.direct)
    return wanted, "".join(f"{pin}\n" for pin in pins if pin.host)


def strict(pins: tuple[Pin, ...]) -> tuple[str, str]:
    """Return requirements and constraints that pin every library."""
    return requirements_text(pins), "".join(f"{pin}\n" for pin in pins)
