"""The versions of the libraries in the image."""

from __future__ import annotations

import importlib.metadata
import re

import pytest

from sandbox.image.requirements import (
    PINS_FILE,
    Pin,
    host_version,
    parse_pins,
    relaxed,
    requirements_text,
    resolve_pins,
    strict,
)

SHIPPED = parse_pins(PINS_FILE.read_text())
PROMISED = (
    "cloudpickle matplotlib numpy openpyxl pandas plotly polars pyarrow scikit-learn scipy seaborn"
    " statsmodels"
)


def test_the_shipped_pins_contain_the_promised_libraries() -> None:
    assert set(PROMISED.split()) <= {pin.name for pin in SHIPPED if pin.direct}


def test_the_shipped_pins_are_those_of_the_tested_environment() -> None:
    lock = (PINS_FILE.parents[2] / "requirements.lock").read_text()
    constraints = dict(re.findall(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE))
    differing = {
        pin.name: (pin.version, constraints[pin.name])
        for pin in SHIPPED
        if pin.name in constraints and constraints[pin.name] != pin.version
    }
    assert not differing


def test_a_via_comment_marks_an_indirect_library() -> None:
    pins = parse_pins("# said\n\nPandas==3.1\net_xmlfile==2.0  # via openpyxl\n")
    assert pins == (Pin("et-xmlfile", "2.0", direct=False), Pin("pandas", "3.1"))
    assert requirements_text(pins) == "pandas==3.1\n"


def test_fonts_are_downloaded_but_are_no_library() -> None:
    pins = parse_pins("some-fonts==1.0  # fonts\nicons==2\n")
    fonts = Pin("some-fonts", "1.0", direct=False, fonts=True)
    assert pins == (Pin("icons", "2"), fonts)
    assert resolve_pins(pins, lambda name: "9") == (Pin("icons", "9", host=True), fonts)
    assert strict(pins) == ("icons==2\nsome-fonts==1.0\n", "icons==2\nsome-fonts==1.0\n")
    assert relaxed(pins) == ("icons\nsome-fonts==1.0\n", "")


def test_what_no_value_is_made_of_keeps_its_version_here() -> None:
    pins = parse_pins("bs4==4\nsoupsieve==2  # inner, via bs4\nnew==1  # via bs4\n")
    assert pins[2] == Pin("soupsieve", "2", direct=False, inner=True)
    host = {"soupsieve": "4", "new": "2", "jupyterlab": "4"}
    assert list(map(str, resolve_pins(pins, host.get))) == ["bs4==4", "new==2", "soupsieve==2"]
    # Where the host's versions conflict with it, it may have another one.
    assert relaxed(resolve_pins(pins, host.get)) == ("bs4\n", "new==2\n")


def test_a_range_is_not_a_pin() -> None:
    with pytest.raises(ValueError, match="expected 'name==version', not 'pandas>=3'"):
        parse_pins("pandas>=3")


def test_the_hosts_versions_replace_the_shipped_ones() -> None:
    pins = resolve_pins((Pin("a", "1"), Pin("b", "1")), {"a": "7"}.get)
    assert pins == (Pin("a", "7", host=True), Pin("b", "1"))
    assert relaxed(pins) == ("a==7\nb\n", "a==7\n")
    assert strict(pins) == ("a==7\nb==1\n", "a==7\nb==1\n")


def test_the_hosts_versions_are_the_installed_ones() -> None:
    assert host_version("cloudpickle") == importlib.metadata.version("cloudpickle")
    assert host_version("no-such-distribution-at-all") is None
