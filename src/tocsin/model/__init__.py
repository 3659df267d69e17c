"""The words every room shares: frozen values, no I/O, importing nothing of ours."""
