"""Names of the models one can ask for."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["DEFAULT_GEMINI", "LLMModels"]


class LLMModels(StrEnum):
    """Models known by name; any other ``gemini-…`` or ``provider:model`` works as a string."""

    GEMINI25_PRO = "gemini-2.5-pro"
    GEMINI25_FLASH = "gemini-2.5-flash"
    GEMINI25_FLASH_LITE = "gemini-2.5-flash-lite"
    GEMINI3_FLASH_PREVIEW = "gemini-3-flash-preview"
    GEMINI31_PRO_PREVIEW = "gemini-3.1-pro-preview"
    GEMINI31_FLASH_LITE = "gemini-3.1-flash-lite"
    GEMINI35_FLASH = "gemini-3.5-flash"
    GEMINI35_FLASH_LITE = "gemini-3.5-flash-lite"
    GEMINI36_FLASH = "gemini-3.6-flash"
    GEMINI37_FLASH = "gemini-3.7-flash"
    GEMINI38_FLASH = "gemini-3.8-flash"
    GEMINI_FLASH_LATEST = "gemini-flash-latest"
    GEMINI_FLASH_LITE_LATEST = "gemini-flash-lite-latest"
    LOCAL = "local"
    LOCAL_SMALL = "local-small"

    @property
    def is_local(self) -> bool:
        """Tell whether the model runs on this machine."""
        return self in (LLMModels.LOCAL, LLMModels.LOCAL_SMALL)


DEFAULT_GEMINI = LLMModels.GEMINI_FLASH_LATEST
"""Asked when no name is given: an alias, so that it outlives each model behind
it, and of the Flash line, which every key may call; many have no quota for Pro."""
