"""Names of types, safe for any object."""

from __future__ import annotations

# Bypass the code's own metaclass, which may hide or forge them.
_NAME, _QUALNAME, _MODULE = (
    type.__dict__[name].__get__ for name in ("__name__", "__qualname__", "__module__")
)


def class_name(kind: type) -> str:
    """Return the name of a class, as in its ``class`` statement."""
    return str(_NAME(kind))


def module_name(kind: type) -> str:
    """Return the name of a class's module, or an empty string."""
    try:
        module = _MODULE(kind)
    except AttributeError:
        return ""
    return module if type(module) is str else ""


def type_name(value: object) -> str:
    """Return the type's name with its top-level package: ``int``, ``pandas.DataFrame``."""
    kind = type(value)
    short: str = _QUALNAME(kind).rpartition(".")[2][:80]
    module = module_name(kind)
    if module in ("", "builtins"):
        return short
    return f"{module.partition('.')[0][:40]}.{short}"


def with_article(name: str) -> str:
    """Put ``a`` or ``an`` before a type's name."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
