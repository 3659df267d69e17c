"""The words of the report for the model's own labels, marked for translation."""

from __future__ import annotations

from tocsin.model.text import N_

LEVEL = {
    "critical": N_("critical"),
    "high": N_("high"),
    "medium": N_("medium"),
    "low": N_("low"),
    "informational": N_("informational"),
}

STATUS = {
    "affected": N_("open"),
    "under_investigation": N_("undecided"),
    "fixed": N_("fixed"),
    "not_affected": N_("not affected"),
}

CONFIDENCE = {
    "low": N_("low confidence"),
    "medium": N_("medium confidence"),
    "high": N_("high confidence"),
}

HIDDEN = {
    True: N_("hidden from the internet"),
    False: N_("visible from the internet"),
    "unknown": N_("not known whether visible"),
}

OURS = {
    True: N_("belongs to you"),
    False: N_("belongs to somebody else"),
    "unknown": N_("not known whose"),
}

VANTAGE = {
    "internet": N_("Internet"),
    "exchange-online": N_("Exchange Online"),
    "directory": N_("Directory"),
    "mail": N_("Mail"),
    "inside-probe": N_("Inside probe"),
    "export": N_("Export"),
}

SEEN = {
    True: N_("seen"),
    False: N_("not seen"),
    None: N_("nobody looked"),
}

SEEN_BY = {
    "mail": N_("mail headers"),
    "directory": N_("directory"),
    "export": N_("export"),
    "exchange-online": N_("Exchange Online"),
    "probe": N_("probe"),
    "nmap": N_("nmap"),
    "nuclei": N_("nuclei"),
    "dns": N_("DNS"),
    "shodan": N_("Shodan"),
    "onyphe": N_("Onyphe"),
}

TRUST = {
    "trusted": N_("trusted"),
    "first-external": N_("written by the first machine outside"),
    "forgeable": N_("forgeable: any sender can have written this"),
}

GAP = {
    "unreadable": N_("unreadable"),
    "limit": N_("limit reached"),
    "undecided": N_("undecided"),
    "not-collected": N_("not collected"),
}

KIND = {
    "RCE": N_("runs code"),
    "EoP": N_("gains rights"),
    "SSRF": N_("sends requests as the server"),
    "Spoofing": N_("spoofing"),
    "InfoDisc": N_("discloses information"),
    "DoS": N_("denies service"),
    "Tampering": N_("tampering"),
    "SecurityBypass": N_("bypasses a protection"),
    "DefenseInDepth": N_("hardening"),
    "other": N_("other"),
}

COMPARED = {
    "same": N_("the same build"),
    "coarser": N_("agrees, but cannot tell the update"),
    "other": N_("another build than the evidence inside shows"),
}

TACTIC_GROUP: dict[str, tuple[str, tuple[str, ...]]] = {
    "t1": (N_("looking for a way in"), ("reconnaissance", "resource-development")),
    "t2": (N_("getting in"), ("initial-access",)),
    "t3": (N_("running and staying"), ("execution", "persistence", "privilege-escalation")),
    "t4": (N_("hiding"), ("defense-evasion",)),
    "t5": (N_("passwords and knowledge"), ("credential-access", "discovery")),
    "t6": (N_("spreading and steering"), ("lateral-movement", "command-and-control")),
    "t7": (N_("taking and destroying"), ("collection", "exfiltration", "impact")),
    "t0": (N_("other"), ()),
}
"""Colours of a step, classes of the style sheet: what they are called, and ATT&CK's tactics."""
