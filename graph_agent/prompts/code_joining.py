"""Makes one program of an answer's blocks: steps are joined, of versions the last one counts."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from graph_agent.prompts.answer_blocks import Block
from graph_agent.prompts.code_cleaning import Cleaned, is_program, is_word, tree_of

__all__ = ["joined_blocks"]

_BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "display"}

_COMMON = frozenset({"fig", "ax", "axes", "axs", "g", "_"})
_USUAL = frozenset({"np", "pd", "plt", "sns"})


def _is_value(text: str) -> bool:
    tree = tree_of(text)
    return tree is not None and all(map(is_word, tree.body))


@dataclass
class _Piece:
    """A block that parses: what it binds at its top level, and what it needs from others."""

    code: str
    notes: list[str] = field(default_factory=list)

    @cached_property
    def tree(self) -> ast.Module:
        return tree_of(self.code) or ast.Module(body=[], type_ignores=[])

    @cached_property
    def imported(self) -> set[str]:
        names = (node.names for node in self.tree.body
                 if isinstance(node, (ast.Import, ast.ImportFrom)))  # fmt: skip
        return {(a.asname or a.name).partition(".")[0] for every in names for a in every}

    @cached_property
    def bound(self) -> set[str]:
        """The names that it defines, imports aside."""
        found = _Names()
        found.visit(self.tree)
        return found.bound

    @cached_property
    def needed(self) -> set[str]:
        """The names that it reads before it defines them itself."""
        known: set[str] = set(_BUILTINS)
        needed: set[str] = set()
        for statement in self.tree.body:
            names = _Names()
            names.visit(statement)
            needed |= names.read - known - names.inner
            known |= names.bound | names.inner | self.imported
        return needed

    @cached_property
    def results(self) -> set[str]:
        """The names that it defines and doesn't only compute others from."""
        names = _Names()
        for statement in self.tree.body:
            if not isinstance(statement, ast.Expr):
                names.visit(statement)
        return self.bound - names.read - _COMMON

    def repeats(self, other: _Piece) -> bool:
        """Whether each of its lines also stands in another block."""
        lines = {line.strip() for line in other.code.split("\n")}
        return all(line.strip() in lines for line in self.code.split("\n"))


class _Names(ast.NodeVisitor):
    """Collects names: bound at the top level, read anywhere, and bound inside functions."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.read: set[str] = set()
        self.inner: set[str] = set()
        self._depth = 0

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read.add(node.id)
        else:
            (self.inner if self._depth else self.bound).add(node.id)

    def visit_arg(self, node: ast.arg) -> None:
        self.inner.add(node.arg)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.inner.add(node.name or "")
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.inner.update((a.asname or a.name).partition(".")[0] for a in node.names)

    visit_ImportFrom = visit_Import  # noqa: N815

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.read.add(node.target.id)
        self.generic_visit(node)

    def _visit_scope(self, node: ast.AST) -> None:
        name = getattr(node, "name", None)
        if name:
            (self.inner if self._depth else self.bound).add(name)
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _visit_scope  # noqa: N815
    visit_Lambda = visit_ListComp = visit_SetComp = _visit_scope  # noqa: N815
    visit_DictComp = visit_GeneratorExp = _visit_scope  # noqa: N815


def joined_blocks(
    blocks: list[tuple[Block, Cleaned]], returns: Collection[str], given: Collection[str]
) -> Cleaned | None:
    """Join the blocks that belong together; None if no program comes out of them."""
    pieces = _pieces(blocks)
    if not pieces:
        return None
    marked = [piece for piece, kind in pieces if kind == "python"]
    every = marked or [piece for piece, _ in pieces]
    whole = [piece for piece in every if set(returns) <= piece.bound] if returns else []
    kept = _kept(every, given) if len(every) > 1 else every
    if whole and not set(returns) <= set().union(*(piece.bound for piece in kept)):
        kept = [whole[-1]]
    notes = [note for piece in kept for note in piece.notes]
    if len(kept) > 1:
        notes.insert(0, f"joined {len(kept)} code blocks")
    if left_out := len(blocks) - len(kept):
        notes.append(f"left out {left_out} other code block{'s' if left_out > 1 else ''}")
    return Cleaned("\n\n".join(piece.code for piece in kept), notes)


def _pieces(blocks: list[tuple[Block, Cleaned]]) -> list[tuple[_Piece, str]]:
    """Return the blocks that are programs; what parses only with its neighbour is joined to it."""
    pieces: list[tuple[_Piece, str]] = []
    pending: list[str] = []
    is_open = False
    for block, clean in blocks:
        goes_on = is_open and block.code[:1].isspace()  # indented: it continues the last one
        if is_program(clean.code) and not goes_on:
            pieces.append((_Piece(clean.code, clean.notes), block.kind))
            pending, is_open = [block.code], False
            continue
        if block.kind != "python" or _is_value(clean.code):
            continue
        pending.append(block.code)
        together = "\n".join(code.strip("\n") for code in pending)
        if len(pending) > 1 and is_program(together):
            if pieces and pieces[-1][0].code.strip() == pending[0].strip():
                pieces.pop()
            pieces.append((_Piece(together, ["joined blocks that are parts of one"]), block.kind))
            pending, is_open = [together], False
        else:
            is_open = True
    return pieces


def _kept(pieces: list[_Piece], given: Collection[str]) -> list[_Piece]:
    """Choose from the last block back to the first."""
    pieces = _complete(pieces, set(given))
    kept = [pieces[-1]]
    for piece in reversed(pieces[:-1]):
        later = set().union(*(other.bound for other in kept))
        needed = set().union(*(other.needed for other in kept)) - set(given)
        is_used = bool(needed & piece.bound)
        is_replaced = bool(piece.results) and piece.results <= later
        # The user's variables exist already.
        is_loading = piece.bound and piece.bound <= set(given) and not piece.needed & set(given)
        repeats = any(piece.repeats(other) for other in kept)
        if not repeats and not is_loading and (is_used or not is_replaced):
            kept.insert(0, piece)
    return [
        piece
        for index, piece in enumerate(kept)
        if not any(piece.repeats(other) for other in kept[:index])
    ]


def _complete(pieces: list[_Piece], given: set[str]) -> list[_Piece]:
    """Leave out fragments that need names which nothing defines, if others don't."""
    if not given:
        return pieces
    known = given | _USUAL
    complete = []
    for piece in pieces:
        if piece.needed <= known:
            complete.append(piece)
            known = known | piece.bound | piece.imported
    return complete or pieces
