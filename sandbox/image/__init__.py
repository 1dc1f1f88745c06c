"""The runner image: what it is called, whether it is there, building it, old ones.

``python -m sandbox.image build`` builds it; ``tag``, ``check``, ``packages`` and ``gc`` are
the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.image.building import build_image, default_cache_folder
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
    "default_cache_folder",
    "image_exists",
    "image_packages",
    "image_tag",
    "old_images",
    "remove_images",
    "require_image",
]

_ROOMS = {"build_image": "building", "default_cache_folder": "building", "image_tag": "spec"}


def __getattr__(name: str) -> Any:
    """Import public names when they are first used: a tag alone needs little of this."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"sandbox.image.{_ROOMS.get(name, 'inventory')}"), name)
