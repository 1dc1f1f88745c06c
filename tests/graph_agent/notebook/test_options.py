"""What is read from the line of a magic."""

from __future__ import annotations

import pytest

from graph_agent.notebook.messages import CodegenError
from graph_agent.notebook.options import Asked, read_cell, read_line


def test_variables_and_options_in_any_order() -> None:
    asked = read_cell('tips, --returns "a, b" other --model=m --accept', " Go \n on ")
    assert asked == Asked(
        "Go \n on", ["tips", "other"], {"--returns": "a, b", "--model": "m", "--accept": ""}
    )
    assert (asked.has("--accept"), asked.has("--new")) == (True, False)
    assert (asked.get("--model"), asked.get("--checks")) == ("m", None)


@pytest.mark.parametrize(
    ("line", "request_text", "names"),
    [
        ("what's the mean of tips?", "what's the mean of tips?", []),
        ("--new how many, $x {y}", "how many, $x {y}", []),
        ('"how many"', "how many", []),
        ("tips other 'how many'", "how many", ["tips", "other"]),
        ("count 'a' and 'b' now", "count 'a' and 'b' now", []),
    ],
)
def test_a_line_is_options_and_the_request(line: str, request_text: str, names: list[str]) -> None:
    asked = read_line(line)
    assert (asked.request, asked.names) == (request_text, names)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--modle x", "did you mean '--model'?"),
        ("--nonsense x", "there are --returns"),
        ("--model", "takes a value: --model NAME|VARIABLE"),
        ("--model --accept", "takes a value"),
        ("--accept=yes", "takes no value"),
        ("--new --new", "given twice"),
        ("--", "no option --"),
    ],
)
def test_bad_options_are_named(line: str, said: str) -> None:
    with pytest.raises(CodegenError, match=said.replace("?", r"\?").replace("|", r"\|")):
        read_cell(line, "Go")


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", "9999999"])
def test_a_number_is_checked(text: str) -> None:
    asked = Asked("Go", [], {"--candidates": text})
    with pytest.raises(CodegenError, match="takes a number"):
        asked.number("--candidates")
    assert Asked("Go", [], {"--candidates": "5"}).number("--candidates") == 5


def test_nothing_to_ask() -> None:
    with pytest.raises(CodegenError, match="cell is empty"):
        read_cell("tips", "  \n")
    with pytest.raises(CodegenError, match="line is empty"):
        read_line("--new")
