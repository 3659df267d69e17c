"""The only rooms that do I/O inward: files, archives, LDAP, probes, APIs, DNS."""
