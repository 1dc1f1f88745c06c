"""Runs functions of ours on untrusted data in a child process that can be killed.

A child is a clean interpreter, not a fork of this process. It is kept for the next call, runs one
named function at a time, and ends with this process. Pickles cross in neither direction: a call
takes JSON and bytes, and returns JSON and bytes.
"""

from __future__ import annotations

from sandbox.confined.calls import Reply, call, warm_up
from sandbox.confined.limits import Limits

__all__ = ["Limits", "Reply", "call", "warm_up"]
