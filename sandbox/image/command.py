"""The command line of :mod:`sandbox.image`."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from typing import TYPE_CHECKING

from sandbox.errors import SandboxUnavailableError
from sandbox.image.building import build_image
from sandbox.image.inventory import image_exists, image_packages, old_images, remove_images
from sandbox.image.spec import image_tag

if TYPE_CHECKING:
    import docker

UNAVAILABLE = 3


def run(arguments: list[str]) -> int:
    """Do what the arguments say; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.image", description=__doc__)
    parser.add_argument("action", choices=("build", "check", "gc", "tag", "packages"))
    parser.add_argument("--force", action="store_true", help="build anew what is there already")
    parser.add_argument(
        "--install-missing",
        action="store_true",
        help="as root on Debian or Ubuntu, install what making a base image takes",
    )
    options = parser.parse_args(arguments)
    try:
        return _act(options)
    except SandboxUnavailableError as error:
        print(f"error: {error}", file=sys.stderr)
        return UNAVAILABLE
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130


def _act(options: argparse.Namespace) -> int:
    tag = image_tag()
    if options.action == "tag":
        print(tag)
        return 0
    from sandbox.engine import connect

    with contextlib.closing(connect()) as client:
        if options.action == "check":
            return 0 if image_exists(client, tag) else 1
        if options.action == "packages":
            for name, version in image_packages(client, tag).items():
                print(f"{name}=={version}")
        elif options.action == "gc":
            for removed in remove_images(client, old_images(client)):
                print(f"removed {removed}")
        else:
            _build(client, options)
    return 0


def _build(client: docker.DockerClient, options: argparse.Namespace) -> None:
    started = time.monotonic()
    tag = build_image(
        client,
        progress=lambda line: print(f"  {line}", flush=True),
        force=options.force,
        install_missing=options.install_missing,
    )
    print(f"runner image {tag} ({time.monotonic() - started:.1f} s)")
