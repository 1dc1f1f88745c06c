"""The rules that judge an attempt without a model; RULES.md lists and measures them."""

from __future__ import annotations

from nodes.rules.catalog import RULE_NAMES, RULES, find
from nodes.rules.rule import Rule

__all__ = ["RULES", "RULE_NAMES", "Rule", "find"]
