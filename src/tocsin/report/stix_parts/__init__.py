"""The pieces of the STIX bundle."""
