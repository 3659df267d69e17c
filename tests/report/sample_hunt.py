"""An invented hunt: a break-in over two servers told in nine steps, scanners, and words meant to do harm.

The rows have the form of the real logs (IIS, HttpProxy, Rps_Http, MSExchange Management, Security);
names, addresses, times and digests are invented.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sample_conversations import HARMFUL
from sample_parts import told
from sample_run import sample_run

from tocsin.model.finding import Level
from tocsin.model.hunt import (
    Cited,
    Hunt,
    HuntFinding,
    Incident,
    LogCoverage,
    Missing,
    Outcome,
    RuleProblem,
    Step,
)
from tocsin.model.run import Run

ATTACKER = "198.51.100.7"
IIS3 = "EX03/inetpub/logs/LogFiles/W3SVC1/u_ex261109.log"
PROXY3 = "EX03/Logging/HttpProxy/Autodiscover/HttpProxy_2026110902-1.LOG"
RPS3 = "EX03/Logging/CmdletInfra/Powershell-Proxy/Http/Rps_Http_2026110902-1.LOG"
MANAGEMENT3 = "EX03/winevt/MSExchange Management.evtx"
SECURITY3 = "EX03/winevt/Security.evtx"
SYSTEM5 = "EX05/winevt/System.evtx"
IIS5 = "EX05/inetpub/logs/LogFiles/W3SVC1/u_ex261110.log"
TITLES = {
    "probe": "Looked for a hole",
    "proxyshell": "Reached inner services without a login",
    "act-as-user": "Acted as somebody else",
    "role-grant": "Gave itself rights in Exchange",
    "export": "Had a mailbox written to a file",
    "webshell-use": "Used a web shell",
    "credentials": "Took passwords",
    "lateral": "Moved on to other machines",
    "tunnel": "Opened a way in from outside",
    "exfiltration": "Took data away",
    "impact": "Prepared or did damage",
}


def at(text: str) -> datetime:
    """A time in UTC, `2026-11-09 02:14:07`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def row(
    source: str, position: str, when: str, surface: str, host: str, raw: str, **more: Any
) -> Cited:
    """One row of a log; the digest is that of its source's name."""
    return Cited(
        source=source,
        position=position,
        sha256=hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest(),
        when=at(when) if when else None,
        surface=surface,
        host=host,
        raw=raw,
        **more,
    )


def finding(
    number: int,
    rule: str,
    title: str,
    level: Level,
    outcome: Outcome,
    events: tuple[Cited, ...],
    **more: Any,
) -> HuntFinding:
    """One finding over its rows; times, place and count are those of the rows unless given."""
    times = [each.when for each in events if each.when is not None]
    values: dict[str, Any] = {
        "because": told("{count} rows", count=len(events)),
        "surface": events[0].surface,
        "host": events[0].host,
        "clients": (ATTACKER,),
        "first": min(times, default=None),
        "last": max(times, default=None),
        "count": len(events),
        "outcomes": {outcome: more.get("count", len(events))},
    }
    return HuntFinding(
        id=f"{number:032x}",
        rule=rule,
        title=title,
        level=level,
        outcome=outcome,
        events=events,
        **(values | more),
    )


def _iis(when: str, method: str, stem: str, query: str, status: int, agent: str) -> str:
    return f"{when} 10.20.4.13 {method} {stem} {query} 443 - {ATTACKER} {agent} - {status} 0 0 214"


def _probe() -> HuntFinding:
    rows = tuple(
        row(
            IIS3.replace("1109", "1105"),
            f"line {40_212 + number}",
            f"2026-11-05 03:11:{2 + number:02}",
            "iis",
            "EX03",
            _iis(
                f"2026-11-05 03:11:{2 + number:02}",
                "GET",
                "/autodiscover/autodiscover.json",
                f"@contoso.example/{path}?&Email=autodiscover/autodiscover.json%3F@contoso.example",
                401,
                "python-requests/2.31.0",
            ),
            fields={
                "cs-method": "GET",
                "cs-uri-stem": "/autodiscover/autodiscover.json",
                "sc-status": "401",
                "c-ip": ATTACKER,
                "cs-user-agent": "python-requests/2.31.0",
            },
        )
        for number, path in enumerate(("mapi/nspi", "ews/exchange.asmx", "powershell"))
    )
    return finding(
        1, "a6b0e1d4-3c51-4f4e-9a58-6f3c2f0a1b01", "ProxyShell Path Asked For", "low", "attempt",
        rows,
        because=told(
            "{client} asked {count} times for the back end through autodiscover.json on {host} and "
            "was refused", client=ATTACKER, count=3, host="EX03",
        ),
        step="probe", attack=("T1595.002",), target="/autodiscover/autodiscover.json",
        references=("https://attack.mitre.org/techniques/T1595/002/",),
    )  # fmt: skip


