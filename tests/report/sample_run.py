"""A run written by hand: six invented servers, every kind of claim, and hostile words.

The advisories, builds and their order are Microsoft's published ones; names, addresses, sources
and dates are invented.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec

from tocsin.model.evidence import SeenBy
from tocsin.model.finding import Level, Status, fingerprint
from tocsin.model.run import (
    Action,
    BuildSpan,
    FindingRecord,
    GapRecord,
    HistoryEntry,
    Joining,
    KnowledgeState,
    Proof,
    Run,
    Server,
    Skipped,
    Source,
    Summary,
    Tool,
    Visibility,
)
from tocsin.model.text import Sentence

HOSTILE = (
    "<script>alert('name')</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(2)>',
    "</style></title><script>alert(3)</script>",
    "{{ 7*7 }}{% raw %}",
    "ex\u202egpj.exe\u202c\u200b\ufeff",
    "\x1b[31mred\x1b[0m\x07",
    "lone \ud800 surrogate",
    "z" * 900,
    "a\u0301\u0302\u0303\u0304\u0305\u0306b",
)

ADVISORIES: tuple[tuple[str, str, str, str, Level, tuple[str, ...]], ...] = (
    (
        "CVE-2021-26855",
        "ProxyLogon",
        "SSRF",
        "A request can be sent as the server itself without logging in.",
        "critical",
        ("kev", "ransomware"),
    ),
    (
        "CVE-2021-27065",
        "ProxyLogon",
        "RCE",
        "A logged-in user can write a file anywhere.",
        "critical",
        ("kev", "ransomware"),
    ),
    (
        "CVE-2021-34473",
        "ProxyShell",
        "RCE",
        "A crafted path reaches the back end without logging in.",
        "critical",
        ("kev", "ransomware"),
    ),
    (
        "CVE-2021-34523",
        "ProxyShell",
        "EoP",
        "A mailbox user can act as any other in PowerShell.",
        "critical",
        ("kev", "ransomware"),
    ),
    (
        "CVE-2021-31207",
        "ProxyShell",
        "SFB",
        "A mailbox export can write a web shell.",
        "critical",
        ("kev", "ransomware"),
    ),
    (
        "CVE-2022-41040",
        "ProxyNotShell",
        "SSRF",
        "A logged-in user reaches the back end.",
        "critical",
        ("kev", "ransomware"),
    ),
    (
        "CVE-2022-41082",
        "ProxyNotShell",
        "RCE",
        "A logged-in user can run code over PowerShell.",
        "critical",
        ("kev", "ransomware"),
    ),
    (
        "CVE-2023-21529",
        "",
        "RCE",
        "A logged-in user can run code on the server.",
        "critical",
        ("kev", "ransomware"),
    ),
    (
        "CVE-2024-21410",
        "",
        "EoP",
        "Leaked NTLM credentials can be relayed to the server.",
        "critical",
        ("kev",),
    ),
    ("CVE-2023-36745", "", "RCE", "A logged-in user on the same network can run code.", "high", ()),
    ("CVE-2024-26198", "", "RCE", "A library planted by an attacker is loaded.", "high", ()),
    (
        "CVE-2025-53786",
        "",
        "EoP",
        "From the server an intruder reaches the cloud tenant.",
        "high",
        (),
    ),
    (
        "CVE-2021-33766",
        "ProxyToken",
        "Information",
        "Mail rules of any user can be changed.",
        "high",
        (),
    ),
    ("CVE-2020-17117", "", "RCE", "An administrator can run code on the server.", "medium", ()),
    (
        "CVE-2021-1730",
        "",
        "Spoofing",
        "Inline pictures can be used to act as another user.",
        "medium",
        (),
    ),
)


def day(text: str) -> datetime:
    """A date as UTC midnight."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(template: str, **values: str | int) -> Sentence:
    """A sentence; in tests its template needs no marking."""
    return Sentence(template=template, values=values)


def proof(
    source: str,
    position: str,
    quote: str,
    by: SeenBy = "mail",
    seen: str = "",
    trust: str = "trusted",
) -> Proof:
    """One piece of evidence; the digest is that of its source's name."""
    return Proof(
        source=source,
        position=position,
        sha256=hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest(),
        quote=quote,
        seen_by=by,
        seen=day(seen) if seen else None,
        trust=trust,
    )


