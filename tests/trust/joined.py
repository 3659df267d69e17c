"""All rooms' answers on the invented organisation: EX03 was broken into and sends hijacked replies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import msgspec
from organisation import SERVERS, organisation

from tocsin.analyse.trust.room import trust
from tocsin.assess.acceptance import Accepted, with_trusts
from tocsin.assess.planning import plan
from tocsin.assess.ranking import LEARN, PATCH
from tocsin.assess.trusting import trusts
from tocsin.model.conversation import (
    Campaign,
    Conversations,
    HistoryState,
    JudgedMessage,
    MessageView,
)
from tocsin.model.hunt import Cited, Hunt, HuntFinding, Incident, LogCoverage, Step
from tocsin.model.locator import Locator
from tocsin.model.run import Action, BuildSpan, FindingRecord, Proof, Server
from tocsin.model.text import Sentence, say
from tocsin.model.trusts import Acceptance, Plan, PlannedAction, Trusts

BROKEN = datetime(2026, 11, 9, 3, 12, tzinfo=UTC)
SENT = datetime(2026, 11, 11, 7, 40, tzinfo=UTC)
FIXED = "2016 CU23 Oct25SU"
EX03 = "ex03.contoso.example"


def told(text: str) -> Sentence:
    return Sentence(template=text)


def server(number: int, name: str, do: Sentence | None, **more) -> Server:
    known = {
        "id": name.lower(), "name": name, "names": (name,), "addresses": (), "organisation": "contoso.example",
        "ours": True, "product": "Exchange Server 2016",
        "build": BuildSpan(low="15.1.2507.6", high="15.1.2507.6"), "build_label": "2016 CU23",
        "support": None, "history": (), "seen_by": ("export",), "hidden": True,
        "hidden_because": told("known from an export"), "visibility": (), "joined": (), "related": (),
        "contradictions": (), "facts": {}, "evidence": (), "rank": number, "level": "critical",
        "counts": {"kev": 2, "affected": 9}, "action": Action(do=do) if do else None,
    }  # fmt: skip
    return Server(**{**known, **more})


def patch(name: str) -> Sentence:
    return say(PATCH, name=name, label=FIXED, build="15.1.2507.61", count=9)


def servers() -> tuple[Server, ...]:
    return (
        server(1, "EX03.contoso.example", patch("EX03.contoso.example")),
        server(2, "EX02.contoso.example", patch("EX02.contoso.example")),
        server(
            3,
            "EX04.contoso.example",
            say(LEARN, name="EX04.contoso.example"),
            level=None,
            counts={},
        ),
        server(4, "EX01.contoso.example", None, level=None, counts={}, hidden=False),
    )


def finding(server: str = EX03, rule: str = "CVE-2021-34473") -> FindingRecord:
    return FindingRecord(
        rule=rule, title="ProxyShell", subject=server, subject_name=server, status="affected",
        level="critical", confidence="high", because="", sentence=told("It lacks the fix."), settle=None,
        evidence=(Proof(source="servers.txt", position="line 2", sha256="", quote="", seen_by="export"),),
        tags=("kev",), references=(), fingerprint=f"{rule[-8:]:0>32}".replace("-", "0"),
    )  # fmt: skip


def hunt() -> Hunt:
    row = Cited(
        source="EX03/u_ex261109.log", position="line 81", sha256="ab" * 32, when=BROKEN, surface="iis",
        host="EX03", raw="POST /aspnet_client/shell.aspx 200",
    )  # fmt: skip
    hit = HuntFinding(
        id="f1" * 16, rule="web-shell", title="A web shell answered", level="critical", outcome="success",
        because=told("203.0.113.77 used a web shell on EX03"), surface="iis", host="EX03", server=EX03,
        step="web-shell", first=BROKEN, last=BROKEN, count=1, outcomes={"success": 1}, events=(row,),
        incident="i1" * 16,
    )  # fmt: skip
    step = Step(
        name="web-shell", title=told("Used a web shell"), attack=(), first=BROKEN, last=BROKEN, host="EX03",
        outcome="success", level="critical", said=told("203.0.113.77 used a web shell on EX03"),
        findings=(hit.id,),
    )  # fmt: skip
    incident = Incident(
        id="i1" * 16, title=told("EX03 was broken into from 203.0.113.77"), level="critical",
        outcome="success", hosts=("EX03",), servers=(EX03,), first=BROKEN, last=BROKEN, steps=(step,),
        findings=(hit.id,),
    )  # fmt: skip
    read = LogCoverage(
        surface="iis", host="EX03", files=1, rows=400, lost=0, noise=0, first=BROKEN, last=BROKEN
    )
    return Hunt(findings=(hit,), incidents=(incident,), coverage=(read,), rules=1)


def mail(number: int, server: str = "EX03.contoso.example", account: str = "") -> JudgedMessage:
    at = Locator(source="mail/journal.mbox", position=f"message {number}", sha256="cd" * 32)
    when = SENT.replace(minute=40 + number % 20)
    shown = MessageView(
        at=at, message_id=f"<{number}@contoso.example>", date=when, subject="RE: Offer 4711",
        sender="anna@contoso.example",
    )  # fmt: skip
    return JudgedMessage(
        id=f"m{number}", message_id=shown.message_id, date=when, verdict="alert", score=9.0, identity=4.0,
        payload=5.0, burst=0.0, hits=(), thread="t1", campaign="c1", server=server, account=account,
        recipients=(f"user{number}@partner.example",),
        answered=("user1@partner.example",) if number == 1 else (), shown=shown,
    )  # fmt: skip


def spoken(mails: Sequence[JudgedMessage], accounts: tuple[str, ...] = ()) -> Conversations:
    campaign = Campaign(
        id="c1", family="squirrelwaffle", because=told("One payload"), first=SENT, last=SENT,
        messages=tuple(m.id for m in mails), message_ids=tuple(m.message_id for m in mails),
        senders=("anna@contoso.example",), servers=("EX03.contoso.example",), accounts=accounts,
        recipients=tuple(r for m in mails for r in m.recipients), answered=("user1@partner.example",),
        subjects=("RE: Offer 4711",), threads=("t1",),
    )  # fmt: skip
    history = HistoryState(
        kept="run", messages=10, addresses=5, first=None, last=None, delay_hours=48
    )
    return Conversations(
        own_domains=("contoso.example",), inferred=False, judged={"alert": len(mails)}, duplicates=0,
        history=history, messages=tuple(mails), campaigns=(campaign,),
    )  # fmt: skip


MAILS = tuple(mail(number) for number in range(1, 6))


def judged(*, broken: bool = True, **ex02) -> Trusts:
    """ex02: what is otherwise of that server."""
    states = tuple(
        msgspec.structs.replace(each, weakness="exploited", incidents=("i1" * 16,), sent=len(MAILS))
        if broken and each.id == EX03
        else each
        for each in SERVERS
    )
    states = tuple(
        msgspec.structs.replace(each, **ex02) if each.id.startswith("ex02") else each
        for each in states
    )
    found = organisation(servers=states)
    return trusts(trust(found.situation(drawn=False)), found.servers)


def planned(taken: Accepted | None = None, **rooms) -> Plan:
    given = {
        "servers": servers(), "findings": (finding(),), "spoken": spoken(MAILS), "hunt": hunt(),
        "trusts": None, **rooms,
    }  # fmt: skip
    taken = taken or Accepted()
    given["trusts"] = with_trusts(given["trusts"], taken)
    found = plan(
        given["servers"], given["findings"], given["spoken"], given["hunt"], given["trusts"], taken
    )
    assert found is not None
    return found


def acceptance(fingerprint: str, until: date = date(2027, 1, 31)) -> Acceptance:
    return Acceptance(
        fingerprint=fingerprint,
        reason="replaced soon",
        owner="T. Girard",
        on=date(2026, 11, 1),
        until=until,
    )


def actions(found: Plan, kind: str) -> list[PlannedAction]:
    return [each for each in found.actions if each.kind == kind]
