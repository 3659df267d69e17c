"""Pieces of an invented run: evidence, histories, findings, and words meant to do harm.

The advisories, builds and their order are Microsoft's published ones; names, addresses, sources
and dates are invented.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from tocsin.model.evidence import SeenBy
from tocsin.model.finding import Level, Status, fingerprint
from tocsin.model.run import FindingRecord, HistoryEntry, Proof, Server, Visibility
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


def server(number: int, name: str, **fields: object) -> Server:
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
