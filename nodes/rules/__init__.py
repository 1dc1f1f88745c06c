"""The rules that judge an attempt without a model; RULES.md lists them, with measurements."""

from __future__ import annotations

from nodes.rules.catalog import RULE_NAMES, RULES, apply_rules
from nodes.rules.rule import Rule

__all__ = ["RULES", "RULE_NAMES", "Rule", "apply_rules"]
