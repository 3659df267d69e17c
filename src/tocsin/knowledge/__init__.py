"""Facts as data with provenance, and their strict loader."""