def period(
    low: str,
    label: str,
    first: str,
    last: str,
    *,
    high: str = "",
    by: SeenBy = "mail",
    trust: str = "trusted",
    count: int = 1,
    name: str = "ex",
) -> HistoryEntry:
    """One line of a patch history with the header that shows it."""
    return HistoryEntry(
        low=low,
        high=high or low,
        label=label,
        printed=low,
        seen_by=by,
        trust=trust,
        count=count,
        first=day(first) if first else None,
        last=day(last) if last else None,
        evidence=(
            proof(
                "mail/inbox-2025.mbox" if by == "mail" else f"exports/{by}.json",
                f"message {len(label) * 31 + count}, header Received 2",
                f"from {name} (10.20.4.11) by {name} (10.20.4.12) with Microsoft SMTP Server "
                f"(version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id {low}",
                by,
                last,
                trust,
            ),
        ),
    )


def seen(**cells: bool | None) -> tuple[Visibility, ...]:
    """The six cells of one row; a cell that is seen has a proof."""
    order = ("internet", "exchange-online", "directory", "mail", "inside-probe", "export")
    source: dict[str, tuple[str, SeenBy]] = {
        "internet": ("scans/shodan-export.json.gz", "shodan"),
        "exchange-online": ("exports/onprem-report.csv", "exchange-online"),
        "directory": ("exports/config.ldif", "directory"),
        "mail": ("mail/inbox-2025.mbox", "mail"),
        "inside-probe": ("scans/inside.xml", "nmap"),
        "export": ("exports/Get-ExchangeServer.xml", "export"),
    }
    out = []
    for by in order:
        value = cells.get(by.replace("-", "_"))
        at, who = source[by]
        evidence = (proof(at, f"record {len(by)}", f"seen by {by}", who),) if value else ()
        out.append(Visibility(by=by, seen=value, evidence=evidence))  # type: ignore[arg-type]
    return tuple(out)


def findings(
    server: Server, statuses: dict[str, Status], fixed_in: str, because: str = ""
) -> tuple[FindingRecord, ...]:
    """One finding an advisory; `statuses` says which are not fixed."""
    out = []
    low = server.build.low if server.build else ""
    for rule, nickname, kind, title, level, tags in ADVISORIES:
        status = statuses.get(rule, "fixed")
        if status == "affected":
            sentence = told(
                because or "{build} is older than {fixed}, the first build of {cu} with the fix",
                build=low,
                fixed=fixed_in,
                cu=server.build_label,
            )
        elif status == "under_investigation":
            sentence = told(
                "the code of the fix is present, the configuration is unknown: {setting}",
                setting="Extended Protection",
            )
        else:
            sentence = told("{cu} was published after the fix and contains it", cu=low)
        settle = told(
            "Look at: {setting}. Where: {where}.",
            setting="Extended Protection",
            where="IIS, the virtual directory /EWS",
        )
        named = (f"name:{nickname}",) if nickname else ()
        out.append(
            FindingRecord(
                rule=rule,
                title=title,
                subject=server.id,
                subject_name=server.name,
                status=status,
                level=level,
                confidence="high",
                because=str(sentence),
                sentence=sentence,
                settle=settle if status == "under_investigation" else None,
                evidence=server.evidence[-2:],
                tags=(f"class:{kind}", *named, *tags),
                references=(f"https://msrc.microsoft.com/update-guide/vulnerability/{rule}",),
                fingerprint=fingerprint(rule, server.id),
            )
        )
    return tuple(out)


def _server(number: int, name: str, **fields: object) -> Server:
    values: dict[str, object] = {
        "id": f"srv-{number:012x}",
        "name": name,
        "names": (name,),
        "addresses": (f"10.20.4.{10 + number}",),
        "organisation": "contoso.example",
        "ours": True,
        "product": "Exchange Server 2016",
        "build": None,
        "build_label": "",
        "support": None,
        "history": (),
        "seen_by": ("mail",),
        "hidden": "unknown",
        "hidden_because": told("no outside evidence covers it"),
        "visibility": seen(internet=False, mail=True),
        "joined": (),
        "related": (),
        "contradictions": (),
        "facts": {},
        "evidence": (),
        "rank": number,
        "level": None,
        "counts": {},
        "action": None,
    }
    values |= fields
    history = values["history"]
    assert isinstance(history, tuple)
    dates = [t for entry in history for t in (entry.first, entry.last) if t is not None]
    values.setdefault("first_seen", min(dates, default=None))
    values.setdefault("last_seen", max(dates, default=None))
    if not values["evidence"]:
        values["evidence"] = tuple(p for entry in history for p in entry.evidence) or (
            proof("exports/config.ldif", "line 40", f"cn: {name}", "directory"),
        )
    return Server(**values)  # type: ignore[arg-type]


