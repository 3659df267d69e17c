"""The words of the trust and plan parts for the model's own labels, marked for translation."""

from __future__ import annotations

from tocsin.model.text import N_

NODE = {
    "Internet": N_("outside"),
    "InternalFoothold": N_("an intruder inside"),
    "ExchangeServer": N_("Exchange server"),
    "EdgeServer": N_("Edge server"),
    "HybridAgent": N_("hybrid agent"),
    "RelayDevice": N_("device that sends mail"),
    "ADGroup": N_("group"),
    "ADComputer": N_("computer account"),
    "ADDomain": N_("domain"),
    "Certificate": N_("key"),
    "SendConnector": N_("send connector"),
    "ReceiveConnector": N_("receive connector"),
    "InboundConnector": N_("inbound connector"),
    "OutboundConnector": N_("outbound connector"),
    "AcceptedDomain": N_("accepted domain"),
    "TransportRule": N_("mail flow rule"),
    "FirstPartySP": N_("shared principal"),
    "DedicatedApp": N_("application"),
    "AppRole": N_("right of an application"),
    "AuthServer": N_("token issuer"),
    "PartnerApplication": N_("partner application"),
    "OrgRelationship": N_("organisation relationship"),
    "IOC": N_("organisation connector"),
    "MigrationEndpoint": N_("migration endpoint"),
    "EntraConnect": N_("directory sync"),
    "OnPremMailboxes": N_("mailboxes"),
    "CloudMailboxes": N_("mailboxes"),
    "MailTrust": N_("trust in mail"),
    "Tenant": N_("tenant"),
}

VERB = {
    "HX_CanReach": N_("can reach"),
    "HX_HoldsKey": N_("holds the key"),
    "HX_Authenticates": N_("opens"),
    "HX_MatchesIP": N_("has the address that opens"),
    "HX_GrantsMailTrust": N_("makes mail internal"),
    "HX_SendsVia": N_("hands mail to"),
    "HX_SourceOf": N_("sends through"),
    "HX_AdminOfPeer": N_("administers"),
    "HX_TrustsPeer": N_("is taken for a server's own"),
    "HX_SubmitsTo": N_("may hand mail to"),
    "HX_SignsFor": N_("signs for"),
    "HX_AppRole": N_("may act on"),
    "HX_RoutesOutboundThrough": N_("sends out through"),
    "HX_DeliversTo": N_("delivers to"),
    "HX_MemberOf": N_("is a member of"),
    "HX_WriteDacl": N_("may change rights in"),
    "HX_ResetPassword": N_("may reset passwords in"),
    "HX_AddMember": N_("may add members in"),
    "HX_SyncsTo": N_("is carried over to"),
    "HX_PublishedBy": N_("leads to"),
    "HX_ObservedMail": N_("was seen sending to"),
    "HX_ReadsMailboxes": N_("can read"),
    "HX_DCSync": N_("may copy passwords of"),
}

PROVENANCE = {
    "configured": N_("configured: an export says so"),
    "by-design": N_("by design: Exchange always has it"),
    "assumed": N_("assumed: nothing disproves it"),
    "observed": N_("observed: mail shows it"),
}

PROVENANCE_SHORT = {
    "configured": N_("configured"),
    "by-design": N_("by design"),
    "assumed": N_("assumed"),
    "observed": N_("observed"),
}

SIDE = {
    "outside": N_("outside"),
    "on-premises": N_("on-premises"),
    "cloud": N_("cloud"),
    "exchange-online": N_("Exchange Online"),
    "entra": N_("Entra ID"),
    "directory": N_("directory"),
    "": N_("either side"),
}

LABEL = {
    "exposed": N_("open to the internet"),
    "cloud-reachable": N_("reachable from the cloud"),
    "inside-only": N_("reachable from inside only"),
    "evidence-isolated": N_("isolated, and shown to be"),
    "unseen-by-exo": N_("Exchange Online does not see it"),
}

OUTCOME = {
    "fail": N_("failed"),
    "unknown": N_("not known"),
    "pass": N_("passed"),
}

SIGN = {"fail": "✕", "unknown": "?", "pass": "✓", "accepted": "–"}
"""Beside the word, so that no colour has to say it."""

ROOM = {
    "inventory": N_("Servers"),
    "hunt": N_("Logs"),
    "conversation": N_("Mails"),
    "trust": N_("Trust"),
}

ACTION = {
    "isolate": N_("isolate"),
    "warn": N_("warn"),
    "patch": N_("patch"),
    "rotate": N_("replace"),
    "remove": N_("remove"),
    "configure": N_("set"),
    "collect": N_("collect"),
}

PARTS = {
    "weakness": N_("how weak it is"),
    "reach": N_("who can reach it"),
    "trust": N_("how far its trusts carry"),
    "detection": N_("who watches it"),
}

STATE = {
    "exploited": N_("somebody got in"),
    "known-exploited": N_("open to a hole that is being exploited"),
    "unsupported": N_("no longer supported"),
    "unknown": N_("build unknown, or undecided what it is open to"),
    "behind": N_("updates behind"),
    "current": N_("up to date"),
}

UNSEEN = {
    "reported": N_("not known to Exchange Online"),
    "scanned": N_("not seen by a scan inside"),
    "logged": N_("no log of it was read"),
}

FURTHER = {
    "ExchangeServer": N_("{count} further servers"),
    "EdgeServer": N_("{count} further Edge servers"),
    "Certificate": N_("{count} further keys"),
    "ADGroup": N_("{count} further groups"),
    "ADComputer": N_("{count} further computer accounts"),
    "SendConnector": N_("{count} further send connectors"),
    "ReceiveConnector": N_("{count} further receive connectors"),
    "InboundConnector": N_("{count} further inbound connectors"),
    "RelayDevice": N_("{count} further devices that send mail"),
    "": N_("{count} further things of this kind"),
}
