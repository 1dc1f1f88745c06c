"""Sets of questions: one of our own, folders in a documented format, and published ones."""