def _exploit() -> HuntFinding:
    raw = (
        "2026-11-09T02:14:07.119Z,9f1c1f0e-6f0b-43a4-8d1c-0d3c9a1e7b52,15,1,2176,2,,Autodiscover,"
        "mail.contoso.example,/autodiscover/autodiscover.json,,,False,,contoso.example,,"
        "python-requests/2.31.0,198.51.100.7,EX03,200,200,,GET,Proxy,ex03.corp.contoso.example,"
        "15.01.2176.000,Intranet,ExplicitLogon-SMTP,,,,0,1422,,/mapi/nspi?&Email=autodiscover/"
        "autodiscover.json%3F@contoso.example"
    )
    return finding(
        2, "a6b0e1d4-3c51-4f4e-9a58-6f3c2f0a1b02", "ProxyShell Reaches the Back End", "critical",
        "success",
        (
            row(PROXY3, "line 418", "2026-11-09 02:14:07", "httpproxy", "EX03", raw,
                fields={"UrlStem": "/autodiscover/autodiscover.json", "HttpStatus": "200",
                        "BackEndStatus": "200", "ClientIpAddress": ATTACKER, "RequestId":
                        "9f1c1f0e-6f0b-43a4-8d1c-0d3c9a1e7b52"},
                decoded={"back end asked for": "https://ex03.corp.contoso.example:444/mapi/nspi"}),
            row(IIS3, "line 88213", "2026-11-09 02:14:07", "iis", "EX03",
                _iis("2026-11-09 02:14:07", "GET", "/autodiscover/autodiscover.json",
                     "@contoso.example/mapi/nspi?&Email=autodiscover/autodiscover.json%3F@contoso."
                     "example&cafeReqId=9f1c1f0e-6f0b-43a4-8d1c-0d3c9a1e7b52;", 200,
                     "python-requests/2.31.0"),
                fields={"cs-uri-stem": "/autodiscover/autodiscover.json", "sc-status": "200"}),
        ),
        because=told(
            "{client} reached {target} on {host} through autodiscover.json without logging in: "
            "status {status}", client=ATTACKER, target="/mapi/nspi", host="EX03", status=200,
        ),
        step="proxyshell", attack=("T1190",), target="/mapi/nspi", server="srv-000000000001",
        references=(
            "https://learn.microsoft.com/en-us/exchange/new-features/build-numbers-and-release-dates",
            "https://attack.mitre.org/techniques/T1190/",
        ),
        remediation=told("Take {host} off the network and keep its disk as it is.", host="EX03"),
    )  # fmt: skip


def _act() -> HuntFinding:
    token = "VgEAVAdXaW5kb3dzQwBBCEtlcmJlcm9zTBhhZG1pbmlzdHJhdG9yQGNvbnRvc28uZXhhbXBsZVUs"
    raw = (
        "2026-11-09T02:14:31.402Z,2026-11-09T02:14:30.998Z,51d7c3b2-0a3e-4b8c-8f52-b0f4f6d2b9a1,15,1,"
        f"2176,2,,ex03.corp.contoso.example:444,/powershell/?X-Rps-CAT={token},Kerberos,True,"
        "administrator@contoso.example,,,198.51.100.7,EX03,EX03,200,0,,New-PSSession"
    )
    return finding(
        3, "a6b0e1d4-3c51-4f4e-9a58-6f3c2f0a1b03", "PowerShell With a Forged Access Token",
        "critical", "success",
        (
            row(RPS3, "line 77", "2026-11-09 02:14:31", "rps-http", "EX03", raw,
                fields={"UrlStem": "/powershell/", "HttpStatus": "200", "AuthenticatedUser":
                        "administrator@contoso.example", "ClientIpAddress": ATTACKER},
                decoded={"X-Rps-CAT.user": "administrator@contoso.example", "X-Rps-CAT.sid":
                         "S-1-5-21-1004336348-1177238915-682003330-500"}),
        ),
        because=told(
            "{client} opened Exchange's PowerShell on {host} as {actor} with a token of its own making",
            client=ATTACKER, host="EX03", actor="administrator@contoso.example",
        ),
        step="act-as-user", attack=("T1190", "T1078"), actors=("administrator@contoso.example",),
        target="/powershell/", server="srv-000000000001",
    )  # fmt: skip


