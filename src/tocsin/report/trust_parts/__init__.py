"""What several outputs need of the trust room's answer."""
