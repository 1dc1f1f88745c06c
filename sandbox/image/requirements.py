"""The libraries in the runner image, their versions, and the modules they provide.

Values go from host to container as pickles, so a library that both have must have the
host's version. For other libraries, and for those that no value is made of, the pins shipped
here are used: what else is installed on the host asks for no other image.
"""

from __future__ import annotations

import importlib.metadata
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

PINS_FILE = Path(__file__).with_name("runner-requirements.txt")
_PIN = re.compile(r"([A-Za-z0-9._-]+)==(\S+)\s*(?:#\s*(via|inner|fonts)\b.*)?")


@dataclass(frozen=True, slots=True)
class Pin:
    """One library and its version.

    ``direct``: the image is meant to provide it; ``host``: the version is the host's.
    ``fonts``: only its font files are used; ``inner``: no variable is made of it.
    """

    name: str
    version: str
    direct: bool = True
    host: bool = False
    fonts: bool = False
    inner: bool = False

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def normalize(name: str) -> str:
    """Normalize a distribution's name as package indexes do (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def host_version(name: str) -> str | None:
    """Return the version installed here without its local part, or None."""
    try:
        return importlib.metadata.version(name).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None


def parse_pins(text: str) -> tuple[Pin, ...]:
    """Read ``name==version`` lines; one with ``# via``, ``# inner`` or ``# fonts`` is not direct.

    Raises:
        ValueError: a line is not a pin.
    """
    pins = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _PIN.fullmatch(line.strip())
        if match is None:
            raise ValueError(f"expected 'name==version', not {line!r}")
        kind = match[3]
        kinds = {"fonts": kind == "fonts", "inner": kind == "inner"}
        pins.append(Pin(normalize(match[1]), match[2], direct=not kind, **kinds))
    return tuple(sorted(pins, key=lambda pin: pin.name))


def resolve_pins(
    defaults: tuple[Pin, ...], installed: Callable[[str], str | None] = host_version
) -> tuple[Pin, ...]:
    """Replace each pin's version by the host's, if ``installed`` returns one.

    Not that of fonts, nor of a library that no variable is made of.
    """
    versions = [None if pin.fonts or pin.inner else installed(pin.name) for pin in defaults]
    return tuple(
        pin if version is None else replace(pin, version=version, host=True)
        for pin, version in zip(defaults, versions, strict=True)
    )


def shipped_pins() -> tuple[Pin, ...]:
    """Read the versions that come with this package."""
    return parse_pins(PINS_FILE.read_text(encoding="utf-8"))


def requirements_text(pins: tuple[Pin, ...]) -> str:
    """Write what to download as a requirements file: the direct libraries and the fonts."""
    return "".join(f"{pin}\n" for pin in pins if pin.direct or pin.fonts)


def relaxed(pins: tuple[Pin, ...]) -> tuple[str, str]:
    """Return requirements and constraints that pin only the host's versions.

    For a host whose versions conflict with the shipped pins.
    """
    needed = [pin for pin in pins if pin.direct or pin.fonts]
    wanted = "".join(f"{pin if pin.host or pin.fonts else pin.name}\n" for pin in needed)
    return wanted, "".join(f"{pin}\n" for pin in pins if pin.host)


def strict(pins: tuple[Pin, ...]) -> tuple[str, str]:
    """Return requirements and constraints that pin every library."""
    return requirements_text(pins), "".join(f"{pin}\n" for pin in pins)


OTHER_NAMES = {
    "attr": "attrs",
    "Bio": "biopython",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "git": "gitpython",
    "mpl_toolkits": "matplotlib",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
    "yaml": "pyyaml",
}
"""Top-level module → the distribution that provides it, where the names differ."""


def distribution_names(module: str) -> tuple[str, ...]:
    """List the distributions that may provide a module, going by its name, likeliest first.

    ``module`` may be dotted: ``google-cloud-storage`` provides ``google.cloud.storage``.
    """
    top, *inner = module.split(".")
    dotted = [normalize("-".join([top, *inner[:count]])) for count in range(len(inner), -1, -1)]
    known = [OTHER_NAMES[top]] if top in OTHER_NAMES else []
    return tuple(dict.fromkeys([*known, *dotted, f"python-{normalize(top)}"]))


def wheel_modules(wheel: Path) -> frozenset[str]:
    """List the top-level modules and packages in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        paths = [name.split("/") for name in archive.namelist()]
    found = set()
    for parts in paths:
        inner = parts[2:] if _is_library_data(parts) else parts
        if not inner or inner[0].endswith((".data", ".dist-info")):
            continue
        if len(inner) > 1 or inner[0].endswith((".py", ".so")):
            found.add(inner[0].partition(".")[0])
    return frozenset(name for name in found if name.isidentifier())


def _is_library_data(parts: list[str]) -> bool:
    return parts[0].endswith(".data") and parts[1:2] in (["purelib"], ["platlib"])
