"""A Run rendered: one file, one output; discovered, not listed."""
