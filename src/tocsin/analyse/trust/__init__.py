"""The trust room: which trusts carry a break-in on. Blind to the other rooms."""
