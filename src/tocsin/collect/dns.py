"""What the DNS says about a domain's mail: where it goes in, and which hosts look like Exchange.

Only on request, only for the domains named. Whoever runs the resolver sees the questions.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

import dns.exception
import dns.rdata
import dns.resolver
import msgspec

from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Inquiry, Look, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

ANSWER_TIMEOUT = 5.0
"""Seconds to wait for one answer, repeats included."""

SILENCE_LIMIT = 3
"""Questions in a row without an answer, after which the resolver is given up."""

HOSTS_LIMIT = 50
"""Hosts of one domain that its own records may name."""

LABELS_LIMIT = 255
"""Longest domain name, in characters."""

ADDRESSES_LIMIT = 32
"""Addresses kept of one host."""

SPF_LIMIT = 10
"""SPF records read of one domain, the includes below it counted (RFC 7208, 4.6.4)."""

NAMES = [
    "autodiscover",
    "mail",
    "owa",
    "webmail",
    "email",
    "outlook",
    "exchange",
    "exch",
    "ex",
    "hybrid",
    "legacy",
    "remote",
    "smtp",
    "mx",
    "mx1",
    "mx2",
    "mail1",
    "mail2",
    "mail01",
    "mail02",
    "edge",
    "edge01",
    "cas",
    "cas01",
    "mbx01",
    "hub01",
    "ex01",
    "ex02",
    "ex03",
    "ex04",
    "ex1",
    "ex2",
    "exch01",
    "exch02",
    "exchange01",
    "exchange02",
]
"""First labels under which Exchange is commonly published."""

ONLINE = (
    "mail.protection.outlook.com",
    "mx.microsoft",
    "spf.protection.outlook.com",
    "autodiscover.outlook.com",
    "autodiscover-s.outlook.com",
    "outlook.office365.com",
    "outlook.office.com",
    "office365.us",
    "partner.outlook.cn",
)
"""Names of Exchange Online: mail routing, SPF, autodiscover, mailboxes, national clouds."""

FILTERS = (
    "pphosted.com",
    "ppe-hosted.com",
    "mimecast.com",
    "mimecast.co.za",
    "mimecast-offshore.com",
    "messagelabs.com",
    "barracudanetworks.com",
    "iphmx.com",
    "hornetsecurity.com",
    "antispameurope.com",
    "trendmicro.com",
    "trendmicro.eu",
    "sophos.com",
    "mailcontrol.com",
    "mxlogic.net",
    "fireeyecloud.com",
    "retarus.com",
    "vadesecure.com",
    "mailinblack.com",
    "altospam.com",
    "antispamcloud.com",
    "spamtitan.com",
    "spamhero.com",
    "cloudflare.net",
)
"""Domains of mail filters that receive for others, as their makers document them."""

_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)

PointsTo = Literal["exchange-online", "filter", "own-network", "other"]


class DnsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask. resolvers: addresses, the system's when empty. networks: the reader's own."""

    resolvers: tuple[str, ...] = ()
    port: int = 53
    timeout: float = ANSWER_TIMEOUT
    networks: tuple[str, ...] = ()


