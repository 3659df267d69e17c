"""Intrusions, as rows in the logs that they leave: ways in, and what follows, each in variants.

Every act says which step it is and whether it worked; that is the truth which the hunt is held
against. Nothing here can be sent: these are rows, with placeholders where a payload would be.
"""

from __future__ import annotations

import base64
import random
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchmarks.hunt.logs import Server, Web

AGENTS = (
    "python-requests/2.25.1", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "ExchangeServicesClient/0.0.0.0",
    "Go-http-client/1.1", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/14.0 Safari/605.1.15", "",
)  # fmt: skip


@dataclass
class Act:
    """One act of an intrusion. step: a name of the hunt's steps."""

    step: str
    when: datetime
    client: str
    worked: bool
    variant: str


@dataclass
class Intruder:
    """Who does it, and how he writes things."""

    server: Server
    chance: random.Random
    start: datetime
    client: str = ""
    agent: str = ""
    mail: str = "administrator@contoso.example"

    def __post_init__(self) -> None:
        self.client = self.client or f"203.0.113.{self.chance.randrange(1, 250)}"
        self.agent = self.agent or self.chance.choice(AGENTS)
        self.acts: list[Act] = []

    def later(self, low: float, high: float) -> datetime:
        """Time goes on."""
        self.start += timedelta(seconds=low + self.chance.random() * (high - low))
        return self.start

    def did(self, step: str, variant: str, *, worked: bool = True) -> None:
        """Write down the truth."""
        self.acts.append(Act(step, self.start, self.client, worked, variant))


def word(chance: random.Random, low: int = 4, high: int = 9) -> str:
    """A name that means nothing."""
    return "".join(
        chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(low, high))
    )


def proxylogon(one: Intruder, *, worked: bool) -> None:
    """The request forgery of CVE-2021-26855, then a virtual directory's address (CVE-2021-27065)."""
    chance, server = one.chance, one.server
    page = f"/ecp/{word(chance, 1, 6)}.{chance.choice(('js', 'css', 'png', 'flt', 'gif', 'svg'))}"
    name = server.name.lower()
    paths = ("/autodiscover/autodiscover.xml?#", "/mapi/emsmdb/?#", "/ecp/proxyLogon.ecp?#",
             "/ecp/DDI/DDIService.svc/GetObject?msExchEcpCanary=CANARY1&schema=OABVirtualDirectory#",
             "/ecp/DDI/DDIService.svc/SetObject?msExchEcpCanary=CANARY1&schema=OABVirtualDirectory#",
             "/ecp/DDI/DDIService.svc/SetObject?msExchEcpCanary=CANARY1&schema=ResetOABVirtualDirectory#")  # fmt: skip
    prefix = chance.choice(("a]", f"{word(chance)}]", "]"))
    for path in paths if worked else paths[:2]:
        anchor = f"ServerInfo~{prefix}@{name}.contoso.example:444{path}"
        server.web(Web(
            one.later(1, 9), page, "", "POST", "", one.client, one.agent,
            (241 if "proxyLogon" in path else 200) if worked else chance.choice((500, 503, 401)),
            "Ecp", anchor, "X-BEResource-Cookie", back_end=worked,
        ))  # fmt: skip
    one.did("ssrf", "proxylogon", worked=worked)
    if not worked:
        return
    shell = chance.choice(('http://f/<script language="JScript" runat="server">function Page_Load(){eval(PLACEHOLDER);}</script>',
                           'http://x/#%3Cscript language="c#" runat=server>PLACEHOLDER</script>'))  # fmt: skip
    server.add("ecp-server", one.start, EventId="ECP.Request",
               EventData=f"S:TIME=90;S:SID={server.guid()};'S:CMD=Set-OabVirtualDirectory.ExternalUrl=''{shell}''.Identity=''{server.guid()}''';S:REQID=;S:URL=/ecp/DDI/DDIService.svc/SetObject?msExchEcpCanary=CANARY1&schema=OABVirtualDirectory:444;S:EX=;S:ACTID={server.guid()}")  # fmt: skip
    server.cmdlet(
        one.start,
        "NT AUTHORITY\\SYSTEM",
        "Set-OabVirtualDirectory",
        f'-ExternalUrl "{shell}" -Identity "{server.name}\\OAB (Default Web Site)"',
    )
    one.did("webshell-write", "proxylogon")
    use_shell(
        one,
        f"/{chance.choice(('owa/auth', 'aspnet_client', 'ecp/auth', 'owa/auth/Current/themes'))}/{word(chance)}.aspx",
    )


