"""Which Exchange servers there are, their builds, and what each is open to."""
