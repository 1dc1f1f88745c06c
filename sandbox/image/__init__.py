"""The runner image: its name, whether it exists, building it, and removing old ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.image.building import build_image
    from sandbox.image.inventory import (
        image_exists,
        image_packages,
        old_images,
        remove_images,
        require_image,
    )
    from sandbox.image.spec import image_tag

__all__ = [
    "build_image",
    "image_exists",
    "image_packages",
    "image_tag",
    "old_images",
    "remove_images",
    "require_image",
]

_LAZY = {"build_image": "building", "image_tag": "spec"}


def __getattr__(name: str) -> Any:
    """Import public names when they are first used: a tag alone needs few of these modules."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"sandbox.image.{_LAZY.get(name, 'inventory')}"), name)
