"""Prints what takes up space in the runner image: ``python -m tests.benchmarks.image_size``."""

from __future__ import annotations

import contextlib

from sandbox.engine.connection import connect
from sandbox.image import image_tag
from sandbox.image.spec import image_spec

LIBRARIES = f"/opt/venv/lib/python{image_spec().python}/site-packages"
FONTS = "/usr/share/fonts/codegen-agent"
LEAST_KB = 100


def main() -> None:
    """Print each library's folder, and the fonts, largest first."""
    with contextlib.closing(connect()) as client:
        command = ["du", "--block-size=1000", "--max-depth=1", LIBRARIES, FONTS]
        tag = image_tag()
        output = client.containers.run(tag, entrypoint=command, network_mode="none", remove=True)
        print(f"{client.images.get(tag).attrs['Size'] / 1e6:8.1f} MB  {tag}")
    rows = [line.split("\t") for line in output.decode().splitlines()]
    for kilobytes, folder in sorted(rows, key=lambda row: -int(row[0])):
        if int(kilobytes) >= LEAST_KB:
            print(f"{int(kilobytes) / 1e3:8.1f} MB  {folder.removeprefix(f'{LIBRARIES}/')}")


if __name__ == "__main__":
    main()
