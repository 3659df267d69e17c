"""Has a server been broken into, and what happened in order."""
