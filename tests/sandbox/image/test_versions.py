"""This host's libraries beside those of an image."""

from __future__ import annotations

import contextlib
import importlib.metadata

import pytest

from sandbox.engine.connection import connect
from sandbox.image import image_packages, image_tag
from sandbox.image.fitter import Comparison, Difference, MissingLibrary

NUMPY = importlib.metadata.version("numpy")
PANDAS = importlib.metadata.version("pandas")


def test_missing_libraries_are_listed_by_variable() -> None:
    image = Comparison({"numpy": NUMPY})
    given = {"m": frozenset({"_pytest", "json", "__main__", "numpy", "nowhere_at_all"})}
    assert image.missing(given) == [MissingLibrary("m", "_pytest", "pytest")]
    assert Comparison({}).missing(given) == []


def test_versions_are_compared_by_distribution() -> None:
    image = Comparison({"numpy": NUMPY, "pandas": "1.5.0", "scikit-learn": "0.1", "nobody": "1"})
    needed = {"frame": frozenset({"numpy", "pandas"})}
    assert image.differences(needed) == [Difference("pandas", PANDAS, "1.5.0")]
    assert {found.distribution for found in image.differences()} == {"pandas", "scikit-learn"}


@pytest.mark.parametrize(
    ("here", "inside", "matters"),
    [("3.1.1", "3.1.0", False), ("3.1.1", "3.0.9", True), ("2.0", "3.0", True), ("3", "3", False)],
)
def test_major_and_minor_matter(here: str, inside: str, matters: bool) -> None:
    assert Difference("x", here, inside).matters is matters


@pytest.mark.docker
def test_this_hosts_libraries_have_the_images_versions() -> None:
    with contextlib.closing(connect()) as client:
        assert Comparison(image_packages(client, image_tag())).differences() == []