def _servers() -> tuple[Server, ...]:
    hidden = told(
        "known from {inside}, absent from what {by} saw", inside="directory, mail", by="shodan"
    )
    public = told("seen from the internet by {by}", by="shodan")
    over = told("Support ended on {date}.", date="2025-10-14")
    ex03, ex01 = "EX03.corp.contoso.example", "EX01.corp.contoso.example"
    return (
        _server(
            1,
            ex03,
            names=(ex03, "EX03", "hybrid.contoso.example"),
            build=BuildSpan(low="15.1.2176.2", high="15.1.2176.2"),
            build_label="2016 CU19",
            support=over,
            level="critical",
            hidden=True,
            hidden_because=hidden,
            seen_by=("directory", "mail", "exchange-online"),
            visibility=seen(internet=False, exchange_online=True, directory=True, mail=True),
            history=(
                period(
                    "15.1.1913.5", "2016 CU15", "2020-02-03", "2020-07-20", count=214, name=ex03
                ),
                period(
                    "15.1.2044.4", "2016 CU17", "2020-08-02", "2021-01-17", count=402, name=ex03
                ),
                period(
                    "15.1.2176.2", "2016 CU19", "2021-02-01", "2025-11-06", count=3811, name=ex03
                ),
            ),
            joined=(
                Joining(
                    rule="guid",
                    value="7b0e",
                    because=told(
                        "joined by the same {rule}: {value}",
                        rule="GUID",
                        value="7b0e2a4c-55aa-4c1e-9d1a-0d5a3f0c9e11",
                    ),
                ),
                Joining(
                    rule="short-name",
                    value="EX03",
                    because=told(
                        "the short name {value} is used by one server of {organisation} only",
                        value="EX03",
                        organisation="contoso.example",
                    ),
                ),
            ),
            related=(
                Joining(
                    rule="address",
                    value="10.20.4.11",
                    because=told(
                        "shares the address {value} with {name}, which alone does not make them one",
                        value="10.20.4.11",
                        name="EX05.corp.contoso.example",
                    ),
                ),
            ),
            facts={"msExchServerSite": "Paris-Nord", "X-FEServer": "EX03"},
            action=Action(
                do=told(
                    "Patch {name} to {label} ({build}), which closes up to {count} "
                    "holes, then move it to Exchange SE: its support has ended.",
                    name=ex03,
                    label="2016 CU23 Oct25SU",
                    build="15.1.2507.61",
                    count=62,
                )
            ),
        ),
        _server(
            2,
            "MAIL.contoso.example",
            names=("MAIL.contoso.example", "webmail.contoso.example"),
            addresses=("203.0.113.24",),
            product="Exchange Server 2019",
            build=BuildSpan(low="15.2.1118.7", high="15.2.1118.25"),
            build_label="2019 CU12 – 2019 CU12 Mar23SU",
            level="critical",
            hidden=False,
            hidden_because=public,
            seen_by=("mail", "shodan", "nmap"),
            support=over,
            visibility=seen(internet=True, mail=True, inside_probe=True, directory=False),
            history=(
                period("15.2.986.5", "2019 CU11", "2021-10-12", "2022-05-30", count=90),
                period(
                    "15.2.1118.7",
                    "2019 CU12 – 2019 CU12 Mar23SU",
                    "2022-06-12",
                    "2025-10-30",
                    high="15.2.1118.25",
                    count=1207,
                ),
                period(
                    "15.2.1118.0",
                    "2019 CU12",
                    "2025-11-01",
                    "2025-11-01",
                    by="shodan",
                    high="15.2.1118.40",
                ),
            ),
            contradictions=(
                told(
                    "an undated source names {higher}, newer than {lower} of the newest dated one",
                    higher="15.2.1258.12",
                    lower="15.2.1118.25",
                ),
            ),
            action=Action(
                do=told(
                    "Patch {name} to {label}: it closes up to {count} holes.",
                    name="MAIL.contoso.example",
                    label="2019 CU15 Oct25SU",
                    count=31,
                )
            ),
        ),
        _server(
            3,
            "EX05.corp.contoso.example",
            hidden=True,
            hidden_because=hidden,
            product="Exchange Server",
            visibility=seen(internet=False, directory=True, mail=None),
            action=Action(
                do=told(
                    "Learn its build: read the file version of ExSetup.exe on {name}.",
                    name="EX05.corp.contoso.example",
                )
            ),
        ),
        _server(
            4,
            ex01,
            product="Exchange Server 2019",
            build_label="2019 CU14 Oct25SU",
            build=BuildSpan(low="15.2.1544.36", high="15.2.1544.36"),
            hidden=False,
            hidden_because=public,
            seen_by=("mail", "shodan", "export"),
            support=over,
            visibility=seen(
                internet=True, mail=True, export=True, directory=True, exchange_online=False
            ),
            history=(
                period("15.2.1544.4", "2019 CU14", "2024-02-20", "2024-04-20", count=66),
                period("15.2.1544.11", "2019 CU14 Apr24HU", "2024-05-02", "2024-11-10", count=120),
                period(
                    "15.2.1544.14", "2019 CU14 Nov24SUv2", "2024-12-03", "2025-05-20", count=133
                ),
                period("15.2.1544.27", "2019 CU14 May25HU", "2025-06-04", "2025-10-11", count=98),
                period("15.2.1544.36", "2019 CU14 Oct25SU", "2025-10-18", "2025-11-19", count=71),
                period("15.2.1544.36", "2019 CU14 Oct25SU", "", "", by="export"),
                period(
                    "15.2.1544.36", "2019 CU14 Oct25SU", "2025-11-12", "2025-11-12", by="shodan"
                ),
            ),
            action=Action(do=told("Current. Check the settings that a patch alone does not set.")),
        ),
        _server(
            5,
            HOSTILE[0],
            names=HOSTILE,
            addresses=("10.20.4.66", HOSTILE[2]),
            ours="unknown",
            organisation=HOSTILE[1],
            product="Exchange Server 2013",
            build_label="2013 CU23",
            build=BuildSpan(low="15.0.1497.2", high="15.0.1497.2"),
            level="critical",
            hidden_because=told(
                "a record of {by} may be this server, but nothing proves it", by=HOSTILE[5]
            ),
            history=(
                period(
                    "15.0.1497.2",
                    "2013 CU23",
                    "2019-07-01",
                    "2031-01-01",
                    trust="forgeable",
                    name=HOSTILE[6],
                ),
            ),
            facts={HOSTILE[3]: HOSTILE[4]},
            contradictions=(told("{x}", x=HOSTILE[7]),),
            joined=(
                Joining(
                    rule=HOSTILE[0], value=HOSTILE[8], because=told("joined: {x}", x=HOSTILE[8])
                ),
            ),
            evidence=tuple(proof(text, text, text, trust="forgeable") for text in HOSTILE),
            action=Action(do=told("Learn about {x}.", x=HOSTILE[9])),
        ),
        _server(
            6,
            "mx1.fabrikam.example",
            ours=False,
            organisation="fabrikam.example",
            product="Exchange Server 2016",
            build_label="2016 CU23 Nov22SU – Mar23SU",
            build=BuildSpan(low="15.1.2507.16", high="15.1.2507.23"),
            addresses=("198.51.100.9",),
            history=(
                period(
                    "15.1.2507.16",
                    "2016 CU23 Nov22SU – Mar23SU",
                    "2023-02-01",
                    "2023-02-20",
                    high="15.1.2507.23",
                    trust="first-external",
                ),
            ),
        ),
    )


