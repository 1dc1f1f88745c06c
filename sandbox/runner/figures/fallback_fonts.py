"""Draws the characters that a matplotlib figure's own font lacks with the image's other fonts.

Wherever matplotlib resolves a font, the image's fonts are added after the one asked for. So
Latin text looks as before, and no style or ``rcParams`` takes them away again. Matplotlib 3.11
and later also joins Arabic letters, orders right-to-left text and composes Indic syllables.
"""

from __future__ import annotations

import functools
import glob
import os
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

FOLDER = "/usr/share/fonts/codegen-agent"
MAX_OPEN_FONTS = 16
"""Each holds all fallbacks open: about 25 of the 1,024 files that a process may open."""


class FallbackFonts:
    """Patches matplotlib's search for fonts by ``replace(owner, name, value)``."""

    def __init__(self, replace: Callable[[Any, str, Any], None], folder: str = FOLDER) -> None:
        self._replace = replace
        self._paths = sorted(glob.glob(os.path.join(folder, "*.tt[fc]")))
        self._manager: Any = None

    def hooks(self) -> Mapping[str, Callable[[Any], None]]:
        """Return what to do when each module is imported."""
        if not self._paths:  # an image without our fonts
            return dict.fromkeys(("matplotlib.font_manager", "matplotlib._mathtext"), _nothing)
        return {
            "matplotlib.font_manager": self._hook_fonts,
            "matplotlib._mathtext": self._hook_formulas,
        }

    def _hook_fonts(self, module: Any) -> None:
        self._manager = module
        find, load = module.FontManager._find_fonts_by_props, module._get_font.__wrapped__

        @functools.wraps(find)
        def find_with_fallbacks(
            manager: Any, prop: Any, fontext: str = "ttf", *a: Any, **k: Any
        ) -> Any:
            found = find(manager, prop, fontext, *a, **k)
            return found if fontext == "afm" else [*dict.fromkeys([*found, *self._fallbacks])]

        fewer = functools.lru_cache(MAX_OPEN_FONTS)(load)
        os.register_at_fork(after_in_child=fewer.cache_clear)  # as matplotlib does for its own
        self._replace(module, "_get_font", fewer)
        self._replace(module.FontManager, "_find_fonts_by_props", find_with_fallbacks)

    @functools.cached_property
    def _fallbacks(self) -> list[str]:
        """Matplotlib's own font first: it has most symbols, and a chosen font may not."""
        return [self._manager.findfont("DejaVu Sans"), *self._paths]

    def _hook_formulas(self, module: Any) -> None:
        """A label with a formula is drawn character by character, by another search."""
        find = module.UnicodeFonts._get_glyph

        @functools.wraps(find)
        def find_with_fallbacks(fonts: Any, fontname: str, font_class: str, sym: str) -> Any:
            font = self._font_with(sym) if _is_text(sym) else None
            own = fonts._fonts["default"]
            if font is None or own.get_char_index(ord(sym)):
                return find(fonts, fontname, font_class, sym)
            return font, ord(sym), False

        self._replace(module.UnicodeFonts, "_get_glyph", find_with_fallbacks)

    def _font_with(self, character: str) -> Any:
        fonts = map(self._manager.get_font, self._paths)
        return next((font for font in fonts if font.get_char_index(ord(character))), None)


def _is_text(symbol: str) -> bool:
    """Whether it is a character of a script that formulas don't use, or an emoji."""
    if len(symbol) != 1 or symbol < "\u0530":  # Latin, Greek and Cyrillic are in every font
        return False
    return unicodedata.category(symbol)[0] in "LMNP" or unicodedata.category(symbol) == "So"


def _nothing(_: Any) -> None:
    pass
