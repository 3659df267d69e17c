"""A big IIS log of an Exchange front end: invented rows in the proportions of a real server's day.

The mix (mail clients, health probes, a few people in OWA) follows a published calibration of such
logs; names and addresses are invented. Some rows of attacks are put in at known places.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

HEAD = (
    "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
    "#Date: {day} 00:00:00\r\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port "
    "cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n"
)
OUTLOOK = (
    "Microsoft+Office/16.0+(Windows+NT+10.0;+Microsoft+Outlook+16.0.{0};+Pro)",
    "MacOutlook/16.{0}.23041601+(Intelx64+Mac+OS+X+Version+13.3.1)",
    "Microsoft+Office/15.0+(Windows+NT+6.1;+Microsoft+Outlook+15.0.{0};+Pro)",
)
PHONES = (
    "Apple-iPhone14C2/2003.{0}",
    "Android-SAMSUNG-SM-G991B/101.{0}",
    "Outlook-iOS-Android/1.0",
)
BROWSERS = (
    "Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36+(KHTML,+like+Gecko)+Chrome/{0}.0.0.0+Safari/537.36",
    "Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64;+rv:{0}.0)+Gecko/20100101+Firefox/{0}.0",
)
TAIL = "&CorrelationID=<empty>;&ClientId={client}&cafeReqId={request};&encoding=;"
# weight, method, stem, query, agents, status choices
MIX = (
    (30, "POST", "/mapi/emsmdb/", "MailboxId={mailbox}@contoso.example" + TAIL, OUTLOOK, (200,)),
    (8, "POST", "/mapi/nspi/", "MailboxId={mailbox}@contoso.example" + TAIL, OUTLOOK, (200, 401)),
    (12, "POST", "/EWS/Exchange.asmx", TAIL, OUTLOOK, (200, 200, 401)),
    (6, "POST", "/Autodiscover/Autodiscover.xml", TAIL, OUTLOOK, (200, 401)),
    (3, "GET", "/autodiscover/autodiscover.json", "Email={user}%40contoso.example&Protocol=ActiveSync&RedirectCount=1" + TAIL, PHONES, (200, 302)),
    (18, "POST", "/Microsoft-Server-ActiveSync/default.eas", "Cmd=Ping&User={user}%40contoso.example&DeviceId={client}&DeviceType=iPhone" + TAIL, PHONES, (200,)),
    (3, "GET", "/owa/auth/logon.aspx", "replaceCurrent=1&url=https%3a%2f%2fmail.contoso.example%2fowa%2f" + TAIL, BROWSERS, (200, 302)),
    (6, "POST", "/owa/service.svc", "action=GetItem&EP=1&ID=-{number}&AC=1" + TAIL, BROWSERS, (200,)),
    (4, "GET", "/owa/prem/15.2.1118.40/scripts/boot.worldwide.0.mouse.js", TAIL, BROWSERS, (200, 304)),
    (1, "GET", "/ecp/default.aspx", "rfr=owa&p=personalsettings" + TAIL, BROWSERS, (200, 302)),
    (1, "GET", "/owa/auth/15.2.1118/themes/resources/logon.css", TAIL, BROWSERS, (200,)),
    (1, "GET", "/favicon.ico", "-", BROWSERS, (404,)),
    (1, "GET", "/ecp/15.2.1118.40/scripts/common.js", TAIL, BROWSERS, (200, 304)),
    (4, "RPC_IN_DATA", "/rpc/rpcproxy.dll", "{mailbox}@contoso.example:6001" + TAIL, ("MSRPC",), (200, 401)),
    (12, "GET", "/owa/healthcheck.htm", TAIL, ("AMProbe/Local/ClientAccess",), (200,)),
    (6, "POST", "/powershell", "clientApplication=ActiveMonitor;PSVersion=5.1.17763.2931" + TAIL, ("Microsoft+WinRM+Client",), (200,)),
    (6, "POST", "/ews/exchange.asmx", TAIL, ("AMProbe/Local/ClientAccess",), (200,)),
)  # fmt: skip
ATTACKS = (
    "POST /ecp/y.js {tail} 443 - 203.0.113.66 python-requests/2.25.1 - 200 0 0 90",
    "GET /autodiscover/autodiscover.json @evil.example/mapi/nspi/?&Email=autodiscover/autodiscover.json%3F@evil.example{tail} 443 - 203.0.113.66 Mozilla/5.0 - 200 0 0 12",
    "POST /autodiscover/autodiscover.json @evil.example/powershell/?X-Rps-CAT=VgEAVAdXaW5kb3dzQwBBCEtlcmJlcm9zTBFhZG1pbkBjb250b3NvLmV4YW1wbGVVLFMtMS01LTIxLTEtMi0zLTUwMEcBAAAABwAAAAxTLTEtNS0zMi01NDRFAAAAAA=={tail} 443 - 203.0.113.66 python-requests/2.28 - 200 0 0 33",
    "POST /owa/auth/help7.aspx {tail} 443 - 203.0.113.66 Mozilla/5.0+(compatible) - 200 0 0 44",
)  # fmt: skip


def rows(day: str, count: int, chance: random.Random, every: int = 50_000) -> Iterator[str]:
    """Rows of one day in order of time; one of an attack in `every`."""
    weights = [each[0] for each in MIX]
    kinds = chance.choices(MIX, weights, k=count)
    for number, (_, method, stem, query, agents, statuses) in enumerate(kinds):
        second = number * 86_400 // count
        clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        bits = chance.getrandbits(120)
        fill = {
            "mailbox": f"{bits & 0xFFFF:08x}-77aa-4c1e-9d7b-{bits >> 72:012x}",
            "client": f"{bits & 0xFFFFFFFF:08X}",
            "request": f"{bits & 0xFFFFFFFF:08x}-{bits >> 104:04x}-4b1d-8c11-{bits >> 60 & 0xFFFFFFFFFFFF:012x}",
            "user": f"user{bits % 900}",
            "number": bits % 999,
        }
        if number % every == every - 1:
            tail = TAIL.format(**fill)
            yield f"{day} {clock} 10.0.0.5 {ATTACKS[number // every % len(ATTACKS)].format(tail=tail)}"
            continue
        agent = agents[bits % len(agents)].format(bits % 97 + 4000)
        probe = agent.startswith(("AMProbe", "Microsoft+WinRM"))
        user = "HealthMailbox83d6781@contoso.example" if probe else f"CONTOSO\\user{bits % 900}"
        client = "::1" if probe else f"10.{bits % 4}.{bits % 200}.{bits % 250}"
        yield (
            f"{day} {clock} 10.0.0.5 {method} {stem} {query.format(**fill)} 443 {user} {client}"
            f" {agent} - {statuses[bits % len(statuses)]} 0 0 {bits % 300}"
        )


def write(folder: Path, size: int, files: int = 12, seed: int = 5) -> int:
    """So many bytes of log, in so many files of a day each; the number of rows."""
    chance = random.Random(seed)
    total = 0
    for number in range(files):
        day = f"2026-03-{number + 1:02d}"
        with (folder / f"u_ex2603{number + 1:02d}.log").open("w", newline="") as out:
            out.write(HEAD.format(day=day))
            count = size // files // 326
            for row in rows(day, count, chance):
                out.write(row + "\r\n")
                total += 1
    return total
