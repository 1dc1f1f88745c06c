"""Encoders for each kind of value, one module per library."""
