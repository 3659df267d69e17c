"""The DNS collector against a real, small DNS server on loopback."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone
import pytest

from tocsin.collect.dns import (
    NAMES,
    SILENCE_LIMIT,
    DnsSettings,
    points_to,
    read_dns,
)
from tocsin.model.evidence import Evidence, Host, Inquiry, Look, Setting
from tocsin.model.finding import Gap

NOW = datetime(2026, 11, 25, tzinfo=UTC)

HEAD = """
@ 300 IN SOA ns hostmaster 1 3600 600 86400 300
@ 300 IN NS ns
"""
ZONES = {
    # Mail through a filter, autodiscover at home, a server behind it: hybrid or hidden.
    "contoso.test": HEAD
    + """
@ IN MX 10 mx1-eu1.pphosted.com.
@ IN MX 20 backup
@ IN TXT "v=spf1 include:spf.protection.outlook.com include:_spf.contoso.test a:out.contoso.test -all"
@ IN TXT "unrelated"
_spf IN TXT "v=spf1 " "ip4:198.51.100.7 -all"
_autodiscover._tcp IN SRV 0 0 443 owa
autodiscover IN A 198.51.100.10
owa IN A 198.51.100.10
owa IN AAAA 2001:db8::10
backup IN A 198.51.100.25
out IN A 198.51.100.26
hybrid IN A 10.1.2.3
mail IN CNAME owa
""",
    "cloud.test": HEAD
    + """
@ IN MX 0 cloud-test.mail.protection.outlook.com.
autodiscover IN CNAME autodiscover.outlook.com.
""",
    "wild.test": HEAD
    + """
@ IN MX 10 mail
* IN A 198.51.100.99
ex01 IN A 198.51.100.1
""",
    "none.test": HEAD + "@ IN MX 0 .\n",
    "big.test": HEAD
    + "".join(f"@ IN MX {n} mail{n}.somewhere-rather-long.test.\n" for n in range(60)),
    "outlook.com": HEAD
    + """