def _management(
    number: int, when: str, record: int, title: str, cmdlet: str, parameters: str, **more: Any
) -> HuntFinding:
    raw = (
        f'{{"Event":{{"System":{{"Provider":"MSExchange CmdletLogs","EventID":1,"EventRecordID":'
        f'{record},"Computer":"EX03.corp.contoso.example"}},"EventData":{{"Data":["{cmdlet}",'
        f'"{parameters}","contoso.example/Users/Administrator","S-1-5-21-1004336348-1177238915-'
        f'682003330-500","Remote-ManagementShell-Unknown"]}}}}}}'
    )
    return finding(
        number, f"a6b0e1d4-3c51-4f4e-9a58-6f3c2f0a1b{number:02}", title, "critical", "success",
        (
            row(MANAGEMENT3, f"record {record}", when, "windows", "EX03", raw,
                fields={"EventID": "1", "Channel": "MSExchange Management", "Cmdlet": cmdlet,
                        "Parameters": parameters, "User": "contoso.example/Users/Administrator"},
                decoded={"Message":
                         f"Cmdlet suceeded. Cmdlet {cmdlet}, parameters {parameters}."}),
        ),
        actors=("contoso.example/Users/Administrator",), clients=(), server="srv-000000000001",
        **more,
    )  # fmt: skip


def _role() -> HuntFinding:
    return _management(
        4, "2026-11-09 02:15:02", 51_207, "Role for Mailbox Export Given",
        "New-ManagementRoleAssignment",
        "-Role 'Mailbox Import Export' -User 'administrator@contoso.example'",
        because=told(
            "{actor} gave itself the role {role} on {host}", actor="administrator@contoso.example",
            role="Mailbox Import Export", host="EX03",
        ),
        step="role-grant", attack=("T1098",), target="Mailbox Import Export",
    )  # fmt: skip


def _export() -> HuntFinding:
    path = r"\\127.0.0.1\C$\inetpub\wwwroot\aspnet_client\wsbk.aspx"
    return _management(
        5, "2026-11-09 02:15:40", 51_211, "Mailbox Exported Into a Web Folder",
        "New-MailboxExportRequest", f"-Mailbox 'administrator' -FilePath '{path}'".replace("\\", "\\\\"),
        because=told(
            "{actor} exported the mailbox {mailbox} as a web page: {path}",
            actor="administrator@contoso.example", mailbox="administrator", path=path,
        ),
        step="export", attack=("T1505.003", "T1114.002"), target=path,
        remediation=told("Take the file {path} off {host} and keep a copy.", path=path, host="EX03"),
    )  # fmt: skip


def _shell() -> HuntFinding:
    rows = tuple(
        row(IIS3, f"line {88_240 + number * 7}", f"2026-11-09 02:{16 + number:02}:55", "iis", "EX03",
            _iis(f"2026-11-09 02:{16 + number:02}:55", "POST", "/aspnet_client/wsbk.aspx", "-", 200,
                 "Mozilla/5.0+(Windows+NT+10.0)"),
            fields={"cs-method": "POST", "cs-uri-stem": "/aspnet_client/wsbk.aspx",
                    "sc-status": "200", "c-ip": ATTACKER})
        for number in range(14)
    )  # fmt: skip
    return finding(
        6, "a6b0e1d4-3c51-4f4e-9a58-6f3c2f0a1b06", "Web Shell in aspnet_client", "critical",
        "success", rows, last=at("2026-11-11 04:40:12"),
        because=told(
            "{client} posted {count} times to {target} on {host}, a page that Exchange does not ship: "
            "status 200", client=ATTACKER, count=14, target="/aspnet_client/wsbk.aspx", host="EX03",
        ),
        step="webshell-use", attack=("T1505.003",), target="/aspnet_client/wsbk.aspx",
        server="srv-000000000001",
        remediation=told("Look for further web pages that Exchange does not ship on {host}.",
                         host="EX03"),
    )  # fmt: skip


