"""Our images on the real engine: whether they exist, what they contain, removing them."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import ImageMissingError
from sandbox.engine.connection import connect
from sandbox.image.building import build_image
from sandbox.image.inventory import (
    image_exists,
    image_id,
    image_packages,
    image_python,
    old_images,
    remove_images,
    require_image,
)
from sandbox.image.spec import ImageSpec, image_spec, image_tag

pytestmark = pytest.mark.docker
NEVER = "codegen-agent-runner:never-built"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """The real engine."""
    with contextlib.closing(connect()) as client:
        yield client


@pytest.fixture
def image() -> str:
    """The runner image of this version."""
    return image_tag()


@pytest.fixture
def spec(client: Any, tmp_path: Path) -> Iterator[ImageSpec]:
    """An image with a tiny program on the real libraries."""
    (tmp_path / "__main__.py").write_text(f"# {uuid.uuid4()}\n")
    spec = image_spec(runner_folder=tmp_path)
    build_image(client, spec=spec)
    yield spec
    remove_images(client, [spec.tag])


def test_a_missing_image(client: Any) -> None:
    assert not image_exists(client, NEVER)
    with pytest.raises(ImageMissingError, match="codegen-agent sandbox build"):
        require_image(client, NEVER)
    with pytest.raises(ImageMissingError, match=NEVER):
        image_packages(client, NEVER)


def test_the_labels_describe_the_content(client: Any, image: str) -> None:
    require_image(client, image)
    assert image_python(client, image) == "{}.{}".format(*sys.version_info)
    assert image_id(client, image).startswith("sha256:")
    script = (
        "import importlib.metadata as m, json;"
        "print(json.dumps({d.name: d.version for d in m.distributions()}))"
    )
    output = client.containers.run(
        image, entrypoint=["python3", "-c", script], network_mode="none", remove=True
    )
    installed = {
        name.lower().replace("_", "-"): version for name, version in json.loads(output).items()
    }
    assert installed == image_packages(client, image)
    assert installed["cloudpickle"] == importlib.metadata.version("cloudpickle")


def test_old_images_are_found_and_removed(client: Any, spec: ImageSpec, image: str) -> None:
    assert spec.tag in old_images(client)
    assert image not in old_images(client)
    assert spec.tag not in old_images(client, spec)
    assert remove_images(client, [spec.tag, NEVER]) == [spec.tag]
    assert not image_exists(client, spec.tag)
    assert image_exists(client, image)


def test_an_image_in_use_stays(client: Any, spec: ImageSpec) -> None:
    container = client.containers.create(spec.tag)
    try:
        assert remove_images(client, [spec.tag]) == []
    finally:
        container.remove()
