"""``%load_ext graph_agent``: registers the magics, and takes them back."""

from __future__ import annotations

import re
from typing import Any

from graph_agent.notebook.completion import completions
from graph_agent.notebook.messages import CodegenError, in_one_line
from graph_agent.notebook.options import ANSWER_OPTIONS, read_cell, read_line, read_options

_ATTRIBUTE = "_codegen_extension"
_QUESTION = re.compile(r"^(\s*)%(codegen|codegen_reject)[ \t]+(\S.*\?)[ \t]*$", re.MULTILINE)


class Magics:
    """The magics of one shell. The agent itself is imported when it is first asked."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._loaded: Any = None
        self.matcher: Any = None
        self.kinds = {
            "codegen": ("line_cell", self.codegen),
            "codegen_accept": ("line", self.codegen_accept),
            "codegen_undo": ("line", self.codegen_undo),
            "codegen_approve": ("cell", self.codegen_approve),
            "codegen_reject": ("line", self.codegen_reject),
            "codegen_resume": ("line", self.codegen_resume),
        }

    @property
    def _session(self) -> Any:
        if self._loaded is None:
            from graph_agent.notebook.session import Session

            self._loaded = Session(self._shell)
        return self._loaded

    @in_one_line
    def codegen(self, line: str, cell: str | None = None) -> None:
        """Answer a request about this notebook's variables, in a sandbox.

        %%codegen [VARIABLE…] [--returns NAMES] [--checks FILE|NAME] [--model NAME|VARIABLE]
        [--privacy LEVEL] [--approve] [--max-attempts N] [--candidates N] [--accept] [--new]

        The cell's body, or what follows %codegen, is the request in plain words. Nothing in the
        notebook changes until %codegen_accept.
        """
        asked = read_line(line) if cell is None else read_cell(line, cell)
        self._session.ask(asked)

    @in_one_line
    def codegen_accept(self, line: str) -> None:
        """Put the waiting values, or those with these names, into the notebook."""
        self._session.accept(line.replace(",", " ").split())

    @in_one_line
    def codegen_undo(self, line: str) -> None:
        """Restore what the last %codegen_accept replaced, and remove what was new."""
        if line.strip():
            raise CodegenError("%codegen_undo takes no names: it undoes the last accept")
        self._session.undo()

    @in_one_line
    def codegen_approve(self, line: str, cell: str) -> None:
        """Run the code of this cell, as the person who reads it left it."""
        thread, model = _thread_and_model(line, "%%codegen_approve")
        if thread is None:
            raise CodegenError("%%codegen_approve takes the run's thread, as its cell had it")
        self._session.approve(thread, model, cell)

    @in_one_line
    def codegen_reject(self, line: str) -> None:
        """Reject the code that waits for approval: %codegen_reject what the model should know."""
        given, words = read_options(line, ANSWER_OPTIONS)
        self._session.reject(words, given.get("--thread"), given.get("--model"))

    @in_one_line
    def codegen_resume(self, line: str) -> None:
        """Continue a run that was interrupted: %codegen_resume [THREAD] [--model NAME].

        Without a thread: the last run that was interrupted here.
        """
        self._session.resume(*_thread_and_model(line, "%codegen_resume"))

    def complete(self, context: Any) -> dict[str, Any]:
        """Complete the line of a magic, for IPython's completer."""
        from IPython.core.completer import (  # type: ignore[import-not-found,unused-ignore]
            SimpleCompletion,
        )

        from graph_agent.notebook.names import own_variables

        space = self._shell.user_ns
        own = own_variables(space, self._shell.user_ns_hidden)
        waiting = self._loaded.acceptance.waiting if self._loaded else None
        names = () if waiting is None else waiting.variables
        found = completions(context.text_until_cursor, own, space, names)
        texts = [SimpleCompletion(text=text) for text in found or ()]
        return {"completions": texts, "suppress": found is not None}


def load_ipython_extension(shell: Any) -> None:
    """Register the magics; called by ``%load_ext graph_agent``."""
    from IPython.core.completer import (  # type: ignore[import-not-found,unused-ignore]
        context_matcher,
    )
    from IPython.core.magic import (  # type: ignore[import-not-found,unused-ignore]
        no_var_expand,
    )

    unload_ipython_extension(shell)
    magics = Magics(shell)
    for name, (kind, function) in magics.kinds.items():
        # Without this, IPython would replace $name and {name} in a request.
        no_var_expand(function.__func__)  # type: ignore[attr-defined]  # a bound method
        shell.register_magic_function(function, magic_kind=kind, magic_name=name)

    @context_matcher(identifier="codegen")  # type: ignore[untyped-decorator,unused-ignore]
    def matcher(context: Any) -> dict[str, Any]:
        return magics.complete(context)

    magics.matcher = matcher
    shell.Completer.custom_matchers.append(magics.matcher)
    shell.input_transformers_cleanup.append(keep_question_mark)
    setattr(shell, _ATTRIBUTE, magics)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics back; called by ``%unload_ext graph_agent``."""
    magics = getattr(shell, _ATTRIBUTE, None)
    if magics is None:
        return
    for name in magics.kinds:
        for kind in ("line", "cell"):
            shell.magics_manager.magics[kind].pop(name, None)
    shell.Completer.custom_matchers.remove(magics.matcher)
    shell.input_transformers_cleanup.remove(keep_question_mark)
    delattr(shell, _ATTRIBUTE)


def keep_question_mark(lines: list[str]) -> list[str]:
    """Make a line such as ``%codegen How many rows?`` a call.

    IPython takes a question mark at a line's end for a question about its last word.
    """
    if lines and lines[0].startswith("%%"):
        return lines
    return [_QUESTION.sub(_as_call, line) for line in lines]


def _as_call(line: re.Match[str]) -> str:
    return f"{line[1]}get_ipython().run_line_magic({line[2]!r}, {line[3]!r})"


def _thread_and_model(line: str, magic: str) -> tuple[str | None, str | None]:
    known = {"--model": ANSWER_OPTIONS["--model"]}
    before, rest = read_options(line, known)
    thread, _, after = rest.partition(" ")
    given, rest = read_options(after, known)
    if rest:
        raise CodegenError(f"{magic} takes the run's thread: {magic} THREAD [--model NAME]")
    return thread or None, {**before, **given}.get("--model")
