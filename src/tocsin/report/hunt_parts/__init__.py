"""What every report of the hunt needs."""
