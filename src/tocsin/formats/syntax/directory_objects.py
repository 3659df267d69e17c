"""What Active Directory's objects say about Exchange servers, live or out of an export.

One `Entry` in, evidence out; `describe` is all that readers and collectors need.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.directory_entry import (
    ATTRIBUTES,
    CLASSES,
    FACT_LIMIT,
    PRODUCT,
    Entry,
    beside,
    clip,
    evidence,
    facts_by_name,
    facts_of,
    organisation_of,
    own_name,
)
from tocsin.formats.syntax.directory_server import server
from tocsin.formats.syntax.distinguished_name import Place
from tocsin.model.evidence import Evidence, Host
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

SCP_URL = "77378f46-2c66-4aa9-a6a6-3e7a48b19596"
SCP_POINTER = "67661d7f-8fc4-4fa7-bfac-e1d7794c1f68"
"""Keywords of Exchange's service connection points: a server's URL, another directory."""

_SCHEMA_LEVEL = "ms-exch-schema-version-pt"

_SCHEMA_LEVEL = "ms-exch-schema-version-pt"
_SPELLING = {name.lower(): name for name in ATTRIBUTES}
_PRINCIPAL = re.compile(r"(exchange(?:mdb|rfr|ab))/([^/:\s]+)", re.IGNORECASE)
_URL = re.compile(r"[a-z]+://", re.IGNORECASE)


def describe(entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
    """What one object says about Exchange servers; nothing for objects of another kind.

    `at` is the object's own place. Recognised by class, and where an export left the class out,
    by what only such objects have.
    """
    reader = _reader(entry)
    if reader is None:
        return
    deleted = entry.text("isDeleted").upper() == "TRUE" or "\\0adel:" in entry.dn.lower()
    if deleted:
        why = say(N_("a deleted object is no proof of a server: {dn}"), dn=entry.dn[:FACT_LIMIT])
        yield Gap(at=at, kind="undecided", why=why)
        return
    yield from reader(entry, at)


Describer = Callable[[Entry, Locator], Iterator[Evidence | Gap]]


def _reader(entry: Entry) -> Describer | None:
    classes = entry.texts("objectClass")
    for name in classes:
        kind = name.lower()
        # Every protocol's class derives from one; an export may print the last of them only.
        found = _virtual_directory if kind.endswith("virtualdirectory") else _READERS.get(kind)
        if found is not None:
            return found
    if entry.text("serviceBindingInformation"):
        return _connection_point
    if any(_PRINCIPAL.match(each) for each in entry.texts("servicePrincipalName")):
        return _computer
    parts = distinguished_name.split(entry.dn)
    if parts and parts[0].value.lower() == _SCHEMA_LEVEL:
        return _level
    where = distinguished_name.place(entry.dn)
    if where is not None and len(distinguished_name.split(where.dn)) == len(parts):
        return None if classes else server
    return None


def _connection_point(entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
    keywords = {each.lower() for each in entry.texts("keywords")}
    target = entry.text("serviceBindingInformation")
    where = distinguished_name.place(entry.dn)
    if SCP_POINTER in keywords and SCP_URL not in keywords:
        why = say(
            N_("autodiscover points to another directory, which was not read: {target}"),
            target=clip(target),
        )
        yield Gap(at=at, kind="not-collected", why=why)
    elif SCP_URL in keywords or (where is not None and _URL.match(target)):
        where = where or Place(server=own_name(entry), dn="", organisation=organisation_of(entry))
        facts = {"serviceBindingInformation": clip(target)} if target else {}
        sites = [each for each in entry.texts("keywords") if each.lower().startswith("site=")]
        if sites:
            facts["keywords"] = clip(", ".join(sites))
        yield beside(entry, at, where, facts, [target])


def _virtual_directory(entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
    attributes = ("msExchInternalHostName", "msExchExternalHostName")
    yield from _part_of_server(entry, at, attributes, [*map(entry.text, attributes)])


def _receive_connector(entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
    attributes = (
        "msExchSMTPReceiveConnectorFQDN",
        "msExchSmtpReceiveBindings",
        "msExchSmtpReceiveTlsCertificateName",
    )
    yield from _part_of_server(entry, at, attributes, [entry.text(attributes[0])])


def _part_of_server(
    entry: Entry, at: Locator, attributes: tuple[str, ...], hosts: list[str]
) -> Iterator[Evidence | Gap]:
    where = distinguished_name.place(entry.dn)
    if where is not None:
        yield beside(entry, at, where, facts_of(entry, attributes), hosts)


def _send_connector(entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
    attributes = (
        "msExchSmartHostList",
        "msExchSmtpSmartHost",
        "msExchSMTPSendConnectorFQDN",
        "msExchSmtpSendTlsCertificateName",
        "routingList",
    )
    links = ("msExchSourceBridgeheadServersDN", "homeMTA")
    yield from _linked(entry, at, links, facts_of(entry, attributes))


def _hybrid(entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
    names = [name for name in entry.attributes if name.startswith("msexchcoexistence")]
    links = [name for name in names if any(map(distinguished_name.place, entry.texts(name)))]
    facts = facts_of(entry, tuple(_SPELLING.get(n, n) for n in names if n not in links))
    facts.setdefault("msExchCoexistenceRelationship", clip(own_name(entry)))
    yield _organisation_facts(entry, at, facts)
    yield from _linked(entry, at, tuple(_SPELLING.get(name, name) for name in links), {})


def _linked(
    entry: Entry, at: Locator, links: tuple[str, ...], facts: dict[str, str]
) -> Iterator[Evidence | Gap]:
    """The servers that an object names by DN."""
    roles: dict[Place, list[str]] = {}
    for link in links:
        for dn in entry.texts(link):
            where = distinguished_name.place(dn)
            if where is not None:
                roles.setdefault(where, []).append(link)
    for where, names in roles.items():
        named_by = {f"{name} of {own_name(entry)}": where.server for name in names}
        yield beside(entry, at, where, named_by | facts, [])


def _accepted_domain(entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
    facts = facts_by_name(entry, ("msExchAcceptedDomainName", "msExchAcceptedDomainFlags"))
    if facts:
        yield _organisation_facts(entry, at, facts)


def _level(entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
    facts = facts_of(entry, ("objectVersion", "rangeUpper"))
    if facts:
        yield _organisation_facts(entry, at, facts)


def _organisation_facts(entry: Entry, at: Locator, facts: dict[str, str]) -> Evidence:
    host = Host(seen_by="directory", organisation=organisation_of(entry), facts=facts)
    return evidence(at, host, "; ".join(f"{name}: {value}" for name, value in facts.items()))


def _computer(entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
    """A computer account that carries Exchange's service principal names.

    exchangeAB alone is no sign: domain controllers register it for the address book. Names of
    another host belong to an alternate service account, shared by servers it does not name.
    """
    matches = [_PRINCIPAL.match(each) for each in entry.texts("servicePrincipalName")]
    telling = [each for each in matches if each and each[1].lower() != "exchangeab"]
    if not telling:
        return
    hosts = list(dict.fromkeys(each[2] for each in telling))
    fqdn, short = entry.text("dNSHostName"), own_name(entry)
    own = {name.lower() for name in (fqdn, short, fqdn.split(".")[0]) if name}
    mine = [host for host in hosts if host.lower() in own or host.split(".")[0].lower() in own]
    facts = {"servicePrincipalName": clip(", ".join(each[0] for each in telling))}
    names = [fqdn, *sorted(mine, key=lambda host: "." not in host), short] if mine else hosts
    unique = {name.lower(): name for name in reversed(names) if name}
    host = Host(
        seen_by="directory",
        names=tuple(reversed(unique.values())),
        product=PRODUCT if mine else None,
        facts=facts if mine else facts | {"alternate service account": clip(short)},
    )
    yield evidence(at, host, f"servicePrincipalName: {telling[0][0]}")


_READERS: dict[str, Describer] = {
    "msexchexchangeserver": server,
    "serviceconnectionpoint": _connection_point,
    "msexchvirtualdirectory": _virtual_directory,
    "msexchsmtpreceiveconnector": _receive_connector,
    "msexchroutingsmtpconnector": _send_connector,
    "msexchaccepteddomain": _accepted_domain,
    "msexchcoexistencerelationship": _hybrid,
    "msexchorganizationcontainer": _level,
    "msexchsystemobjectscontainer": _level,
    "computer": _computer,
}


__all__ = ["ATTRIBUTES", "CLASSES", "Entry", "describe"]
