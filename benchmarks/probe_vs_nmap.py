"""The probe beside `nmap -sV`: the same ports of the same loopback hosts, in one run.

Each of N addresses of 127.64.0.0/10 plays an Exchange server: HTTPS on one high port, SMTP with
STARTTLS on another. The servers run in a process of their own, bound to the loopback interface.
Prints both times, the ratio (the promise: at least 5), what the servers' process used, and how
many answers were lost: for every host its build, its name, and its SMTP service must be found. nmap runs with
its fastest timing (-T5) unless told otherwise.
Usage: python benchmarks/probe_vs_nmap.py [--hosts 4096] [--nmap-options "-T5"] [--skip-nmap]
Needs Linux and nmap (Debian: apt-get install nmap). Nothing is sent to any other address.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import resource
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "collect")]

NETWORK = ipaddress.ip_network("127.64.0.0/10")
HTTPS, SMTP = 8443, 2525
"""High ports that nmap, too, takes for TLS and SMTP first: on others it needs three times as long."""
SO_BINDTODEVICE = 25
BUILDS = ("15.2.1748.36", "15.1.2507.61", "15.2.1544.14", "15.0.1497.48")


def name(address: str) -> str:
    """The name the server of an address has."""
    return f"EX{int(ipaddress.ip_address(address)) & 0xFFFFF:05X}"


def build(address: str) -> str:
    """The build the server of an address has."""
    return BUILDS[int(ipaddress.ip_address(address)) % len(BUILDS)]


def listener(port: int) -> socket.socket:
    """One socket for all of 127/8, deaf on every interface but loopback."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"lo\0")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind(("0.0.0.0", port))
    found.listen(4096)
    return found


async def serve(folder: Path) -> None:
    """Play every host at once; what is answered depends on the address that was called."""
    # Here, not above: the probe's own process must not carry the servers.
    from probe_server import (  # noqa: PLC0415
        Peer,
        certificate,
        exchange,
        exchange_smtp,
        server_context,
    )

    # As Exchange is: an RSA certificate and old TLS allowed, which also lets nmap recognise TLS.
    pem = certificate(folder, ["mail.contoso.example", "*.contoso.example"], kind="rsa")
    context = server_context(pem)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    web: dict[str, object] = {}

    async def on_web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("sockname")[0]
        if address not in web:
            web[address] = exchange(build(address), name(address))
        await Peer(web[address]).accept(reader, writer)

    async def on_smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("sockname")[0]
        await Peer(exchange_smtp(name(address), tls=context)).accept(reader, writer)

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    first = await asyncio.start_server(on_web, sock=listener(HTTPS), ssl=context)
    second = await asyncio.start_server(on_smtp, sock=listener(SMTP))
    print("ready", flush=True)
    async with first, second:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def run_probe(hosts: list[str], options: argparse.Namespace) -> tuple[float, dict[str, set[str]]]:
    """Seconds, and what was found out per address."""
    from tocsin.collect.probe import ProbeSettings, probe  # noqa: PLC0415
    from tocsin.model.evidence import Evidence, Host  # noqa: PLC0415

    settings = ProbeSettings(
        targets=tuple(hosts),
        ports=(f"https:{HTTPS}", f"smtp:{SMTP}"),
        rate=0,
        concurrency=options.concurrency,
    )
    found: dict[str, set[str]] = {}
    began = time.perf_counter()
    for each in probe(settings):
        if isinstance(each, Evidence) and isinstance(each.body, Host):
            seen = found.setdefault(each.body.addresses[0], set())
            seen |= {value.lower() for value in each.body.names}
            seen.add(each.at.source.partition(":")[0])
            if each.body.version is not None:
                seen.add(each.body.version.text)
        elif not isinstance(each, Evidence):
            print("   gap:", each.at, each.why)
    return time.perf_counter() - began, found


def lost(hosts: list[str], found: dict[str, set[str]]) -> int:
    """Answers that are missing or wrong: build, short name, full name, web, SMTP of each host."""
    missing = 0
    for host in hosts:
        short = name(host).lower()
        wanted = {build(host), short, f"{short}.corp.contoso.example", "https", "smtp"}
        missing += len(wanted - found.get(host, set()))
    return missing


def run_nmap(hosts: list[str], options: argparse.Namespace, folder: Path) -> tuple[float, int]:
    """Seconds, and how many of the open ports nmap has put a name to."""
    listed, output = folder / "hosts", folder / "nmap.xml"
    listed.write_text("\n".join(hosts))
    command = [
        "nmap",
        "-sV",
        "-Pn",
        "-n",
        "-p",
        f"{HTTPS},{SMTP}",
        *shlex.split(options.nmap_options),
    ]
    command += ["-iL", str(listed), "-oX", str(output)]
    print("  $", shlex.join(command[:-4]), "...")
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - began
    ports = ET.parse(output).getroot().iter("port")
    return took, sum(1 for port in ports if port.find("service[@product]") is not None)


def processor(pid: int) -> float:
    """Processor seconds of another process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=4096)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--nmap-options", default="-T5")
    parser.add_argument("--skip-nmap", action="store_true")
    parser.add_argument("--serve", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(Path(options.serve)))
        return 0
    hosts = [str(NETWORK[number + 256]) for number in range(options.hosts)]
    with tempfile.TemporaryDirectory() as named:
        folder = Path(named)
        command = [sys.executable, __file__, "--serve", named]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            try:
                return measure(hosts, options, folder, server.pid)
            finally:
                server.terminate()


def measure(hosts: list[str], options: argparse.Namespace, folder: Path, pid: int) -> int:
    """Both runs against the same running servers."""
    print(f"{len(hosts)} hosts, ports {HTTPS} (HTTPS) and {SMTP} (SMTP), {ssl.OPENSSL_VERSION}")
    before, own = processor(pid), time.process_time()
    took, found = run_probe(hosts, options)
    missing = lost(hosts, found)
    print(
        f"probe: {took:.1f} s ({len(hosts) / took:.0f} hosts/s), processor: probe "
        f"{time.process_time() - own:.1f} s, servers {processor(pid) - before:.1f} s, memory "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB, answers lost: {missing}"
    )
    if options.skip_nmap or shutil.which("nmap") is None:
        print("nmap: not run")
        return 1 if missing else 0
    before = processor(pid)
    slow, named = run_nmap(hosts, options, folder)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"nmap:  {slow:.1f} s ({len(hosts) / slow:.0f} hosts/s), processor: nmap "
        f"{used.ru_utime + used.ru_stime:.1f} s, servers {processor(pid) - before:.1f} s, "
        f"products named: {named} of {2 * len(hosts)} ports"
    )
    print(f"ratio: {slow / took:.1f} (promised: 5)")
    return 1 if missing or slow < 5 * took else 0


if __name__ == "__main__":
    raise SystemExit(main())
