"""The ordinary traffic of a server: clients, probes of Managed Availability, administrators, mail.

Proportions: 87 of 100 rows of HttpProxy are the server's own probes, as in a published calibration of
such logs; the rest are Outlook, phones, browsers and EWS clients of some hundred people, with wrong
passwords, dead links and the few odd things that every real log has.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from benchmarks.hunt.logs import Server, Web

OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.{0}; Pro)"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0 Safari/537.36 Edg/{0}.0.1462.54"
PHONE = "Apple-iPhone14C2/2003.{0}"
PROBES = (
    ("/owa/healthcheck.htm", "GET", "AMProbe/Local/ClientAccess", "Owa", ""),
    ("/ews/exchange.asmx", "POST", "AMProbe/Local/ClientAccess", "Ews", ""),
    ("/mapi/emsmdb/", "POST", "MapiHttpClient", "Mapi", "MailboxId=5f6e@contoso.example"),
    ("/autodiscover/autodiscover.xml", "POST", "TMonitoring/ExchangeMonitoring/1.0", "Autodiscover", ""),
    ("/powershell", "POST", "Microsoft WinRM Client", "PowerShell", "clientApplication=ActiveMonitor;PSVersion=5.1.14393.5582"),
    ("/Microsoft-Server-ActiveSync/default.eas", "OPTIONS", "TestActiveSyncConnectivity", "Eas", ""),
    ("/ecp/exhealth.check", "GET", "AMProbe/Local/ClientAccess", "Ecp", ""),
)  # fmt: skip
SHIPPED = (
    "/owa/auth/logon.aspx", "/owa/auth/errorFE.aspx", "/owa/auth/signout.aspx", "/owa/auth.owa",
    "/owa/auth/expiredpassword.aspx", "/ecp/default.aspx", "/ecp/UsersGroups/Mailboxes.slab",
    "/owa/default.aspx", "/ecp/PersonalSettings/HomePage.aspx", "/owa/auth/frowny.aspx",
)  # fmt: skip


def day(server: Server, start: datetime, hours: float, people: int) -> int:
    """Rows of so many hours of so many people; how many requests."""
    chance = server.chance
    requests = int(hours * people * 12)
    for _ in range(requests):
        when = start + timedelta(seconds=chance.random() * hours * 3600)
        number = chance.randrange(people)
        user, client = f"CONTOSO\\user{number}", f"10.1.{number // 200}.{number % 200 + 10}"
        chance.choice((_outlook, _outlook, _phone, _browser, _ews))(
            server, when, user, client, f"user{number}@contoso.example"
        )
    for _ in range(requests * 6):
        when = start + timedelta(seconds=chance.random() * hours * 3600)
        stem, method, agent, protocol, query = chance.choice(PROBES)
        server.web(Web(
            when, stem, query, method, f"HealthMailbox{chance.randrange(1 << 20):05x}@contoso.example",
            "::1", agent, protocol=protocol, anchor="Smtp~healthmailbox@contoso.example",
        ))  # fmt: skip
    for _ in range(int(hours * 20)):
        _odd(server, start + timedelta(seconds=chance.random() * hours * 3600))
    for _ in range(int(hours * people)):
        _mail(server, start + timedelta(seconds=chance.random() * hours * 3600), people)
    for _ in range(int(hours * 6)):
        _admin(server, start + timedelta(seconds=chance.random() * hours * 3600))
    return requests


def _outlook(server: Server, when: datetime, user: str, client: str, mail: str) -> None:
    stem, protocol, query = server.chance.choice((
        ("/mapi/emsmdb/", "Mapi", f"MailboxId={server.guid()}@contoso.example"),
        ("/mapi/nspi/", "Mapi", f"MailboxId={server.guid()}@contoso.example"),
        ("/Autodiscover/Autodiscover.xml", "Autodiscover", ""),
        ("/OAB/8f7a7f2e-1111-4b1c-9a7e-0c7d9b6f0001/oab.xml", "Oab", ""),
    ))  # fmt: skip
    agent = OUTLOOK.format(server.chance.randrange(4000, 17000))
    server.web(Web(when, stem, query, "POST", user, client, agent, protocol=protocol, anchor=f"Smtp~{mail}",
                   status=server.chance.choice((200, 200, 200, 401))))  # fmt: skip


def _phone(server: Server, when: datetime, user: str, client: str, mail: str) -> None:
    query = f"Cmd={server.chance.choice(('Ping', 'Sync', 'FolderSync'))}&User={mail.replace('@', '%40')}&DeviceId=ABCD{server.chance.randrange(9999)}&DeviceType=iPhone"
    server.web(Web(when, "/Microsoft-Server-ActiveSync/default.eas", query, "POST", user, client,
                   PHONE.format(server.chance.randrange(60, 99)), protocol="Eas", anchor=f"Smtp~{mail}"))  # fmt: skip
    if server.chance.random() < 0.05:
        server.web(Web(when, "/autodiscover/autodiscover.json", f"Email={mail.replace('@', '%40')}&Protocol=ActiveSync&RedirectCount=1",
                       "GET", "", client, "Outlook-iOS/2.0", protocol="Autodiscover", anchor=f"Smtp~{mail}"))  # fmt: skip


def _browser(server: Server, when: datetime, user: str, client: str, mail: str) -> None:
    agent = EDGE.format(server.chance.randrange(100, 130))
    stem = server.chance.choice((*SHIPPED, "/owa/service.svc", "/owa/sessiondata.ashx", "/owa/ev.owa2",
                                 "/owa/prem/15.1.2375.7/scripts/boot.dotnet.0.mouse.js", "/ecp/15.1.2375.7/scripts/common.js"))  # fmt: skip
    query = {"/owa/service.svc": "action=GetConversationItems&EP=1&ID=-22&AC=1", "/owa/auth/logon.aspx":
             "replaceCurrent=1&url=https%3a%2f%2fmail.contoso.example%2fowa%2f"}.get(stem, "")  # fmt: skip
    protocol = "Ecp" if stem.startswith("/ecp") else "Owa"
    server.web(Web(when, stem, query, "POST" if stem in ("/owa/service.svc", "/owa/ev.owa2", "/owa/auth.owa") else "GET", user, client, agent,
                   protocol=protocol, anchor=f"Smtp~{mail}", status=server.chance.choice((200, 200, 302, 304))))  # fmt: skip


def _ews(server: Server, when: datetime, user: str, client: str, mail: str) -> None:
    agent = server.chance.choice(("MacOutlook/16.78.23102801 (Intelx64 Mac OS X 13.6)", "CalendarAgent/1.0",
                                  "ExchangeServicesClient/15.00.0913.015", "Python-EWS-Backup/4.7 (backup service)"))  # fmt: skip
    request = server.web(
        Web(
            when,
            "/EWS/Exchange.asmx",
            "",
            "POST",
            user,
            client,
            agent,
            protocol="Ews",
            anchor=f"Smtp~{mail}",
        )
    )
    backup = agent.startswith("Python-EWS-Backup")
    server.add("ews", when, RequestId=request, AuthenticatedUser="svc-backup@contoso.example" if backup else mail,
               UserAgent=agent, ClientIpAddress=client, HttpStatus=200, IsAuthenticated="true",
               SoapAction=server.chance.choice(("GetFolder", "SyncFolderItems", "GetItem", "FindItem")),
               ImpersonatedUser=mail if backup else "")  # fmt: skip


def _odd(server: Server, when: datetime) -> None:
    """What is odd and innocent: dead links, scanners without effect, wrong passwords."""
    chance = server.chance
    stem, query, method, status, agent = chance.choice((
        ("/favicon.ico", "", "GET", 404, EDGE.format(120)),
        ("/robots.txt", "", "GET", 404, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
        ("/owa/auth/logon.aspx", "url=https://mail.contoso.example/owa/&reason=2", "GET", 200, EDGE.format(121)),
        ("/owa/auth.owa", "", "POST", 302, EDGE.format(119)),
        ("/", "", "GET", 302, "Mozilla/5.0 zgrab/0.x"),
        ("/rpc/rpcproxy.dll", "mail.contoso.example:6001", "RPC_IN_DATA", 401, "MSRPC"),
        ("/autodiscover/autodiscover.json", "Email=someone.new%40contoso.example&Protocol=AutodiscoverV1", "GET", 200, "Microsoft Office/16.0"),
    ))  # fmt: skip
    server.web(
        Web(
            when,
            stem,
            query,
            method,
            "",
            f"198.51.100.{chance.randrange(1, 250)}",
            agent,
            status,
            back_end=False,
        )
    )


def _mail(server: Server, when: datetime, people: int) -> None:
    chance = server.chance
    one, other = chance.randrange(people), chance.randrange(people)
    number = chance.getrandbits(64)
    server.add(
        "messagetracking", when, **{
            "client-ip": "10.0.0.5", "source": "STOREDRIVER", "event-id": "RECEIVE",
            "source-context": f"MDB:{server.guid()}, Mailbox:{server.guid()}, Event:1, MessageClass:IPM.Note, "
            f"ClientType:{chance.choice(('MOMT', 'OWA', 'AirSync', 'WebServices'))}, SubmissionAssistant:MailboxTransportSubmissionEmailAssistant",
            "message-id": f"<{number:x}@contoso.example>", "network-message-id": server.guid(),
            "recipient-address": f"user{other}@contoso.example", "total-bytes": chance.randrange(4000, 90000),
            "recipient-count": 1, "message-subject": chance.choice(("RE: Meeting on Thursday", "Invoice 4711", "FW: Delivery", "Lunch?")),
            "sender-address": f"user{one}@contoso.example", "return-path": f"user{one}@contoso.example",
            "directionality": "Originating", "original-client-ip": f"10.1.0.{one % 200 + 10}",
        },
    )  # fmt: skip


def _admin(server: Server, when: datetime) -> None:
    name, parameters = server.chance.choice((
        ("Get-Mailbox", '-ResultSize "Unlimited"'), ("Get-MessageTrackingLog", '-Sender "user1@contoso.example"'),
        ("Set-Mailbox", '-Identity "user7" -ProhibitSendQuota "4GB"'), ("New-Mailbox", '-Name "New Person" -UserPrincipalName "new@contoso.example"'),
        ("Get-ExchangeServer", ""), ("Set-MailboxAutoReplyConfiguration", '-Identity "user3" -AutoReplyState "Enabled"'),
        ("Add-DistributionGroupMember", '-Identity "Sales" -Member "user9"'), ("Get-MailboxStatistics", '-Database "DB01"'),
        ("New-MailboxExportRequest", '-Mailbox "left.person" -FilePath "\\\\FILES01\\pst$\\left.person.pst"'),
    ))  # fmt: skip
    server.cmdlet(when, "contoso.example/Admins/Exchange Admin", name, parameters)
