"""How each kind of value is encoded, one module per library."""
