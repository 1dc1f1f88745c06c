"""Names of types, safe to make of anything."""

from __future__ import annotations

# Past a metaclass of the code's own, which may hide or forge them.
_NAME, _QUALNAME, _MODULE = (
    type.__dict__[name].__get__ for name in ("__name__", "__qualname__", "__module__")
)


def class_name(kind: type) -> str:
    """Return the name of a class, as its ``class`` statement gave it."""
    return str(_NAME(kind))


def module_name(kind: type) -> str:
    """Return the name of a class's module, empty if it has none."""
    try:
        module = _MODULE(kind)
    except AttributeError:
        return ""
    return module if type(module) is str else ""


def type_name(value: object) -> str:
    """Name the type of ``value``, short but qualified: ``int``, ``pandas.DataFrame``."""
    kind = type(value)
    short: str = _QUALNAME(kind).rpartition(".")[2][:80]
    module = module_name(kind)
    if module in ("", "builtins"):
        return short
    return f"{module.partition('.')[0][:40]}.{short}"


def with_article(name: str) -> str:
    """Put ``a`` or ``an`` before a type's name."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