class _Silent(Exception):  # noqa: N818 - not an error of ours
    """The resolver has stopped to answer."""


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Records of one name and type; empty when there are none. canonical: the end of CNAMEs.
    answered: whether a server said anything, so that no records can be told from no answer.
    """

    values: tuple[str, ...] = ()
    canonical: str = ""
    quote: str = ""
    exists: bool = True
    answered: bool = True


class _Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """A name, where its CNAMEs end, and its addresses."""

    name: str
    canonical: str
    addresses: tuple[str, ...]
    quote: str


def read_dns(
    domains: Iterable[str], settings: DnsSettings, now: datetime | None = None
) -> Iterator[Evidence | Gap]:
    """Every host that the DNS names for the mail of `domains`, then one `Look` per domain.

    `now` is when the answers hold, by default the time of the call. A name that does not exist
    is no evidence and no gap, except the domain itself; a question without an answer is a gap.
    """
    try:
        asker = _Asker(settings, now or datetime.now(UTC))
    except (ValueError, OSError, dns.exception.DNSException) as error:
        why = say(N_("there is no resolver to ask: {error}"), error=str(error)[:300])
        yield Gap(at=Locator(source="dns:"), why=why, kind="not-collected")
        return
    for domain in dict.fromkeys(map(_bare, domains)):
        try:
            yield from asker.domain(domain)
        except _Silent:
            yield from asker.told()
            why = say(
                N_("{count} questions in a row went unanswered; the rest was not asked"),
                count=SILENCE_LIMIT,
            )
            yield Gap(at=asker.at(domain), why=why, kind="not-collected")
            return


def points_to(
    name: str, domain: str, addresses: Iterable[str] = (), networks: Iterable[str] = ()
) -> PointsTo:
    """Who answers under `name`, the end of any CNAMEs, which was found for `domain`.

    `own-network`: an address of `networks` or a private one; where no networks are known, a name
    below the domain itself.
    """
    if any(_below(name, each) for each in ONLINE):
        return "exchange-online"
    if any(_below(name, each) for each in FILTERS):
        return "filter"
    known = [ipaddress.ip_address(each) for each in addresses]
    own = [ipaddress.ip_network(each, strict=False) for each in networks]
    if any(address in net for address in known for net in (*_PRIVATE, *own)):
        return "own-network"
    if own and known:
        return "other"
    return "own-network" if _below(name, domain) else "other"


def _below(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


class _Asker:
    """One resolver, and what it said so far."""

    def __init__(self, settings: DnsSettings, now: datetime) -> None:
        for network in settings.networks:
            ipaddress.ip_network(network, strict=False)
        self._networks = settings.networks
        self._now = now
        self._resolver = dns.resolver.Resolver(configure=not settings.resolvers)
        if settings.resolvers:
            self._resolver.nameservers = list(settings.resolvers)
            self._resolver.port = settings.port
        self._resolver.lifetime = settings.timeout
        self._silent = 0
        self._records = 0
        self._gaps: list[Gap] = []
        servers = ",".join(str(each) for each in self._resolver.nameservers)
        port = "" if self._resolver.port == 53 else f":{self._resolver.port}"
        self._source = f"dns://{servers}{port}/"

    def at(self, name: str, kind: str = "") -> Locator:
        return Locator(source=self._source, position=f"{name} {kind}".strip())

    def domain(self, domain: str) -> Iterator[Evidence | Gap]:
        """Everything about one domain."""
        self._records = 0
        if not domain:
            yield Gap(at=self.at(domain), why=say(N_("no domain was named")), kind="undecided")
            return
        mail = self._ask(domain, "MX")
        yield from self.told()
        if not mail.exists:
            why = say(N_("the domain {domain} does not exist here"), domain=domain[:LABELS_LIMIT])
            yield Gap(at=self.at(domain, "MX"), why=why, kind="undecided")
            return
        if len(mail.values) > HOSTS_LIMIT:
            yield self._cut(domain, "MX", HOSTS_LIMIT)
        yield from self._exchangers(domain, mail)
        for name, facts, quote in self._named(domain, mail):
            yield from self._named_host(name, domain, facts, quote)
        yield from self._sender_policy(domain)
        yield from self._guesses(domain)
        look = Look(seen_by="dns", scope=f"domain:{domain}", records=self._records)
        yield Evidence(at=self.at(domain), seen=self._now, body=look)

    def _exchangers(self, domain: str, mail: _Answer) -> Iterator[Evidence]:
        """Where mail for the domain goes, as a setting; `.` says that the domain takes none."""
        at = self.at(domain, "MX")
        if not mail.answered:
            fault = "no answer"
            yield self._evidence(at, Inquiry(seen_by="dns", kind="MxRecord", fault=fault), "")
            return
        # By preference (RFC 5321, 5.1): resolvers answer in any order.
        hosts = [
            _bare(name) or "."
            for _, name in sorted(
                (int(preference) if preference.isdigit() else 0, name)
                for preference, _, name in (value.partition(" ") for value in mail.values)
            )
        ]
        cut = len(hosts) > HOSTS_LIMIT
        body = Setting(
            seen_by="dns",
            kind="MxRecord",
            name=domain,
            properties={"Domain": domain} | ({} if cut else {"Hosts": hosts}),
            lost={"Hosts": "cut"} if cut else {},
        )
        yield self._evidence(at, body, mail.quote)
        yield self._evidence(at, Inquiry(seen_by="dns", kind="MxRecord", found=1), "")

    def _named(self, domain: str, mail: _Answer) -> Iterator[tuple[str, dict[str, str], str]]:
        """Hosts that the domain's own records name, with what they say."""
        for value in mail.values[:HOSTS_LIMIT]:
            preference, _, name = value.partition(" ")
            # A lone dot says that the domain takes no mail (RFC 7505).
            if name.strip("."):
                yield _bare(name), {"MX": f"{domain} {preference}"}, mail.quote
        service = self._ask(f"_autodiscover._tcp.{domain}", "SRV")
        for value in service.values[:HOSTS_LIMIT]:
            *_, port, name = value.split(" ")
            if name.strip("."):
                yield _bare(name), {"SRV": f"_autodiscover._tcp.{domain} {port}"}, service.quote

    def _sender_policy(self, domain: str) -> Iterator[Evidence | Gap]:
        """SPF of the domain and of what it includes below itself; hosts named by `a:`."""
        waiting, read = [domain], 0
        hosts: dict[str, str] = {}
        while waiting and read < SPF_LIMIT:
            name = waiting.pop(0)
            answer = self._ask(name, "TXT")
            yield from self.told()
            read += 1
            policies = [text for text in answer.values if text.lower().startswith("v=spf1")]
            for policy in policies[:1]:
                terms = [term.lstrip("+-~?") for term in policy.split()[1:]]
                includes = [_bare(t[8:]) for t in terms if t.lower().startswith("include:")]
                waiting += [each for each in includes if _below(each, domain)]
                named = [_bare(t[2:].split("/")[0]) for t in terms if t.lower().startswith("a:")]
                hosts |= {each: policy for each in named if "%" not in each}
                online = any(points_to(each, domain) == "exchange-online" for each in includes)
                facts = {f"SPF of {name}": policy[:QUOTE_LIMIT]}
                if online:
                    facts["points-to"] = "exchange-online"
                body = Host(seen_by="dns", organisation=domain, facts=facts)
                yield self._evidence(self.at(name, "TXT"), body, policy)
        if waiting:
            yield self._cut(domain, "TXT", SPF_LIMIT)
        if len(hosts) > HOSTS_LIMIT:
            yield self._cut(domain, "TXT", HOSTS_LIMIT)
        for host, policy in list(hosts.items())[:HOSTS_LIMIT]:
            yield from self._named_host(host, domain, {"SPF": domain}, policy)

    def _guesses(self, domain: str) -> Iterator[Evidence | Gap]:
        """Common names; where every name exists, only those that lead elsewhere than the rest."""
        label = f"tocsin-{hashlib.sha256(domain.encode()).hexdigest()[:16]}"
        anywhere = self._resolve(f"{label}.{domain}").addresses
        if anywhere:
            why = say(
                N_("every name below {domain} exists; common names prove little there"),
                domain=domain[:LABELS_LIMIT],
            )
            yield Gap(at=self.at(f"*.{domain}"), why=why, kind="undecided")
        for first in NAMES:
            name = f"{first}.{domain}"
            found = self._resolve(name)
            yield from self.told()
            if found.addresses and set(found.addresses) != set(anywhere):
                yield self._host(found, domain, {}, "")

    def _named_host(
        self, name: str, domain: str, facts: dict[str, str], quote: str
    ) -> Iterator[Evidence | Gap]:
        """A host that a record names: evidence of the name, resolved or not."""
        found = self._resolve(name)
        yield from self.told()
        yield self._host(found, domain, facts, quote)

    def _host(self, found: _Resolved, domain: str, facts: dict[str, str], quote: str) -> Evidence:
        goal = points_to(found.canonical, domain, found.addresses, self._networks)
        facts = facts | {"points-to": goal}
        if found.canonical != found.name:
            # The end of the chain is a name that others may share, so it names no server.
            facts["CNAME"] = found.canonical
        body = Host(
            seen_by="dns",
            names=(found.name,),
            addresses=found.addresses,
            organisation=domain,
            facts=facts,
        )
        quote = "\n".join(each for each in (quote, found.quote) if each)
        return self._evidence(self.at(found.name, "A"), body, quote)

    def _evidence(self, at: Locator, body: Host | Setting | Inquiry, quote: str) -> Evidence:
        return Evidence(at=at, body=body, seen=self._now, quote=quote[:QUOTE_LIMIT])

    def told(self) -> Iterator[Gap]:
        """The gaps since the last time."""
        gaps, self._gaps = self._gaps, []
        yield from gaps

    def _resolve(self, name: str) -> _Resolved:
        four, six = self._ask(name, "A"), self._ask(name, "AAAA")
        return _Resolved(
            name=name,
            canonical=four.canonical or six.canonical or name,
            addresses=(*four.values, *six.values)[:ADDRESSES_LIMIT],
            quote="\n".join(each for each in (four.quote, six.quote) if each),
        )

    def _ask(self, name: str, kind: str) -> _Answer:
        """One question. Raises _Silent when the resolver has stopped to answer."""
        try:
            answer = self._resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            self._silent = 0
            return _Answer(exists=False)
        except dns.resolver.LifetimeTimeout:
            self._silent += 1
            self._lost(name, kind, say(N_("no answer in time")))
            if self._silent >= SILENCE_LIMIT:
                raise _Silent from None
            return _Answer(answered=False)
        except (dns.exception.DNSException, OSError, ValueError) as error:
            # SERVFAIL of every resolver, a broken answer, a name that is none.
            self._silent = 0
            why = say(N_("the question failed: {error}"), error=str(error)[:300])
            self._lost(name, kind, why)
            return _Answer(answered=False)
        self._silent = 0
        if answer.rrset is None:
            return _Answer(canonical=_bare(str(answer.canonical_name)))
        values = tuple(map(_value, answer.rrset))
        self._records += len(values)
        return _Answer(
            values=values,
            canonical=_bare(str(answer.canonical_name)),
            quote=answer.rrset.to_text()[:QUOTE_LIMIT],
        )

    def _cut(self, name: str, kind: str, limit: int) -> Gap:
        why = say(N_("more than {limit} of these; the rest was not read"), limit=limit)
        return Gap(at=self.at(name, kind), why=why, kind="limit")

    def _lost(self, name: str, kind: str, why: Sentence) -> None:
        self._gaps.append(Gap(at=self.at(name, kind), why=why, kind="not-collected"))


def _value(record: dns.rdata.Rdata) -> str:
    """The record's text; the strings of a TXT record joined, as SPF reads them."""
    strings = getattr(record, "strings", None)
    if strings is None:
        return record.to_text()
    return b"".join(strings).decode("utf-8", errors="replace")


def _bare(name: str) -> str:
    return name.strip().strip(".").lower()