def proxyshell(one: Intruder, *, worked: bool) -> None:
    """Path confusion over Autodiscover (CVE-2021-34473), acting as somebody, remote PowerShell."""
    chance, server = one.chance, one.server
    at = chance.choice(
        (f"@{word(chance)}.example", f"{word(chance)}@{word(chance)}.example", "@zdi.example")
    )
    forms = (
        lambda path: (
            "/autodiscover/autodiscover.json",
            f"{at}{path}?&Email=autodiscover/autodiscover.json%3F{at}",
        ),
        lambda path: ("/Autodiscover/Autodiscover.json", f"a={at}{path}"),
        lambda path: (
            "/autodiscover/autodiscover.json",
            f"{at.replace('@', '%40')}{path}&Email=autodiscover/autodiscover.json%3f{at.replace('@', '%40')}",
        ),
        lambda path: (f"/autodiscover/{at}{path}", "Email=autodiscover/autodiscover.json"),
        lambda path: ("/autodiscover/autodiscover.json", f"{at}{path}?reason=1"),
    )
    form = chance.choice(forms)
    variant = f"proxyshell-{forms.index(form)}"
    legs = ("/autodiscover/autodiscover.xml", "/mapi/emsmdb/", "/EWS/exchange.asmx", "/powershell/")
    for leg in legs if worked else legs[1:2]:
        stem, query = form(leg)
        if leg == "/powershell/":
            query += f"&X-Rps-CAT={token(one.mail)}"
        server.web(Web(
            one.later(1, 6), stem, query, chance.choice(("POST", "GET")) if leg != "/powershell/" else "POST",
            "NT AUTHORITY\\SYSTEM" if worked and leg != "/powershell/" else "", one.client, one.agent,
            200 if worked else chance.choice((401, 404, 400, 302)), "Autodiscover",
            f"Smtp~{one.mail}" if worked else "", "AutodiscoverRedirect", back_end=worked,
        ))  # fmt: skip
    one.did("proxyshell", variant, worked=worked)
    if not worked:
        return
    server.cmdlet(
        one.later(1, 5),
        "contoso.example/Users/Administrator",
        "New-ManagementRoleAssignment",
        '-Role "Mailbox Import Export" -User "administrator"',
    )
    one.did("role-grant", "proxyshell")
    page = f"{word(chance)}.aspx"
    share = chance.choice(
        ("127.0.0.1", "localhost", server.name, f"{server.name}.contoso.example", "[::1]")
    )
    folder = chance.choice(
        (
            "C$\\inetpub\\wwwroot\\aspnet_client",
            "c$\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\owa\\auth",
        )
    )
    server.cmdlet(
        one.later(2, 9),
        "contoso.example/Users/Administrator",
        "New-MailboxExportRequest",
        f'-Mailbox "{one.mail}" -IncludeFolders ("#Drafts#") -ContentFilter "(Subject -eq \'{word(chance)}\')" -FilePath "\\\\{share}\\{folder}\\{page}"',
    )
    one.did("webshell-write", "mailbox-export")
    if chance.random() < 0.5:
        server.cmdlet(
            one.later(20, 60),
            "contoso.example/Users/Administrator",
            "Remove-MailboxExportRequest",
            '-Confirm "False"',
        )
    use_shell(one, ("/aspnet_client/" if "aspnet" in folder else "/owa/auth/") + page)


def token(mail: str) -> str:
    """An access token as the proxy hands it on (version, type, authentication, name, SIDs)."""

    def text(value: str) -> bytes:
        return bytes([len(value)]) + value.encode()

    sid = "S-1-5-21-1004336348-1177238915-682003330-500"
    raw = (
        b"V\x01\x00"
        b"T"
        + text("Windows")
        + b"C\x00"
        + b"A"
        + text("Kerberos")
        + b"L"
        + text(mail)
        + b"U"
        + text(sid)
        + b"G"
        + struct.pack("<i", 1)
        + struct.pack("<i", 7)
        + text("S-1-5-32-544")
        + b"E"
        + struct.pack("<i", 0)
    )
    return base64.b64encode(raw).decode().replace("+", "%2B")


