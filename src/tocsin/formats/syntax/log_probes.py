"""Rows of Exchange's own health probes (Managed Availability), told without believing the client.

Anybody can call himself `AMProbe` in a user agent, and stolen health mailboxes have been used to
break in. So an agent alone never makes a row a probe's. It is one when

- a health mailbox acts (`HealthMailbox` and hexadecimal digits) *and* the request comes from the
  server itself (loopback, link-local, its own address) and not through the proxy (port 444 of the
  back end shows the front end's address for everybody's requests) *and* it carries nothing that only
  attacks carry; of cmdlets, where no address is logged: only those that read; of mails: only those
  from and to health mailboxes;
- or nobody in particular asks from the server itself for one of the pages that probes ask for,
  with a probe's agent and no query but what Exchange appends.

Such rows get the field `probe-account` or `probe-agent`, by which the kinds of logs leave them out.
"""

from __future__ import annotations

import re

from tocsin.formats.syntax.log_values import address

_MAILBOX = re.compile(r"(?:^|[\\/>])HealthMailbox[0-9A-Za-z]{0,40}(?:@|<|$)", re.IGNORECASE)
_AGENT = re.compile(
    r"AMProbe/|AMTestProbe|MSExchMon|ActiveMonitoring|MonitoringWebClient|HealthManager|_AM_Probe/"
    r"|MSExchangeHM|MapiHttpClient/|SMTP-Probe",
    re.IGNORECASE,
)
_ATTACK = re.compile(
    r"X-Rps-CAT|X-BEResource|ServerInfo~|\]@|autodiscover\.json|SecurityToken|Email=|\.\.|<(?!empty>)|%",
    re.IGNORECASE,
)
_PAGES = re.compile(
    r"/(?:(?:owa|ecp|ews|oab|mapi|rpc|api|rest|autodiscover|powershell|microsoft-server-activesync"
    r"|outlookservice)/?(?:healthcheck\.htm|exchange\.asmx|autodiscover\.(?:svc|xml)|emsmdb/?|nspi/?"
    r"|rpcproxy\.dll|auth/logon\.aspx|auth\.owa|default\.eas)?)",
    re.IGNORECASE,
)
_OWN_QUERY = re.compile(
    r"(?:[&;]*+(?:CorrelationID|ClientId|ClientRequestId|cafeReqId|encoding|ActID|FrontEnd"
    r"|ServiceName)=[\w<>.\-]*+)*+[&;]*+",
    re.IGNORECASE,
)
_READING = re.compile(r"(?:Get|Test)-\w{1,60}", re.IGNORECASE)
_ACCOUNTS = ("AuthenticatedUser", "cs-username", "PSA", "AuthenticatedUserEmail")
_CLIENTS = ("c-ip", "ClientIpAddress", "ClientIP")
_LOCAL = ("127.", "::", "fe80:", "FE80:", "[", "0:")
_MAIL_ENDS = ("inboundproxy@", "maildeliveryprobe@", "postmaster@")

BACK_END_PORT = "444"


def mark_probe(surface: str, fields: dict[str, str]) -> None:
    """Add `probe-account` or `probe-agent` to the fields of a row that is a probe's."""
    if surface == "messagetracking":
        _mark_mail(fields)
        return
    account = next((fields[name] for name in _ACCOUNTS if name in fields), "")
    if account:
        if "ealth" in account and _MAILBOX.search(account) and _is_probes(surface, fields):
            fields["probe-account"] = account
        return
    if not _is_local(fields):
        return
    agent = fields.get("cs-user-agent")
    if (
        agent
        and _AGENT.search(agent)
        and _PAGES.fullmatch(fields.get("cs-uri-stem", ""))
        and _OWN_QUERY.fullmatch(fields.get("query", ""))
        and "AnchorMailbox" not in fields
    ):
        fields["probe-agent"] = agent


def _is_probes(surface: str, fields: dict[str, str]) -> bool:
    if surface in ("rps-cmdlet", "ecp-server"):
        return _READING.fullmatch(fields.get("Cmdlet", "")) is not None
    if surface == "rps-authz":
        return True  # only who may open a session: what is done in it stands in other logs
    if surface == "ecp-activity":
        return not _ATTACK.search(fields.get("URL", ""))
    carried = (fields.get("cs-uri-query", ""), fields.get("AnchorMailbox", ""))
    return _is_local(fields) and not any(_ATTACK.search(each) for each in carried)


def _is_local(fields: dict[str, str]) -> bool:
    """Whether the server asked itself. On the back end's port the front end asks for everybody."""
    if fields.get("s-port") == BACK_END_PORT:
        return False
    client = next((fields[name] for name in _CLIENTS if name in fields), "")
    if not client:
        return False
    own = client == fields.get("s-ip")
    if not own and not client.startswith(_LOCAL):
        return False
    found = address(client)
    return found is not None and (own or found.is_loopback or found.is_link_local)


def _mark_mail(fields: dict[str, str]) -> None:
    sender = fields.get("sender-address", "")
    recipients = fields.get("recipient-address", "")
    if not (sender and recipients and "ealth" in recipients):
        return
    lower = sender.lower()
    if (_MAILBOX.search(sender) or lower.startswith(_MAIL_ENDS)) and all(
        _MAILBOX.search(each) for each in recipients.split("\n")
    ):
        fields["probe-account"] = sender if "ealth" in sender else recipients.partition("\n")[0]
