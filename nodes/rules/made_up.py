"""Whether an expression makes data up instead of using the given data."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from nodes.rules.program_names import dotted

__all__ = ["MadeUp", "made_up"]


class MadeUp(NamedTuple):
    """How data was made up; ``may_fail``: by reading what doesn't exist in the sandbox."""

    how: str
    may_fail: bool = False


_READERS = re.compile(
    r"(?:read|scan)_(?!sql|clipboard)\w+|load_dataset|loadtxt|genfromtxt|urlopen|fetch_\w+|open"
)
_BUNDLED = re.compile(
    r"(?:load_(?:iris|wine|digits|diabetes|breast_cancer|linnerud)"
    r"|make_(?:classification|blobs|regression|moons|circles|friedman\d|s_curve|swiss_roll))"
)
_FILE_LOADERS = {"json", "pickle", "np", "numpy", "joblib", "yaml", "toml", "torch"}
_RANGES = {"range", "arange", "linspace", "logspace", "geomspace", "date_range", "period_range"}
_RANDOM = {"random", "default_rng", "RandomState"}
_ENTROPY_FREE = {"seed", "set_seed", "random_state"}
_CONSTRUCTORS = {
    "DataFrame", "LazyFrame", "Series", "Index", "array", "asarray", "list", "tuple", "dict",
    "set", "frozenset", "from_dict", "from_records", "from_dicts", "from_pydict", "from_pylist",
    "table", "deque", "Counter", "OrderedDict", "StringIO", "BytesIO", "Categorical", "concat",
    "to_datetime", "choice", "tile", "repeat",
}  # fmt: skip
_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?(?:%|per ?cent)")
_NUMBERS: dict[str, float] = {word: number for number, word in enumerate(_WORDS.split())} | {
    "twenty": 20,
    "fifty": 50,
    "hundred": 100,
    "thousand": 1_000,
    "half": 0.5,
    "quarter": 0.25,
}
_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict)


def made_up(node: ast.AST, request: str) -> MadeUp | None:
    """Return how ``node`` makes data up; None if it doesn't seem to.

    Literal data that the request itself gives isn't made up, nor are containers of
    zeros, empty texts and the like, which are filled later.
    """
    for part in ast.walk(node):
        if isinstance(part, (ast.Call, ast.Attribute)):
            found = _source(part, request)
            if found is not None:
                return found
    if _holds_literals(node) and not _all_in(request, node):
        return MadeUp("data written into the code")
    return None


def _source(node: ast.Call | ast.Attribute, request: str) -> MadeUp | None:
    parts = dotted(node)
    if not parts:
        return None
    root, last = parts[0], parts[-1]
    if root in ("px", "plotly") and "data" in parts[1:-1]:
        return MadeUp("a sample data set")
    if not isinstance(node, ast.Call):
        return None
    if _READERS.fullmatch(last) or (last in ("load", "safe_load") and root in _FILE_LOADERS):
        return MadeUp(f"what {last}() reads", may_fail=True)
    if _BUNDLED.fullmatch(last):
        return MadeUp(f"the data of {last}()")
    if _RANDOM.intersection(parts) and last not in _ENTROPY_FREE:
        return MadeUp("random numbers")
    if last in _RANGES and not _all_in(request, *node.args):
        return MadeUp(f"numbers from {last}()")
    return None


def _holds_literals(node: ast.AST) -> bool:
    """Whether a value is written into the code: a list or dict display, or made from one."""
    if isinstance(node, _DISPLAYS):
        return any(isinstance(part, ast.Constant) and part.value for part in ast.walk(node))
    if isinstance(node, ast.Call):
        keywords = [
            keyword.value for keyword in node.keywords if keyword.arg in ("data", "object", None)
        ]
        if (dotted(node.func) or [""])[-1] in _CONSTRUCTORS:
            return any(
                _holds_literals(argument) or _is_text(argument)
                for argument in [*node.args, *keywords]
            )
        return isinstance(node.func, ast.Attribute) and _holds_literals(node.func.value)
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        return _holds_literals(node.value)
    if isinstance(node, ast.BinOp):
        return _holds_literals(node.left) or _holds_literals(node.right)
    if isinstance(node, ast.IfExp):
        return _holds_literals(node.body) and _holds_literals(node.orelse)
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        return _holds_literals(node.generators[0].iter)
    return False


def _is_text(node: ast.AST) -> bool:
    """Whether this is a table as text; a short one is a name or an option."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value


def _all_in(request: str, *nodes: ast.AST) -> bool:
    """Whether there is a constant in ``nodes``, and the request names every one."""
    constants = [
        str(part.value)
        for node in nodes
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and part.value is not None
    ]
    said = _with_digits(request) if constants else ""
    return bool(constants) and all(
        re.search(rf"(?<![\w.]){re.escape(text)}(?!\w|\.\d)", said) for text in constants
    )


def _with_digits(request: str) -> str:
    """Append, in digits, the numbers that a request gives in words or as percentages."""
    words = re.findall(r"\w+", request.lower())
    numbers = (str(_NUMBERS[word]) for word in words if word in _NUMBERS)
    shares = (f"{float(percent) / 100:g}" for percent in _PERCENT.findall(request))
    return " ".join([request, *numbers, *shares])
