"""Catches figures as a notebook would: shown, saved, displayed, or left behind."""
