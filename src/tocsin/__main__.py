"""`python -m tocsin`."""

import sys

from tocsin.cli import run

if __name__ == "__main__":
    sys.exit(run())