def _all_findings(servers: tuple[Server, ...]) -> tuple[FindingRecord, ...]:
    everything: dict[str, Status] = {rule: "affected" for rule, *_ in ADVISORIES}
    settings: dict[str, Status] = {
        "CVE-2024-21410": "under_investigation",
        "CVE-2021-1730": "under_investigation",
        "CVE-2025-53786": "under_investigation",
    }
    recent = [rule for rule, *_ in ADVISORIES if rule >= "CVE-2022-41"]
    later: dict[str, Status] = dict.fromkeys(recent, "affected")
    return (
        *findings(servers[0], everything, "15.1.2176.9"),
        *findings(servers[1], settings | later, "15.2.1118.20"),
        *findings(servers[3], settings, ""),
        *findings(servers[4], everything, HOSTILE[0], because="older than {fixed}, " + HOSTILE[1]),
        *findings(servers[5], settings, ""),
    )


def _gaps() -> tuple[GapRecord, ...]:
    rows: tuple[tuple[str, str, str, Sentence, int], ...] = (
        (
            "mail/broken.mbox",
            "message 17",
            "unreadable",
            told("the header is longer than {limit} bytes", limit=1048576),
            3,
        ),
        (
            "archive.zip!deep/deeper.zip",
            "",
            "limit",
            told("archives are opened {limit} deep at most", limit=4),
            1,
        ),
        (
            "exports/config.ldif",
            "line 40",
            "undecided",
            told("the build of {name} is unknown: no source states it", name="EX05"),
            1,
        ),
        ("scans", "", "not-collected", told("no Onyphe export was given"), 1),
        (HOSTILE[2], HOSTILE[5], "unreadable", told("{x}", x=HOSTILE[0]), 1),
    )
    return tuple(
        GapRecord(
            source=source,
            position=position,
            kind=kind,
            why=str(why),
            sentence=why,  # type: ignore[arg-type]
            count=count,
        )
        for source, position, kind, why, count in rows
    )


