"""Which distribution a module comes from: their names often differ."""

from __future__ import annotations

import zipfile
from pathlib import Path

from sandbox.image.requirements import normalize

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
    """List the distributions a module may come from by its name, likeliest first.

    ``module`` may be dotted: ``google.cloud.storage`` is of ``google-cloud-storage``.
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