def use_shell(one: Intruder, page: str) -> None:
    """Ask the page for this and that."""
    chance, server = one.chance, one.server
    for number in range(chance.randint(3, 12)):
        server.web(Web(
            one.later(3, 600), page, chance.choice(("", f"cmd={word(chance)}", f"{word(chance)}={word(chance)}")),
            chance.choice(("POST", "POST", "GET")), "", one.client, one.agent, 200 if number else chance.choice((200, 404)),
            "Owa", only_iis=not page.startswith(("/owa", "/ecp")), back_end=False,
        ))  # fmt: skip
    one.did("webshell-use", page.rpartition("/")[0])
    if chance.random() < 0.7:
        command = chance.choice(
            (
                "whoami",
                'net group "Domain Admins" /domain',
                "nltest /dclist:",
                "quser",
                "ipconfig /all",
            )
        )
        server.event(one.later(1, 30), "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", 1, {
            "Image": "C:\\Windows\\System32\\cmd.exe", "CommandLine": f'"cmd.exe" /c {command}', "User": "NT AUTHORITY\\SYSTEM",
            "ParentImage": "C:\\Windows\\System32\\inetsrv\\w3wp.exe", "UtcTime": f"{one.start:%Y-%m-%d %H:%M:%S}.000",
            "ParentCommandLine": 'c:\\windows\\system32\\inetsrv\\w3wp.exe -ap "MSExchangeOWAAppPool" -v "v4.0"'})  # fmt: skip
        one.did("discovery", "w3wp-child")


def owassrf(one: Intruder, *, worked: bool) -> None:
    """Remote PowerShell through OWA with a stolen account (CVE-2022-41080)."""
    server, chance = one.server, one.chance
    stem = chance.choice(
        (
            f"/owa/{one.mail}/powershell",
            f"/owa/mastermailbox@{word(chance)}.example/powershell",
            "/owa/x%40y.example/powershell",
        )
    )
    server.web(Web(one.later(1, 9), stem, "", "POST", "CONTOSO\\user7", one.client, "Microsoft WinRM Client" if worked else one.agent,
                   200 if worked else chance.choice((401, 500)), "Owa", f"Smtp~{one.mail}", back_end=worked))  # fmt: skip
    one.did("owassrf", "owassrf", worked=worked)
    if worked:
        server.add("rps-http", one.start, UrlStem="/powershell", AuthenticatedUser="CONTOSO\\user7", ClientIpAddress=one.client,
                   HttpStatus=200, Action="New-PSSession:Receive", ClientInfo=one.agent or "python-winrm", IsAuthenticated="true")  # fmt: skip
        server.event(one.later(5, 60), "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", 1, {
            "Image": "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
            "CommandLine": "powershell -nop -w hidden -enc " + base64.b64encode("Write-Output placeholder".encode("utf-16-le")).decode(),
            "ParentImage": "C:\\Windows\\System32\\inetsrv\\w3wp.exe", "User": "NT AUTHORITY\\SYSTEM",
            "ParentCommandLine": 'c:\\windows\\system32\\inetsrv\\w3wp.exe -ap "MSExchangePowerShellAppPool"'})  # fmt: skip
        one.did("discovery", "w3wp-child")


def proxynotshell(one: Intruder, *, worked: bool) -> None:
    """The same confusion with a login (CVE-2022-41040)."""
    server = one.server
    server.web(Web(one.later(1, 9), "/autodiscover/autodiscover.json", f"@{word(one.chance)}.example/owa/?&Email=autodiscover/autodiscover.json?a@b.example&Protocol=XYZ&FooProtocol=Powershell",
                   "GET", "CONTOSO\\user7", one.client, one.agent, 200 if worked else 403, "Autodiscover", back_end=worked))  # fmt: skip
    one.did("proxyshell", "proxynotshell", worked=worked)


def mail_abuse(one: Intruder, *, worked: bool = True) -> None:
    """Answer many conversations from the server itself, over EWS, as their owners."""
    server, chance = one.server, one.chance
    if not worked:
        return
    for number in range(chance.randint(40, 120)):
        when = one.later(1, 12)
        victim = f"user{number}@contoso.example"
        server.add("ews", when, AuthenticatedUser="NT AUTHORITY\\SYSTEM", UserAgent=one.agent, ClientIpAddress="::1",
                   SoapAction="CreateItem", HttpStatus=200, ActAsUser=victim, IsAuthenticated="true")  # fmt: skip
        server.add("messagetracking", when, **{
            "client-ip": "::1", "source": "STOREDRIVER", "event-id": "RECEIVE",
            "source-context": f"MDB:{server.guid()}, Mailbox:{server.guid()}, MessageClass:IPM.Note, ClientType:WebServices",
            "message-id": f"<{server.guid()}@contoso.example>", "recipient-address": ";".join(f"user{chance.randrange(300)}@contoso.example" for _ in range(8)),
            "recipient-count": 8, "message-subject": f"RE: {word(chance)} {word(chance)}", "sender-address": victim,
            "return-path": victim, "directionality": "Originating", "original-client-ip": "::1"})  # fmt: skip
    one.did("mail-abuse", "ews-as-user")


WAYS = {
    "proxylogon": proxylogon,
    "proxyshell": proxyshell,
    "owassrf": owassrf,
    "proxynotshell": proxynotshell,
}