def sample_run() -> Run:
    """The document as the pipeline would have written it."""
    servers = _servers()
    names = (
        "mail/inbox-2025.mbox",
        "exports/config.ldif",
        "scans/shodan-export.json.gz",
        HOSTILE[1],
    )
    return Run(
        tool=Tool(name="tocsin", version="0.1.0", command="tocsin examine case-0412"),
        started=day("2026-11-20"),
        finished=day("2026-11-20") + timedelta(seconds=9),
        inputs=("case-0412",),
        knowledge=KnowledgeState(digest="5f" * 32, date="2026-08-22", builds=377, advisories=170),
        own_domains=("contoso.example",),
        outside=("shodan",),
        headline=(
            told("There are {count} Exchange servers.", count=5),
            told("{count} of them nobody outside can see.", count=2),
            told("{count} are open to holes that are known to be exploited.", count=3),
            told("The build is unknown for: {count}.", count=1),
            told("Servers of other organisations seen in the mails: {count}.", count=1),
        ),
        summary=Summary(
            files=41,
            recognised=38,
            skipped=3,
            bytes=1_932_735_283,
            records={"mbox": 219_400, "ldif": 812},
            servers=5,
            hidden=2,
            exchange_online_hops=88_210,
        ),
        sources=tuple(
            Source(
                source=name,
                format="mbox",
                size=1_000_000 * size,
                records=size * 7,
                sha256=hashlib.sha256(name.encode()).hexdigest(),
            )
            for size, name in enumerate(names, 1)
        ),
        skipped=(
            Skipped(source="photos", why=told("not a format that is known"), files=2),
            Skipped(source=HOSTILE[3], why=told("{x}", x=HOSTILE[4])),
        ),
        servers=servers,
        findings=_all_findings(servers),
        gaps=_gaps(),
    )


def large_run(servers: int = 300, rules: int = 120) -> Run:
    """Many servers, each on a build of its own, so that no two are judged alike."""
    base = sample_run()
    model = base.servers[0]
    many: list[Server] = []
    found: list[FindingRecord] = []
    statuses: tuple[Status, ...] = ("affected", "fixed", "under_investigation", "fixed", "affected")
    for number in range(1, servers + 1):
        name = f"EX{number:03}.corp.contoso.example"
        build = f"15.1.{1000 + number}.{number % 40}"
        entries = tuple(
            period(
                build,
                f"2016 CU{cu}",
                f"{2015 + cu}-01-01",
                f"{2015 + cu}-12-01",
                count=number,
                name=name,
            )
            for cu in range(1, 6)
        )
        server = msgspec.structs.replace(
            model,
            id=f"srv-{number}",
            name=name,
            names=(name,),
            rank=number,
            history=entries,
            build=BuildSpan(low=build, high=build),
            evidence=tuple(p for entry in entries for p in entry.evidence),
            hidden=(True, False, "unknown")[number % 3],
        )
        many.append(server)
        for rule in range(rules):
            status = statuses[rule % 5]
            sentence = told(
                "{build} is older than {fixed} ({update}), the first build of {cu} with the fix",
                build=build,
                fixed=f"15.1.{1000 + number}.{rule // 6}",
                update=f"SU{rule // 6}",
                cu=f"2016 CU{number}",
            )
            found.append(
                FindingRecord(
                    rule=f"CVE-2023-{20000 + rule}",
                    title="A user can run code on the server.",
                    subject=server.id,
                    subject_name=name,
                    status=status,
                    level=("critical", "high", "medium")[rule % 3],  # type: ignore[arg-type]
                    confidence="high",
                    because=str(sentence),
                    sentence=sentence,
                    settle=told(
                        "Read the file version of ExSetup.exe on the server, or the "
                        "X-OWA-Version header it answers with."
                    )
                    if status == "under_investigation"
                    else None,
                    evidence=server.evidence[-1:],
                    tags=("class:RCE",),
                    references=(),
                    fingerprint=fingerprint(str(rule), server.id),
                )
            )
    return msgspec.structs.replace(base, servers=tuple(many), findings=tuple(found))
