"""What somebody could sign in with, taken out of rows that are written down and handed around.

A log may hold cookies of sessions that still last, and tokens. The row in its file is untouched: its
place and the file's digest stand beside what is shown of it.
"""

from __future__ import annotations

import re

_SESSION = re.compile(
    r"""(?<![\w.-])
    ((?:cadata\w{0,8}|X-OWA-CANARY|\.AspNet[\w.]{0,40}|ASP\.NET_SessionId|FedAuth1?|rtFa
      |ESTSAUTH\w{0,20}|OpenIdConnect\.[\w.]{1,60})=)
    ([^;&,\s+"']{9,})""",
    re.IGNORECASE | re.VERBOSE,
)
"""Cookies of signed-in sessions: Exchange's forms login, ASP.NET, SharePoint, Entra. Not those by which
a request is sent elsewhere (`X-BEResource`, `SecurityToken`): they are what an attack looks like."""

_SIGNED = re.compile(r"\b(eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.)[\w-]{10,}")
"""A JSON web token (RFC 7519); without its third part, the signature, nobody accepts it."""

_KEPT = 4
"""Characters of a cookie's value that stay, so that two sessions can be told apart."""


def withheld(text: str) -> str:
    """The text with `…` in the place of what opens a session."""
    if "eyJ" in text:
        text = _SIGNED.sub(r"\1…", text)
    if "=" in text:
        text = _SESSION.sub(lambda found: f"{found[1]}{found[2][:_KEPT]}…", text)
    return text
