"""README and docs: links lead somewhere, examples parse, commands and options exist."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from graph_agent.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
OURS = {"graph_agent", "nodes", "sandbox"}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )


def commands() -> Iterator[tuple[Path, list[str]]]:
    for page in PAGES:
        text = "\n".join(blocks(page, "bash"))
        # In a table a bar is escaped; an ellipsis stands for whatever comes there.
        inline = re.findall(r"`(codegen-agent [^`]+)`", page.read_text("utf-8"))
        for line in [*text.splitlines(), *inline]:
            words = shlex.split(line.replace("\\|", "|"), comments=True)
            while words and "=" in words[0]:
                words = words[1:]
            if words[:1] == ["codegen-agent"]:
                yield page, words[1:]


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        found = page.parent / name if name else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples_parse_and_import_what_exists(page: Path) -> None:
    for example in blocks(page, "python"):
        tree = compile(
            example, page.name, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        )
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] in OURS:
                module = importlib.import_module(str(node.module))
                assert all(hasattr(module, name.name) for name in node.names), ast.unparse(node)


def test_commands_and_options_exist() -> None:
    seen = 0
    for page, given in commands():
        command: Any = typer.main.get_command(app)
        words = list(given)
        while hasattr(command, "commands") and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        if words and hasattr(command, "default"):
            command = command.commands[command.default]
        where = f"{page.name}: {' '.join(given)}"
        assert not hasattr(command, "commands") or not words or words[0].startswith("-"), where
        options = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= {*options, "--help", "--install-completion"}, where
        seen += 1
    assert seen > 20


def test_the_site_builds(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--quiet",
        "--site-dir",
        str(tmp_path / "site"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site/reference/index.html").read_text("utf-8")
    assert "request_text" in page
    assert "https://fonts." not in page
