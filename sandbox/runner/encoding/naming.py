"""Names of types, safe to make of anything."""

from __future__ import annotations


def type_name(value: object) -> str:
    """Name the type of ``value``, short but qualified: ``int``, ``pandas.DataFrame``."""
    kind = type(value)
    try:
        module = str(type.__getattribute__(kind, "__module__"))
        name = str(type.__getattribute__(kind, "__qualname__"))
    except BaseException:  # a metaclass or a class that hides them
        return "object"
    short = name.rpartition(".")[2][:80]
    if module == "builtins":
        return short
    return f"{module.partition('.')[0][:40]}.{short}"


def with_article(name: str) -> str:
    """Put ``a`` or ``an`` before a type's name."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
