"""The user's own code, by value: what cloudpickle promises, with the sandbox as the other side.

The modules are written to a folder the container doesn't have. Each case is an expression for
what is sent, and one for what is done with it on both sides. All go through one run.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import DockerSandbox
from sandbox.variables.pickling import pickle_variables

FILES = {
    "prices.py": """
        from __future__ import annotations
        import abc, collections, contextlib, dataclasses, enum, functools, logging, typing, weakref
        import numpy as np
        import rates
        from rates import Priced, add_tax
        LOG = logging.getLogger(__name__)
        RATE = 3
        NOTHING = object()
        T = typing.TypeVar("T")

        def scaled(x): return x * RATE
        def factorial(n): return 1 if n == 0 else n * factorial(n - 1)
        def is_even(n): return True if n == 0 else rates.is_odd(n - 1)
        def nested(x):
            def inner(y):
                def innermost(z): return x + y + z + RATE
                return innermost
            return inner
        def accumulator():
            total = 0
            def add(x):
                nonlocal total
                total += x
                return total
            return add
        def bump():
            global RATE
            RATE += 1
            return RATE, scaled(1)
        def optional(x=NOTHING): return x is NOTHING
        def keywords(a, /, b=2, *rest, c, d=4, **more): return a, b, rest, c, d, more
        def annotated(x: int, y: "str" = "s") -> Item: return x
        def logged(x): LOG.debug("x"); return x
        def through_module(x): return rates.add_tax(x) + rates.Priced.base
        def imports_late(x):
            from rates import add_tax as late
            import shop.tools.text
            return late(x), shop.tools.text.shout("a")
        def raises(): raise Odd("no", code=7)
        def caught():
            try: raises()
            except Odd as error: return error.code, error.args
        def numbers(): return float(np.sqrt(RATE + 6))
        def recursive_lambda(): return (lambda f: lambda n: f(f, n))(
            lambda f, n: 1 if n < 2 else n * f(f, n - 1))
        def countdown(n):
            while n:
                yield n
                n -= 1
        def decorated_by(times):
            def decorate(function):
                @functools.wraps(function)
                def wrapper(*args): return function(*args) * times
                return wrapper
            return decorate
        @decorated_by(2)
        def decorated(x): "Double."; return x
        @functools.lru_cache(maxsize=5)
        def cached(n): return n if n < 2 else cached(n - 1) + cached(n - 2)
        @functools.singledispatch
        def kind(x): return "any"
        @kind.register
        def _(x: int): return "int"
        @contextlib.contextmanager
        def opened(x): yield x * RATE

        class Odd(Exception):
            def __init__(self, *args, code): super().__init__(*args); self.code = code
        class Meta(type):
            def __new__(mcs, name, bases, space, **options):
                made = super().__new__(mcs, name, bases, space)
                made.options = options
                return made
            def __len__(cls): return 42
        class WithMeta(metaclass=Meta, flavour="sweet"): pass
        class Shape(abc.ABC):
            @abc.abstractmethod
            def area(self): ...
        class Square(Shape):
            def __init__(self, side): self.side = side
            def area(self): return self.side ** 2
        @Shape.register
        class Virtual: pass
        class Item(Priced):
            cheap = 1
            registry = {}
            def __init_subclass__(cls): Item.registry[cls.__name__] = cls.cheap
            def __init__(self, price): super().__init__(price); self._seen = 0
            @property
            def taxed(self): return add_tax(self.price)
            @taxed.setter
            def taxed(self, value): self.price = value - 1
            @classmethod
            def free(cls): return cls(0)
            @staticmethod
            def symbol(): return "€"
            @functools.cached_property
            def slow(self): self._seen += 1; return self._seen
            @functools.cache
            def squared(self): return self.price ** 2
            def __call__(self, x): return self.price + x
            def __eq__(self, other): return isinstance(other, Item) and self.price == other.price
            def __hash__(self): return hash(self.price)
            def total(self): return super().total() * RATE
            class Inner:
                def deep(self): return "deep"
        class Special(Item): pass
        class Box(typing.Generic[T]):
            def __init__(self, content: T): self.content = content
        class Slots:
            __slots__ = ("a", "__weakref__")
        class Descriptor:
            def __set_name__(self, owner, name): self.name = name
            def __get__(self, instance, owner): return self.name
        class Described: field = Descriptor()
        class Loop:
            def __init__(self): self.me = [self]
        class Single:
            def __new__(cls): return super().__new__(cls)
            def __reduce__(self): return Single, ()
        class Hidden:
            __private = 5
            def reveal(self): return self.__private
        @dataclasses.dataclass(frozen=True, kw_only=True)
        class Order:
            id: int
            tags: list[str] = dataclasses.field(default_factory=list, compare=False)
            item: Item | None = None
        @dataclasses.dataclass(slots=True)
        class Slim:
            x: int = 1
        class Colour(enum.Enum):
            RED = enum.auto()
            BLUE = enum.auto()
            def __str__(self): return self.name.lower()
        class Text(str, enum.Enum):
            A = "a"
        class Pair(typing.NamedTuple):
            x: int
            y: int = 2
            def sum(self): return self.x + self.y
        Plain = collections.namedtuple("Plain", "a b", defaults=[5])
        class Config(typing.TypedDict): size: int
        class Speaks(typing.Protocol):
            def speak(self) -> str: ...
    """,
    "rates.py": """
        import prices
        class Priced:
            base = 100
            def __init__(self, price): self.price = price
            def total(self): return self.price + add_tax(0)
        def add_tax(x): return x + 1
        def is_odd(n): return False if n == 0 else prices.is_even(n - 1)
        def unused(): return NOT_THERE
    """,
    "shop/__init__.py": """
        from .stock import Stock, count
        from . import tools
    """,
    "shop/stock.py": """
        from . import tools
        from .tools.text import shout
        import definitely_not_in_the_image as missing
        class Stock(dict):
            def shout(self): return shout("-".join(self))
        def count(stock): return tools.add(len(stock), 1)
        def late(x):
            from .tools import add
            from .tools.text import shout as again
            from . import tools as siblings
            return add(x, 1), again("b"), siblings.text.EXCLAMATION
        def uses_missing(): return missing.value
    """,
    "shop/tools/__init__.py": """
        from . import text
        def add(a, b): return a + b
    """,
    "shop/tools/text.py": """
        from ..tools import text as itself
        EXCLAMATION = "!"
        def shout(x): return x.upper() + itself.EXCLAMATION
    """,
    "definitely_not_in_the_image.py": "value = 9",
    "bare/tools/text.py": """
        MARK = "?"
        def ask(x): return x + MARK
    """,
    "bare/asking.py": """
        import bare.tools.text
        from .tools import text as relative
        def asks(x): return bare.tools.text.ask(x) + relative.MARK
        def late(x):
            from bare.tools.text import ask
            return ask(x)
    """,
    "whole/__init__.py": "from . import consts, deeper",
    "whole/consts.py": "K = 5",
    "whole/deeper/__init__.py": "from . import facts",
    "whole/deeper/facts.py": """
        from .. import consts
        FACT = 7
        def f(): return FACT * consts.K
    """,
    "kinds.py": """
        import typing
        UserId = typing.NewType("UserId", int)
        P = typing.ParamSpec("P")
        Ts = typing.TypeVarTuple("Ts")
        def known(x: UserId) -> UserId: return UserId(x)
        def traced(f: typing.Callable[P, int]) -> typing.Callable[P, UserId]:
            def wrapper(*args: P.args, **kwargs: P.kwargs) -> UserId: return f(*args, **kwargs)
            return wrapper
        def rotated(*args: *Ts) -> tuple[*Ts]: return args[::-1]
        class Task(typing.Generic[P]):
            def __init__(self, f: typing.Callable[P, int]): self.f = f
            def run(self, *args: P.args) -> int: return self.f(*args)
    """,
}
CASES = {
    "module global": ("prices.scaled", "v(2)"),
    "recursion": ("prices.factorial", "v(5)"),
    "recursion across modules": ("prices.is_even", "v(4), v(5)"),
    "nested functions": ("prices.nested(1)(2)", "v(3)"),
    "closure with state": ("prices.accumulator()", "v(1), v(2)"),
    "functions that share globals": ("[prices.bump, prices.scaled]", "v[0](), v[1](1)"),
    "sentinel as default": ("prices.optional", "v(), v(None)"),
    "all kinds of parameters": ("prices.keywords", "v(1, 3, 9, c=5, e=6), v(1, c=2)"),
    "annotations": ("prices.annotated", "sorted(v.__annotations__), v.__defaults__"),
    "logger": ("prices.logged", "v(1)"),
    "attribute of a module": ("prices.through_module", "v(1)"),
    "imports inside": ("prices.imports_late", "v(1)"),
    "exception of its own": ("prices.caught", "v()"),
    "installed library": ("prices.numbers", "v()"),
    "recursive lambda": ("prices.recursive_lambda()", "v(5)"),
    "generator function": ("prices.countdown", "list(v(3))"),
    "decorated": ("prices.decorated", "v(4), v.__name__, v.__doc__, v.__wrapped__(4)"),
    "lru_cache": ("prices.cached", "v(20), v.cache_parameters()"),
    "singledispatch": ("prices.kind", "v(1), v('a')"),
    "context manager": ("prices.opened", "entered(v(2))"),
    "metaclass": ("prices.WithMeta", "len(v), v.options, type(v).__name__"),
    "abstract class": ("prices.Shape", "refusal(v)"),
    "subclass of an abstract class": ("prices.Square(3)", "v.area(), type(v).__base__.__name__"),
    "virtual subclass": ("[prices.Shape, prices.Virtual()]", "isinstance(v[1], v[0])"),
    "property, with its setter": ("prices.Item(5)", "v.taxed, setattr(v, 'taxed', 9), v.price"),
    "class and static method": ("prices.Item", "v.free().price, v.symbol()"),
    "cached property": ("prices.Item(1)", "v.slow, v.slow"),
    "cached method": ("prices.Item(3)", "v.squared(), v.squared()"),
    "callable, equal, hashed": ("prices.Item(3)", "v(1), v == type(v)(3), {v: 1}[type(v)(3)]"),
    "super across modules": ("prices.Item(3)", "v.total()"),
    "class in a class": ("prices.Item.Inner()", "v.deep(), type(v).__name__"),
    "subclass hook": ("prices.Special", "v.registry, v.__mro__[2].__name__"),
    "generic class": ("prices.Box[int]", "v(3).content, v.__args__, v.__origin__.__name__"),
    "type variable": ("prices.T", "v.__name__"),
    "slots": ("prices.Slots()", "v.__slots__, setattr(v, 'a', 1), v.a"),
    "descriptor": ("prices.Described()", "v.field"),
    "object in itself": ("prices.Loop()", "v.me[0] is v"),
    "reduction of its own": ("prices.Single()", "type(v).__name__"),
    "private name": ("prices.Hidden()", "v.reveal()"),
    "dataclass": (
        "prices.Order(id=1, item=prices.Item(2))",
        "v == dataclasses.replace(v, tags=[]), frozen(v), v.item.price, defaults(v)",
    ),
    "dataclass with slots": ("prices.Slim(4)", "v.x, repr(v), v == type(v)(4)"),
    "enum": ("prices.Colour.BLUE", "str(v), v.value, v is type(v)['BLUE'], len(type(v))"),
    "enum of strings": ("prices.Text.A", "v == 'a', v.upper(), isinstance(v, str)"),
    "members of one enum": ("[prices.Colour.RED, prices.Colour.RED]", "v[0] is v[1]"),
    "typed namedtuple": ("prices.Pair(3)", "v.sum(), v._asdict(), v._field_defaults"),
    "namedtuple": ("prices.Plain(1)", "v, v._replace(a=2)"),
    "typed dict": ("prices.Config", "v(size=1), sorted(v.__annotations__)"),
    "protocol": ("prices.Speaks", "v.__name__"),
    "partial of a method": ("functools.partial(prices.Item(2), 3)", "v()"),
    "bound methods of one object": (
        "(lambda item: [item.total, item.free])(prices.Item(1))", "v[0](), v[1]().price"),
    "weak set": ("weakref.WeakSet([prices.Item])", "len(v)"),
    "package with relative imports": ("shop.Stock(a=1, b=2)", "v.shout()"),
    "function of a package": ("shop.count", "v([1, 2])"),
    "relative imports inside": ("shop.stock.late", "v(1)"),
    "new type": (
        "[kinds.UserId, kinds.known]",
        "v[1](3), v[1].__annotations__['x'] is v[0], v[0].__module__, v[0].__supertype__"),
    "parameter specification": (
        "[kinds.traced, kinds.P]",
        "v[0](len)('ab'), v[0].__annotations__['f'].__args__[0] is v[1]"),
    "its arguments": ("kinds.traced(len)", "v('a'), v.__annotations__"),
    "tuple of type variables": ("kinds.rotated", "v(1, 2), v.__annotations__"),
    "class generic in parameters": (
        "kinds.Task(len)", "v.run('abc'), type(v).__parameters__, type(v)[[int]].__args__"),
    "packages without a file": ("bare.asking.asks", "v('a')"),
    "imports of them inside": ("bare.asking.late", "v('a')"),
    "package without a file itself": ("bare", "v.tools.text.ask('b'), v.asking.asks('c')"),
    "package with its submodules": (
        "whole", "v.consts.K, v.deeper.facts.FACT, v.deeper.facts.f()"),
    "module": ("rates", "v.add_tax(1), v.is_odd(3)"),
    "what another function misses": (
        "[shop.stock.count, shop.stock.uses_missing]", "v[0]([]), v[1]()",
    ),
    "classes in containers": ("{'k': [(prices.Item, shop.Stock)]}", "v['k'][0][0](3).total()"),
    "dynamic module": (
        "(lambda m: (exec('y = 2\\ndef f(): return y', vars(m)), m)[1])(types.ModuleType('made'))",
        "v.f(), v.__name__"),
}  # fmt: skip
PRELUDE = """
import dataclasses
def entered(manager):
    with manager as value:
        return value