def _credentials() -> HuntFinding:
    command = r"rundll32 comsvcs.dll, #24 684 C:\ProgramData\d.tmp full"
    hidden = base64.b64encode(command.encode("utf-16-le")).decode()
    raw = (
        '{"Event":{"System":{"EventID":4688,"EventRecordID":9120441,"Computer":"EX03.corp.contoso.'
        'example"},"EventData":{"ParentProcessName":"C:\\\\Windows\\\\System32\\\\inetsrv\\\\w3wp.exe",'
        f'"CommandLine":"powershell -enc {hidden}"}}}}}}'
    )
    return finding(
        7, "a6b0e1d4-3c51-4f4e-9a58-6f3c2f0a1b07", "Memory of LSASS Written to a File", "critical",
        "success",
        (
            row(SECURITY3, "record 9120441", "2026-11-09 02:31:19", "windows", "EX03", raw,
                fields={"EventID": "4688", "ParentImage": r"C:\Windows\System32\inetsrv\w3wp.exe",
                        "CommandLine": f"powershell -enc {hidden}", "SubjectUserName": "EX03$"},
                decoded={"command.base64": command}),
        ),
        because=told(
            "the web server on {host} started a program that writes the memory of LSASS to {path}",
            host="EX03", path=r"C:\ProgramData\d.tmp",
        ),
        step="credentials", attack=("T1003.001",), actors=("EX03$",), clients=(),
        target=r"C:\ProgramData\d.tmp", server="srv-000000000001",
        remediation=told("Change the passwords of every account that was logged on to {host}.",
                         host="EX03"),
    )  # fmt: skip


def _lateral() -> HuntFinding:
    raw = (
        '{"Event":{"System":{"Provider":"Service Control Manager","EventID":7045,"EventRecordID":30117,'
        '"Computer":"EX05.corp.contoso.example"},"EventData":{"ServiceName":"rGtQbx","ImagePath":'
        '"%SystemRoot%\\\\rGtQbx.exe","AccountName":"LocalSystem"}}}'
    )
    return finding(
        8, "a6b0e1d4-3c51-4f4e-9a58-6f3c2f0a1b08", "Service With a Random Name Installed", "high",
        "unknown",
        (
            row(SYSTEM5, "record 30117", "2026-11-09 04:02:18", "windows", "EX05", raw,
                fields={"EventID": "7045", "ServiceName": "rGtQbx",
                        "ImagePath": r"%SystemRoot%\rGtQbx.exe"}),
        ),
        because=told(
            "the service {name} was installed on {host}; whether it ran is not in these logs",
            name="rGtQbx", host="EX05",
        ),
        step="lateral", attack=("T1569.002", "T1021.002"), clients=(), target="rGtQbx.exe",
        server="srv-000000000003",
    )  # fmt: skip