autodiscover IN A 192.0.2.40
cloud-test.mail.protection IN A 192.0.2.41
""",
}


class Server:
    """Answers from ZONES by UDP and TCP; asked: every question; silent, failing: names."""

    def __init__(self) -> None:
        self.zones = {
            dns.name.from_text(origin): dns.zone.from_text(text, origin, relativize=False)
            for origin, text in ZONES.items()
        }
        self.asked: list[tuple[str, str]] = []
        self.silent: set[str] = set()
        self.failing: set[str] = set()
        self.port = 0

    def answer(self, wire: bytes, limit: int) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked.append((name, dns.rdatatype.to_text(question.rdtype)))
        if name in self.silent or "*" in self.silent:
            return None
        response = dns.message.make_response(query)
        if name in self.failing:
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            self._fill(response, question.name, question.rdtype)
        out = response.to_wire()
        if len(out) <= limit:
            return out
        short = dns.message.make_response(query)
        short.flags |= dns.flags.TC
        return short.to_wire()

    def _fill(self, response: dns.message.Message, name: dns.name.Name, kind: int) -> None:
        zone = next((z for o, z in self.zones.items() if name.is_subdomain(o)), None)
        if zone is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
            return
        node = zone.get_node(name) or zone.get_node(dns.name.Name(("*", *name.parent().labels)))
        if node is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
            return
        for wanted in (kind, dns.rdatatype.CNAME):
            found = node.get_rdataset(dns.rdataclass.IN, wanted)
            if found is not None:
                response.answer.append(dns.rrset.from_rdata_list(name, found.ttl, list(found)))
                if wanted == dns.rdatatype.CNAME and kind != wanted:
                    self._fill(response, found[0].target, kind)
                    response.set_rcode(dns.rcode.NOERROR)
                return


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as started:
        yield started


@contextmanager
def running() -> Iterator[Server]:
    state = Server()

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, sock = self.request
            out = state.answer(wire, 512)
            if out is not None:
                sock.sendto(out, self.client_address)

    class Tcp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            size = int.from_bytes(self.request.recv(2, socket.MSG_WAITALL), "big")
            out = state.answer(self.request.recv(size, socket.MSG_WAITALL), 65535)
            if out is not None:
                self.request.sendall(len(out).to_bytes(2, "big") + out)

    udp, tcp = _on_one_port(Udp, Tcp)
    state.port = udp.server_address[1]
    with udp, tcp:
        for each in (udp, tcp):
            threading.Thread(target=each.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield state
        finally:
            udp.shutdown()
            tcp.shutdown()


def _on_one_port(
    udp_handler: type[socketserver.BaseRequestHandler],
    tcp_handler: type[socketserver.BaseRequestHandler],
) -> tuple[socketserver.ThreadingUDPServer, socketserver.ThreadingTCPServer]:
    """A name server has one number for both; another test may hold the TCP side of a free one."""
    for _ in range(50):
        tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), tcp_handler)
        try:
            return socketserver.ThreadingUDPServer(tcp.server_address, udp_handler), tcp
        except OSError:
            tcp.server_close()
    msg = "no port is free for both UDP and TCP"
    raise OSError(msg)


def ask(
    server: Server, *domains: str, timeout: float = 2, networks: tuple[str, ...] = ()
) -> tuple[list[Host], list[Gap], list[Look]]:
    settings = DnsSettings(
        resolvers=("127.0.0.1",), port=server.port, timeout=timeout, networks=networks
    )
    found = list(read_dns(domains, settings, NOW))
    bodies = [each.body for each in found if isinstance(each, Evidence)]
    assert all(each.seen == NOW for each in found if isinstance(each, Evidence))
    assert all(each.at.source in ("dns:", f"dns://127.0.0.1:{server.port}/") for each in found)
    return (
        [body for body in bodies if isinstance(body, Host)],
        [each for each in found if isinstance(each, Gap)],
        [body for body in bodies if isinstance(body, Look)],
    )


def named(hosts: list[Host], name: str) -> list[Host]:
    return [host for host in hosts if name in host.names]


def test_a_filter_in_front_and_a_server_at_home(server: Server):
    hosts, gaps, (look,) = ask(server, "Contoso.test.")
    assert not gaps
    assert look.scope == "domain:contoso.test"
    (mx,) = named(hosts, "mx1-eu1.pphosted.com")
    assert mx.facts == {"MX": "contoso.test 10", "points-to": "filter"}
    (backup,) = named(hosts, "backup.contoso.test")
    assert backup.facts["points-to"] == "own-network"
    assert backup.addresses == ("198.51.100.25",)
    (autodiscover,) = named(hosts, "autodiscover.contoso.test")
    assert autodiscover.facts["points-to"] == "own-network"
    service, guessed = named(hosts, "owa.contoso.test")
    assert service.facts["SRV"] == "_autodiscover._tcp.contoso.test 443"
    assert guessed.addresses == ("198.51.100.10", "2001:db8::10")
    assert {host.product for host in hosts} == {None}
    assert {host.organisation for host in hosts} == {"contoso.test"}


def test_the_sender_policy_names_the_cloud_the_hosts_and_what_it_includes(server: Server):
    hosts, _, _ = ask(server, "contoso.test")
    facts = {key: value for host in hosts if not host.names for key, value in host.facts.items()}
    assert facts["points-to"] == "exchange-online"
    assert facts["SPF of contoso.test"].startswith("v=spf1 include:spf.protection.outlook.com")
    assert facts["SPF of _spf.contoso.test"] == "v=spf1 ip4:198.51.100.7 -all"
    (out,) = named(hosts, "out.contoso.test")
    assert out.addresses == ("198.51.100.26",)


def test_private_addresses_and_aliases(server: Server):
    hosts, _, _ = ask(server, "contoso.test")
    assert named(hosts, "hybrid.contoso.test")[0].facts["points-to"] == "own-network"
    (mail,) = named(hosts, "mail.contoso.test")
    assert mail.facts["CNAME"] == "owa.contoso.test"
    assert mail.names == ("mail.contoso.test",)


def test_a_domain_in_the_cloud(server: Server):
    hosts, _, _ = ask(server, "cloud.test")
    assert {host.facts["points-to"] for host in hosts} == {"exchange-online"}
    (autodiscover,) = named(hosts, "autodiscover.cloud.test")
    assert autodiscover.facts["CNAME"] == "autodiscover.outlook.com"


def test_where_every_name_exists_only_the_different_ones_count(server: Server):
    hosts, gaps, _ = ask(server, "wild.test")
    assert {name for host in hosts for name in host.names} == {"mail.wild.test", "ex01.wild.test"}
    assert [(gap.at.position, gap.kind) for gap in gaps] == [("*.wild.test", "undecided")]


def test_a_domain_that_takes_no_mail(server: Server):
    hosts, gaps, looks = ask(server, "none.test")
    assert not hosts
    assert not gaps
    assert len(looks) == 1


def settings(server: Server, domain: str) -> list[Setting | Inquiry]:
    asked = DnsSettings(resolvers=("127.0.0.1",), port=server.port)
    bodies = [each.body for each in read_dns([domain], asked, NOW) if isinstance(each, Evidence)]
    return [body for body in bodies if isinstance(body, Setting | Inquiry)]


@pytest.mark.parametrize(
    ("domain", "hosts"),
    [
        ("contoso.test", ["mx1-eu1.pphosted.com", "backup.contoso.test"]),
        # RFC 7505: a single dot says that the domain takes no mail.
        ("none.test", ["."]),
        ("outlook.com", []),
    ],
)
def test_where_mail_goes_is_a_setting_of_the_domain(server: Server, domain: str, hosts: list[str]):
    record, inquiry = settings(server, domain)
    assert isinstance(record, Setting)
    assert (record.kind, record.name, record.seen_by) == ("MxRecord", domain, "dns")
    assert record.properties == {"Domain": domain, "Hosts": hosts}
    assert inquiry == Inquiry(seen_by="dns", kind="MxRecord", found=1)


def test_mail_exchangers_that_were_not_answered_or_not_all_read_are_not_none(server: Server):
    record, _ = settings(server, "big.test")
    assert isinstance(record, Setting)
    assert (record.properties, record.lost) == ({"Domain": "big.test"}, {"Hosts": "cut"})
    server.failing.add("contoso.test")
    (inquiry,) = settings(server, "contoso.test")
    assert isinstance(inquiry, Inquiry)
    assert inquiry.fault


def test_a_truncated_answer_is_asked_again_by_tcp_and_its_limit_is_told(server: Server):
    hosts, gaps, _ = ask(server, "big.test")
    assert len({host.names for host in hosts}) == 50
    assert [(gap.at.position, gap.kind) for gap in gaps] == [("big.test MX", "limit")]


def test_a_domain_that_does_not_exist_is_a_gap_and_nothing_else_is_asked(server: Server):
    hosts, gaps, looks = ask(server, "missing.test")
    assert not hosts
    assert not looks
    assert [(gap.at.position, gap.kind) for gap in gaps] == [("missing.test MX", "undecided")]
    assert server.asked == [("missing.test", "MX")]


def test_a_server_failure_is_a_gap_and_costs_only_its_question(server: Server):
    server.failing = {"autodiscover.contoso.test"}
    hosts, gaps, looks = ask(server, "contoso.test")
    assert {gap.at.position for gap in gaps} == {
        "autodiscover.contoso.test A",
        "autodiscover.contoso.test AAAA",
    }
    assert named(hosts, "owa.contoso.test")
    assert looks


def test_one_silent_name_is_a_gap_and_costs_only_its_question(server: Server):
    server.silent = {"owa.contoso.test"}
    hosts, gaps, looks = ask(server, "contoso.test", timeout=0.3)
    assert "owa.contoso.test A" in {gap.at.position for gap in gaps}
    assert named(hosts, "autodiscover.contoso.test")
    assert looks


def test_a_silent_resolver_is_given_up(server: Server):
    server.silent = {"*"}
    hosts, gaps, looks = ask(server, "contoso.test", "cloud.test", timeout=0.2)
    assert not hosts
    assert not looks
    assert len(gaps) == SILENCE_LIMIT + 1
    assert not any(name.endswith("cloud.test") for name, _ in server.asked)


def test_only_the_domains_given_are_asked_about(server: Server):
    ask(server, "cloud.test")
    assert {kind for _, kind in server.asked} == {"MX", "A", "AAAA", "SRV", "TXT"}
    beyond = {name for name, _ in server.asked if not name.endswith("cloud.test")}
    # The mail host that the domain's own record names.
    assert beyond == {"cloud-test.mail.protection.outlook.com"}
    assert {f"{first}.cloud.test" for first in NAMES} <= {name for name, _ in server.asked}


@pytest.mark.parametrize("domain", ["", "a" * 70 + ".test", "..", "\0", "x" * 300, "ü.test"])
def test_what_is_no_domain_is_a_gap_and_the_next_is_still_read(server: Server, domain: str):
    hosts, gaps, looks = ask(server, domain, "cloud.test")
    assert gaps
    assert named(hosts, "autodiscover.cloud.test")
    assert [look.scope for look in looks if "cloud" in look.scope] == ["domain:cloud.test"]


@pytest.mark.parametrize(
    "settings",
    [DnsSettings(resolvers=("dns.invalid",)), DnsSettings(networks=("not a network",))],
)
def test_settings_that_cannot_be_used_are_a_gap(settings: DnsSettings):
    (gap,) = read_dns(["contoso.test"], settings, NOW)
    assert isinstance(gap, Gap)


@pytest.mark.parametrize(
    ("name", "addresses", "networks", "expected"),
    [
        # The new form of MX for DNSSEC-signed inbound mail.
        ("contoso-com.a-v1.mx.microsoft", (), (), "exchange-online"),
        ("notoutlook.office365.com.evil.test", (), (), "other"),
        ("eu-smtp-inbound-1.mimecast.com", (), (), "filter"),
        ("mail.contoso.test", ("198.51.100.1",), (), "own-network"),
        ("mail.contoso.test", ("198.51.100.1",), ("203.0.113.0/24",), "other"),
        ("host.provider.test", ("203.0.113.9",), ("203.0.113.0/24",), "own-network"),
        ("host.provider.test", ("10.0.0.9",), (), "own-network"),
        ("aspmx.l.google.com", ("192.0.2.1",), (), "other"),
    ],
)
def test_where_a_name_leads(
    name: str, addresses: tuple[str, ...], networks: tuple[str, ...], expected: str
):
    assert points_to(name, "contoso.test", addresses, networks) == expected
