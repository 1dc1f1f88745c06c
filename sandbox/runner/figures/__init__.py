"""Catches pictures as a notebook would: shown, saved, displayed, or left behind."""

from .capture import FigureCapture, prepare

__all__ = ["FigureCapture", "prepare"]