def _tunnel() -> HuntFinding:
    start = at("2026-11-10 23:50:00")
    places = [*range(20), *range(4_293, 4_298)]
    rows = tuple(
        row(
            IIS5,
            f"line {1_204 + number}",
            str((start + timedelta(seconds=number // 2)).replace(tzinfo=None)),
            "iis",
            "EX05",
            f"{start + timedelta(seconds=number // 2):%Y-%m-%d %H:%M:%S} 10.20.4.15 POST "
            f"/owa/auth/OutlookCN.aspx proxy 443 - 10.20.4.13 - - 200 0 0 15",
            fields={"cs-uri-stem": "/owa/auth/OutlookCN.aspx", "cs-uri-query":
                    "/owa/auth/OutlookCN.aspx?proxy", "sc-status": "200", "c-ip": "10.20.4.13"},
        )
        for number in places
    )  # fmt: skip
    return finding(
        9, "a6b0e1d4-3c51-4f4e-9a58-6f3c2f0a1b09", "Tunnel Through a Web Shell", "critical",
        "success", rows, count=4_298, clients=("10.20.4.13",),
        because=told(
            "{client} sent {count} requests through {target} on {host} in {minutes} minutes: a tunnel",
            client="10.20.4.13", count=4_298, target="/owa/auth/OutlookCN.aspx", host="EX05",
            minutes=36,
        ),
        step="tunnel", attack=("T1505.003", "T1572"), target="/owa/auth/OutlookCN.aspx",
        server="srv-000000000003",
        remediation=told("Take {host} off the network, too.", host="EX05"),
    )  # fmt: skip


def story() -> tuple[HuntFinding, ...]:
    """The nine findings of the break-in, in the order of time."""
    made = (
        _probe(), _exploit(), _act(), _role(), _export(), _shell(), _credentials(), _lateral(),
        _tunnel(),
    )  # fmt: skip
    return tuple(msgspec.structs.replace(each, incident="inc-1") for each in made)


def step_of(each: HuntFinding) -> Step:
    """The step that a finding is in its incident."""
    return Step(
        name=each.step,
        title=told(TITLES[each.step]),
        attack=each.attack,
        first=each.first,
        last=each.last,
        host=each.host,
        outcome=each.outcome,
        level=each.level,
        said=each.because,
        findings=(each.id,),
    )


def break_in() -> Incident:
    """ProxyShell on EX03, a web shell, passwords, and a tunnel on EX05."""
    found = story()
    return Incident(
        id="inc-1",
        title=told(
            "{host} was broken into from {client}: {step}", host="EX03, EX05",
            client=f"{ATTACKER}, 10.20.4.13", step=TITLES["credentials"],
        ),
        level="critical",
        outcome="success",
        chain="proxyshell-ransomware",
        chain_title=told("Ransomware after ProxyShell"),
        hosts=("EX03", "EX05"),
        servers=("srv-000000000001", "srv-000000000003"),
        actors=("administrator@contoso.example", "EX03$"),
        clients=(ATTACKER, "10.20.4.13"),
        first=found[0].first,
        last=at("2026-11-11 04:40:12"),
        steps=tuple(map(step_of, found)),
        findings=tuple(each.id for each in found),
        joined=(
            told("same request {id} in two logs", id="9f1c1f0e-6f0b-43a4-8d1c-0d3c9a1e7b52"),
            told("same client {client} on {host} within {minutes} minutes", client=ATTACKER,
                 host="EX03", minutes=3),
            told("the file {name} was written by one and asked for by another", name="wsbk.aspx"),
            told("{client} is the address of {host}", client="10.20.4.13", host="EX03"),
        ),
        missing=(
            Missing(name="exfiltration", title=told(TITLES["exfiltration"]),
                    seen_in=("iis", "windows"), read=True),
            Missing(name="impact", title=told(TITLES["impact"]), seen_in=("windows",), read=False),
        ),
        data=(
            told("No Security log of {host} after {day}: what the service did cannot be seen.",
                 host="EX05", day="2026-11-09"),
        ),
        next=(
            told("Take {hosts} off the network now; do not switch them off.", hosts="EX03 and EX05"),
            told("Keep {path} and the logs named here before anybody cleans up.",
                 path=r"C:\inetpub\wwwroot\aspnet_client\wsbk.aspx"),
            told("Change the passwords of every account that was logged on to {host}.", host="EX03"),
        ),
    )  # fmt: skip


def scanner(number: int) -> HuntFinding:
    """One address that only looked."""
    client = f"203.0.113.{number + 1}"
    host = ("EX01", "EX03")[number % 2]
    source = f"{host}/inetpub/logs/LogFiles/W3SVC1/u_ex2611{1 + number % 9:02}.log"
    when = f"2026-11-{1 + number % 9:02} {number % 24:02}:07:{number:02}"
    return finding(
        100 + number, "a6b0e1d4-3c51-4f4e-9a58-6f3c2f0a1b20", "Known Scanner", "informational",
        "attempt",
        tuple(
            row(source, f"line {900 + number * 11 + turn}", when, "iis", host,
                f"{when} 10.20.4.11 GET /owa/auth/logon.aspx - 443 - {client} "
                f"Mozilla/5.0+zgrab/0.x - 302 0 0 3",
                fields={"cs-user-agent": "Mozilla/5.0 zgrab/0.x", "sc-status": "302"})
            for turn in range(3)
        ),
        because=told("{client} asked {count} times as a scanner that names itself",
                     client=client, count=3),
        clients=(client,), step="probe", attack=("T1595.002",), incident="inc-2",
    )  # fmt: skip


def probed(count: int = 37) -> tuple[Incident, tuple[HuntFinding, ...]]:
    """Scanners that got nothing."""
    found = tuple(scanner(number) for number in range(count))
    incident = Incident(
        id="inc-2",
        title=told(
            "Attempt on {host} from {client}: {step}; nothing shows that it worked",
            host="EX01, EX03",
            client="203.0.113.1, 203.0.113.2, 203.0.113.3 (+34)",
            step=TITLES["probe"],
        ),
        level="informational",
        outcome="attempt",
        hosts=("EX01", "EX03"),
        clients=tuple(each.clients[0] for each in found),
        first=min(each.first for each in found if each.first),
        last=max(each.last for each in found if each.last),
        steps=(
            msgspec.structs.replace(
                step_of(found[0]),
                findings=tuple(each.id for each in found),
                said=told("{count} addresses looked, none got in", count=count),
            ),
        ),
        findings=tuple(each.id for each in found),
    )
    return incident, found


def alone() -> tuple[HuntFinding, ...]:
    """What belongs to no incident: to be looked at, and what only stood in a configuration."""
    return (
        finding(
            200, "a6b0e1d4-3c51-4f4e-9a58-6f3c2f0a1b30", "Mail Read as Somebody Else Through EWS",
            "medium", "unknown",
            (
                row("EX01/Logging/Ews/Ews_2026110711-1.LOG", "line 5120", "2026-11-07 11:20:44",
                    "ews", "EX01",
                    "2026-11-07T11:20:44.071Z,…,NTLM,True,CONTOSO\\svc-archive,,ExchangeWebServices/15"
                    ".0,10.20.9.4,EX01,FindItem,200,,lena.vogt@contoso.example",
                    fields={"AuthenticatedUser": r"CONTOSO\svc-archive", "ImpersonatedUser":
                            "lena.vogt@contoso.example", "SoapAction": "FindItem"}),
            ),
            because=told("{actor} read the mailbox of {target}, for the first time in these logs",
                         actor=r"CONTOSO\svc-archive", target="lena.vogt@contoso.example"),
            actors=(r"CONTOSO\svc-archive",), clients=("10.20.9.4",), step="act-as-user",
            attack=("T1114.002",), target="lena.vogt@contoso.example", server="srv-000000000004",
        ),
        finding(
            201, "sigma-undated", "Transport Agent Outside of Exchange's Folder", "high", "unknown",
            (
                row("EX01/TransportRoles/Shared/agents.config", "line 14", "", "configuration",
                    "EX01", r'<agent name="Archive" assemblyPath="C:\ProgramData\a.dll" />'),
            ),
            because=told("the transport agent {name} lies in {path}", name="Archive",
                         path=r"C:\ProgramData"),
            clients=(), attack=("T1505.002",), target=r"C:\ProgramData\a.dll",
        ),
    )  # fmt: skip


def hunt() -> Hunt:
    """The whole answer: one break-in, one incident of scanners, two findings alone."""
    incident, scanners = probed()

    def read(surface: str, host: str, files: int, rows: int, noise: int, days: str) -> LogCoverage:
        first, last = days.split("..")
        return LogCoverage(
            surface=surface, host=host, files=files, rows=rows, lost=3 * (host == "EX03"),
            noise=noise, noise_estimated=surface == "httpproxy", first=at(f"{first} 00:00:03"), last=at(f"{last} 23:58:41"),
        )  # fmt: skip

    return Hunt(
        findings=(*reversed(story()), *alone(), *scanners),
        incidents=(break_in(), incident),
        coverage=(
            read("iis", "EX01", 12, 1_204_331, 1_033_008, "2026-11-01..2026-11-12"),
            read("iis", "EX03", 12, 988_120, 840_911, "2026-11-01..2026-11-12"),
            read("iis", "EX05", 3, 201_544, 190_002, "2026-11-10..2026-11-12"),
            read("httpproxy", "EX03", 96, 3_880_210, 3_374_400, "2026-11-05..2026-11-12"),
            read("rps-http", "EX03", 8, 12_840, 0, "2026-11-05..2026-11-12"),
            read("windows", "EX03", 6, 2_120_733, 0, "2026-10-28..2026-11-12"),
            read("windows", "EX05", 1, 40_118, 0, "2026-09-01..2026-11-12"),
            LogCoverage(surface="configuration", host="EX01", files=2, rows=214, lost=0, noise=0,
                        first=None, last=None),
        ),
        rules=412,
        problems=(
            RuleProblem(source="rules/web/odd.yml", rule="Odd Rule",
                        why=told("the modifier {name} is not known", name="windash2")),
        ),
        blind=(
            told("No log of {host} was among the inputs: nothing can be said of it.", host="MAIL"),
            told("HttpProxy logs of {host} begin on {day}: what was before cannot be seen.",
                 host="EX03", day="2026-11-05"),
        ),
    )  # fmt: skip


HEADLINE = (
    told("{hosts} were broken into on {day}.", hosts="EX03, EX05", day="2026-11-09"),
    told("{count} further server was only probed.", count=1),
)


def hunt_run(found: Hunt | None = None, *, servers: bool = True) -> Run:
    """A whole run with a hunt; without servers it is that of logs alone."""
    run = sample_run()
    if not servers:
        run = msgspec.structs.replace(run, servers=(), findings=(), outside=(), gaps=run.gaps[:2])
    return msgspec.structs.replace(
        run, headline=HEADLINE + run.headline[: 3 * servers], hunt=found or hunt()
    )


def calm() -> Hunt:
    """Logs were read and nothing stands out."""
    return msgspec.structs.replace(hunt(), findings=(), incidents=(), problems=(), blind=())


def large(scanners: int = 3000, incidents: int = 60) -> Hunt:
    """Many incidents and findings: more than a page shows with everything."""
    found = hunt()
    incident, many = probed(1)
    more = tuple(
        msgspec.structs.replace(
            many[0], id=f"{1000 + number:032x}", clients=(f"2001:db8::{number:x}",), incident="",
            level=("informational", "low", "medium")[number % 3],
        )
        for number in range(scanners)
    )  # fmt: skip
    others = tuple(
        msgspec.structs.replace(break_in(), id=f"inc-{number + 10}", hosts=(f"EX{number:02}",))
        for number in range(incidents)
    )
    return msgspec.structs.replace(
        found,
        findings=(*found.findings, *more),
        incidents=(*others, *found.incidents, msgspec.structs.replace(incident, id="inc-x")),
    )


def hostile() -> Hunt:
    """Words meant to do harm in every field that an input can fill."""
    found = hunt()
    harmful = (*HARMFUL, "=cmd|' /C calc'!A0", "http://evil.example/" + "a" * 10_240)
    turn = iter(range(10_000_000))

    def bad() -> str:
        return harmful[next(turn) % len(harmful)]

    def cited(each: Cited) -> Cited:
        return msgspec.structs.replace(
            each, source=bad(), position=bad(), host=bad(), raw=bad(), surface=bad(),
            fields={bad(): bad(), bad(): bad()}, decoded={bad(): bad()},
        )  # fmt: skip

    def one(each: HuntFinding) -> HuntFinding:
        return msgspec.structs.replace(
            each, rule=bad(), title=bad(), because=told("{x} on {y}", x=bad(), y=bad()), host=bad(),
            actors=harmful, clients=harmful, target=bad(), surface=bad(), step=bad(),
            attack=(bad(), "T1190"), references=(*harmful, "https://attack.mitre.org/"),
            remediation=told("{x}", x=bad()), events=tuple(map(cited, each.events)),
        )  # fmt: skip

    def step(each: Step) -> Step:
        return msgspec.structs.replace(
            each, name=bad(), title=told("{x}", x=bad()), host=bad(), said=told("{x}", x=bad()),
            attack=(bad(),),
        )  # fmt: skip

    def incident(each: Incident) -> Incident:
        sentences = tuple(told("{x}", x=text) for text in harmful)
        return msgspec.structs.replace(
            each, title=told("{x}", x=bad()), chain=bad(), chain_title=told("{x}", x=bad()),
            hosts=harmful, actors=harmful, clients=harmful, steps=tuple(map(step, each.steps)),
            joined=sentences, data=sentences, next=sentences,
            missing=(Missing(name=bad(), title=told("{x}", x=bad()), seen_in=harmful, read=False),),
        )  # fmt: skip

    return msgspec.structs.replace(
        found,
        findings=tuple(map(one, found.findings)),
        incidents=tuple(map(incident, found.incidents)),
        coverage=tuple(
            msgspec.structs.replace(each, surface=bad(), host=bad()) for each in found.coverage
        ),
        problems=(RuleProblem(source=bad(), rule=bad(), why=told("{x}", x=bad())),),
        blind=(told("{x}", x=bad()),),
    )
