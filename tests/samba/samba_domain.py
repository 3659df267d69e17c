"""A real Samba Active Directory domain controller on an address of its own in 127/8.

Needs the Debian packages samba-ad-dc samba-ad-provision samba-dsdb-modules ldb-tools, and root,
because Samba listens on the fixed ports 389 and 636.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from exchange_organisation import child_domain_ldif, organisation_ldif
from exchange_schema import attributes_ldif, classes_ldif, superiors_ldif
from exchange_trusts import add_trusts

REALM, HOST = "CORP.TEST", "dc1.corp.test"
DOMAIN = "DC=corp,DC=test"
CONFIGURATION = f"CN=Configuration,{DOMAIN}"
SCHEMA = f"CN=Schema,{CONFIGURATION}"
READER, PASSWORD = "reader@corp.test", "Correct-Horse-7"
START_SECONDS = 20


def missing() -> str:
    """Why there can be no domain controller here; empty when there can."""
    absent = [name for name in ("samba", "samba-tool", "ldbadd") if shutil.which(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (Debian: samba-ad-dc samba-ad-provision samba-dsdb-modules ldb-tools)"
    if os.geteuid() != 0:
        return "a domain controller listens on ports 389 and 636, which needs root"
    return ""


class Domain:
    """What a test has to know. address: where it listens; ca: PEM file; folder: its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"127.{os.getpid() % 200 + 20}.{os.getpid() // 200 % 250}.5"
        self.ca = folder / "ca.pem"
        self.certificate = folder / "cert.pem"
        self.key = folder / "key.pem"
        self.database = folder / "dc" / "private" / "sam.ldb"

    def run(self, *command: str, feed: str = "") -> str:
        done = subprocess.run(
            command, input=feed, capture_output=True, text=True, check=False, timeout=60
        )
        # ldbadd ends with 0 when a record was refused.
        if done.returncode != 0 or done.stderr.startswith("ERR"):
            raise RuntimeError(f"{command[:3]}: {done.stderr[-1500:]}{done.stdout[-1500:]}")
        return done.stdout

    def change(self, tool: str, ldif: str, *options: str) -> None:
        """Write to the database file, as long as nobody serves it."""
        allowed = "--option=dsdb:schema update allowed=yes"
        self.run(tool, "-H", str(self.database), allowed, *options, feed=ldif)

    def stored(self, query: str, attribute: str, below: str = "") -> str:
        """One attribute read from the file by Samba's own tool: the truth to compare with."""
        below = below or CONFIGURATION
        out = self.run("ldbsearch", "-H", str(self.database), "-b", below, query, attribute)
        prefix = f"{attribute}: "
        return next(x.removeprefix(prefix) for x in out.splitlines() if x.startswith(prefix))


@contextmanager
def serve(folder: Path) -> Iterator[Domain]:
    """Provision, fill, start; stop and leave nothing running."""
    domain = Domain(folder)
    certificate = certificates(domain)
    _provision(domain)
    domain.change("ldbadd", attributes_ldif(SCHEMA))
    for classes in classes_ldif(SCHEMA):
        domain.change("ldbadd", classes)
    domain.change("ldbmodify", superiors_ldif(SCHEMA))
    domain.change("ldbadd", organisation_ldif(CONFIGURATION, DOMAIN, certificate))
    # systemFlags is the system's own: only a relaxed write keeps it.
    domain.change("ldbadd", child_domain_ldif(CONFIGURATION, DOMAIN), "--controls=relax:0")
    domain.run(
        "samba-tool", "user", "add", "reader", PASSWORD, "-H", str(domain.database),
        "-s", str(folder / "dc/etc/smb.conf"),
    )  # fmt: skip
    add_trusts(domain, CONFIGURATION, DOMAIN)
    process = _start(domain)
    try:
        _wait(domain, process)
        yield domain
    finally:
        # Started as leader of a session of its own, so this reaches its children and no other.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def _provision(domain: Domain) -> None:
    domain.run(
        "samba-tool", "domain", "provision", f"--realm={REALM}", "--domain=CORP",
        "--adminpass=Adm1n-Password-7", "--server-role=dc", "--dns-backend=NONE",
        f"--targetdir={domain.folder / 'dc'}", "--host-name=dc1", f"--host-ip={domain.address}",
        f"--option=interfaces={domain.address}/8", "--option=bind interfaces only=yes",
        f"--option=log file={domain.folder}/log.%m",
    )  # fmt: skip


def _start(domain: Domain) -> subprocess.Popen[bytes]:
    folder = domain.folder
    with (folder / "samba.out").open("wb") as log:
        return subprocess.Popen(
            [
                "samba", "-F", "--no-process-group", "-M", "single",
                "-s", str(folder / "dc/etc/smb.conf"),
                "--option=server services=ldap",
                f"--option=pid directory={folder}",
                f"--option=ncalrpc dir={folder}/ncalrpc",
                f"--option=tls cafile={domain.ca}",
                f"--option=tls certfile={domain.certificate}",
                f"--option=tls keyfile={domain.key}",
            ],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip


def _wait(domain: Domain, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((domain.address, 636)) == 0:
                return
        time.sleep(0.1)
    log = (domain.folder / "samba.out").read_text(errors="replace")
    raise RuntimeError(f"the domain controller did not start: {log[-2000:]}")


def certificates(domain: Domain) -> bytes:
    """An authority and the domain controller's certificate; gives the latter in DER."""
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CORP CA")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    base = x509.CertificateBuilder().issuer_name(ca_name).not_valid_before(start)
    base = base.not_valid_after(start + dt.timedelta(days=30))
    authority = (
        base.subject_name(ca_name)
        .public_key(ca_key.public_key())
        .serial_number(1)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        base.subject_name(name)
        .public_key(key.public_key())
        .serial_number(2)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address(domain.address))]
            ),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    domain.ca.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    domain.certificate.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    # Samba refuses a key that others may read.
    domain.key.touch(mode=0o600)
    domain.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return leaf.public_bytes(serialization.Encoding.DER)
