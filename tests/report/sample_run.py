"""A whole run written by hand, and a large one."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec
from sample_parts import ADVISORIES, HOSTILE, day, findings, period, told
from sample_servers import servers as invented

from tocsin.model.finding import Status, fingerprint
from tocsin.model.run import (
    BuildSpan,
    FindingRecord,
    GapRecord,
    KnowledgeState,
    Run,
    Server,
    Skipped,
    Source,
    Summary,
    Tool,
)
from tocsin.model.text import Sentence


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
    servers = invented()
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
                format="shodan" if "shodan" in name else "mbox",
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
    """Many servers on sixty builds, so that five are judged alike."""
    base = sample_run()
    model = base.servers[0]
    many: list[Server] = []
    found: list[FindingRecord] = []
    statuses: tuple[Status, ...] = ("affected", "fixed", "under_investigation", "fixed", "affected")
    for number in range(1, servers + 1):
        name = f"EX{number:03}.corp.contoso.example"
        kind = number % 60
        build = f"15.1.{1000 + kind}.{kind % 40}"
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
                fixed=f"15.1.{1000 + kind}.{rule // 6}",
                update=f"SU{rule // 6}",
                cu=f"2016 CU{kind}",
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