def refusal(kind):
    try:
        kind()
    except TypeError as error:
        return 'abstract' in str(error)
def defaults(order):
    return [field.default is dataclasses.MISSING for field in dataclasses.fields(order)]
def frozen(order):
    try:
        order.id = 5
    except dataclasses.FrozenInstanceError:
        return True
"""
CODE = """
got = {}
for number, (name, use) in enumerate(uses.items()):
    v = globals()[f"case_{number}"]
    try:
        got[name] = repr(eval(use))
    except Exception as error:
        got[name] = f"{type(error).__name__}: {error}"
"""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Import the modules for these tests only."""
    folder = write_modules(tmp_path_factory.mktemp("code"))
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        names = (
            "prices",
            "rates",
            "shop",
            "kinds",
            "bare.asking",
            "whole",
            "functools",
            "weakref",
            "types",
        )
        for name in names:
            importlib.import_module(name)
        yield {name.split(".")[0]: sys.modules[name.split(".")[0]] for name in names}
        for name in set(sys.modules) - before:
            if name.split(".")[0] in OURS:
                del sys.modules[name]


OURS = {name.split("/")[0].removesuffix(".py") for name in FILES}


def write_modules(folder: Path) -> Path:
    for name, source in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
    return folder


@pytest.fixture(scope="module")
def results(sandbox: DockerSandbox, modules: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Each case's result in the container and here."""
    values = [eval(source, dict(modules)) for source, _ in CASES.values()]
    uses = {name: use for name, (_, use) in CASES.items()}
    cases = {f"case_{number}": value for number, value in enumerate(values)}
    run = sandbox.run(PRELUDE + CODE, {"uses": uses, **cases}, returns=["got"])
    assert run.outcome == "ok", run.error
    here: dict[str, Any] = {"uses": uses, **cases}
    exec(PRELUDE + CODE, here)
    return {name: (run.variables["got"][name], here["got"][name]) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_works_there_as_here(results: dict[str, tuple[str, str]], name: str) -> None:
    there, here = results[name]
    assert there == here
    assert "Error" not in here


def test_only_what_is_used_is_sent(modules: dict[str, Any]) -> None:
    stream = pickle_variables({"f": modules["shop"].stock.count}).stream
    assert b"definitely_not_in_the_image" not in stream
    assert b"shout" not in stream


def test_each_run_sends_the_current_values(
    sandbox: DockerSandbox, modules: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modules["prices"], "RATE", 50)
    assert sandbox.run("x = f(2)", {"f": modules["prices"].scaled}).variables == {"x": 100}


def test_calling_a_function_does_not_change_it(
    sandbox: DockerSandbox, modules: dict[str, Any]
) -> None:
    values = {name: getattr(modules["prices"], name) for name in ("scaled", "kind", "cached")}
    values["item"] = modules["prices"].Item(3)
    run = sandbox.run("scaled(1), kind(1), cached(9), item.slow, item.total(), repr(item)", values)
    assert run.outcome == "ok", run.error
    assert run.changed_inputs == ("item",)  # .slow changes the item


def test_a_script_of_the_users(tmp_path: Path) -> None:
    write_modules(tmp_path)
    script = tmp_path / "main.py"
    script.write_text(
        textwrap.dedent(
            """
            import dataclasses, enum
            import prices
            from sandbox import DockerSandbox, SandboxPolicy

            class Size(enum.Enum):
                S = 1

            @dataclasses.dataclass
            class Shirt:
                size: Size
                def cost(self): return prices.scaled(self.size.value) + EXTRA

            EXTRA = 10

            def cost_of(shirts): return sum(shirt.cost() for shirt in shirts)

            with DockerSandbox(SandboxPolicy(timeout_s=30)) as sandbox:
                run = sandbox.run(
                    "total = cost_of(shirts); same = shirts[0].size is type(shirts[0].size).S",
                    {"shirts": [Shirt(Size.S)] * 2, "cost_of": cost_of},
                )
            print(run.outcome, run.error, dict(run.variables), run.changed_inputs)
            """
        )
    )
    environment_path = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, str(script)],
        env={"PYTHONPATH": environment_path, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "ok None {'total': 26, 'same': True} ()\n", done.stderr


SPAWNED = """
import multiprocessing, sys
from sandbox import VariableStore

def double(n):
    return 2 * n

def store(root):
    VariableStore(root).put_variables({"double": double})

if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=store, args=(sys.argv[1],))
    process.start()
    process.join()
    sys.exit(process.exitcode)
"""


def test_a_process_of_multiprocessing_sends_its_functions(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(SPAWNED)
    subprocess.run([sys.executable, script, tmp_path / "store"], check=True)
