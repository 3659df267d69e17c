"""The parts of the terminal's answer."""
