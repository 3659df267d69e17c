"""Campaigns as STIX objects: indicators, what they indicate, and that they were sighted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import stix2

from tocsin.model.conversation import Campaign, Conversations, JudgedMessage
from tocsin.model.run import Run
from tocsin.model.text import say
from tocsin.report.advisory_parts.warned import campaign_of, in_order, is_own, mailbox, reached
from tocsin.report.stix_parts.ids import (
    is_address,
    is_domain,
    is_sha256,
    is_url,
    stable,
    usable,
)

IDS_IN_A_PATTERN = 100
"""Message-IDs of one indicator; a longer list goes into several."""
VALUES_LIMIT = 5000
"""Values of each kind in one campaign; the campaign's description says when more were left out."""
OBSERVED_LIMIT = 200
"""Mails observed, each an object of its own; their number is stated whole."""

SHARED_HOSTS = frozenset(
    [
        *("1drv.ms", "onedrive.live.com", "sharepoint.com", "drive.google.com", "docs.google.com"),
        *("dropbox.com", "dropboxusercontent.com", "wetransfer.com", "we.tl", "mega.nz", "bit.ly"),
        *("github.com", "raw.githubusercontent.com", "firebasestorage.googleapis.com"),
        *("google.com", "googleapis.com", "live.com", "microsoft.com", "amazonaws.com", "box.com"),
        *("cdn.discordapp.com", "discordapp.com", "tinyurl.com", "t.co", "goo.gl"),
    ]
)
"""Hosts that everybody uses: their addresses are indicators, they themselves never are."""

SURE = {"hash": 95, "message": 95, "url": 90, "domain": 60, "sender": 50, "name": 25}
"""Confidence by kind, of 100: how seldom the same value stands in a genuine mail."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator before it is built. kinds: STIX's open vocabulary of indicator types."""

    key: str
    name: str
    pattern: str
    sure: str
    kinds: tuple[str, ...]
    note: str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What every object of a campaign shares."""

    author: Any
    organisation: Any
    first: datetime
    last: datetime
    own_domains: tuple[str, ...]

    def common(self, kind: str, key: str) -> dict[str, Any]:
        """Identifier, author, times and marking."""
        return {
            "id": stable(kind, key),
            "created_by_ref": self.author["id"],
            "created": self.first,
            "modified": self.last,
            "object_marking_refs": [stix2.TLP_AMBER["id"]],
        }


def objects(run: Run) -> list[Any]:
    """Every object of the bundle, each id once. Raises nothing for any content of a run."""
    found: dict[str, Any] = {}
    for each in _all(run):
        found.setdefault(str(each["id"]), each)
    return list(found.values())


def _all(run: Run) -> Iterator[Any]:
    start = _moment(run.knowledge.date)
    author = stix2.v21.Identity(
        id=stable("identity", "tocsin"),
        name="Tocsin",
        identity_class="system",
        created=_moment("2026-01-01"),
        modified=_moment("2026-01-01"),
    )
    yield from (author, stix2.TLP_AMBER)
    if run.conversations is None:
        return
    domains = [each for each in run.conversations.own_domains if is_domain(each)]
    organisation = stix2.v21.Identity(
        id=stable("identity", " ".join(sorted(domains))),
        name=", ".join(domains) or "the organisation that was examined",
        identity_class="organization",
        created=_moment("2026-01-01"),
        modified=_moment("2026-01-01"),
        created_by_ref=author["id"],
        object_marking_refs=[stix2.TLP_AMBER["id"]],
    )
    yield organisation
    of = campaign_of(run.conversations)
    members: dict[str, list[JudgedMessage]] = {}
    for each in reached(run.conversations):
        found = of.get(each.id)
        members.setdefault(found.id if found else f"alone {each.id}", []).append(each)
    for campaign in _campaigns(run.conversations, members):
        dates = in_order((campaign.first, campaign.last)) or [start]
        frame = Frame(
            author=author,
            organisation=organisation,
            first=_whole(dates[0]),
            last=_whole(dates[-1]),
            own_domains=run.conversations.own_domains,
        )
        yield from _campaign(campaign, members.get(campaign.id, []), frame)


def _campaigns(
    conversations: Conversations, members: dict[str, list[JudgedMessage]]
) -> Iterator[Campaign]:
    """The campaigns, and each alert that stands alone as one of its own."""
    yield from conversations.campaigns
    for key, (each, *_) in members.items():
        if key.startswith("alone "):
            sender = mailbox(each.shown.sender)[1]
            yield Campaign(
                id=key,
                family=each.family,
                because=each.hits[0].sentence if each.hits else say(""),
                first=each.date,
                last=each.date,
                messages=(each.id,),
                message_ids=(each.message_id,),
                senders=(sender,) if sender else (),
                servers=(),
                accounts=(),
                recipients=each.recipients,
                answered=each.answered,
                subjects=(),
                threads=(each.thread,),
            )


def _campaign(campaign: Campaign, members: list[JudgedMessage], frame: Frame) -> Iterator[Any]:
    number = max(len(campaign.messages), len(members), 1)
    # Named by what it is made of, not by the run's own numbering: other runs find the same.
    key = "\n".join(sorted(campaign.message_ids[:1] or campaign.messages[:1])) or campaign.id
    family = campaign.family if usable(campaign.family) else ""
    wanted, left_out = _wanted(campaign, frame)
    note = (
        f"{number} mails inside stolen conversations, to {len(campaign.recipients)} addresses, "
        f"{len(campaign.answered)} of which answered."
    )
    if left_out:
        note += f" {left_out} values could not be made into indicators and were left out."
    sdo = stix2.v21.Campaign(
        **frame.common("campaign", key),
        name=f"Conversation hijacking, {family or 'family unknown'}, from {frame.first:%Y-%m-%d}",
        description=note,
        first_seen=frame.first,
        last_seen=frame.last,
        confidence=90,
    )
    yield sdo
    targets = [sdo]
    if family:
        malware = stix2.v21.Malware(
            **_timeless(frame.common("malware", family.casefold())), name=family, is_family=True
        )
        yield malware
        yield _relation(sdo, "uses", malware, frame)
        targets.append(malware)
    yield from _infrastructure(campaign, key, sdo, targets[1:], frame)
    indicators = [_indicator(each, frame) for each in wanted]
    for indicator in indicators:
        yield indicator
        for target in targets:
            yield _relation(indicator, "indicates", target, frame)
    yield from _sighted(key, sdo, members, number, frame)


def _timeless(common: dict[str, Any]) -> dict[str, Any]:
    """A family is older than any campaign: the same object whichever was met first."""
    return common | {"created": _moment("2026-01-01"), "modified": _moment("2026-01-01")}


def _wanted(campaign: Campaign, frame: Frame) -> tuple[list[Wanted], int]:
    """The indicators of a campaign, and how many of its values are none."""
    bad = ("malicious-activity",)
    foreign = [each for each in campaign.domains if not _ours("x@" + each, frame)]
    senders = [each for each in campaign.senders if not _ours(each, frame)]
    groups: tuple[tuple[Iterable[str], Any, str, str, tuple[str, ...], str], ...] = (
        (campaign.urls, is_url, "url:value", "url", bad, "Link in a forged mail"),
        (foreign, _own_host, "domain-name:value", "domain", bad, "Host of a link"),
        (campaign.hashes, is_sha256, "file:hashes.'SHA-256'", "hash", bad, "Attachment"),
        (campaign.attachment_names, usable, "file:name", "name", bad,
         "Attachment's name: to look for, not to block"),
        (senders, is_address, "email-message:from_ref.value", "sender",
         (*bad, "compromised"), "Sender; often a stolen account of somebody innocent"),
    )  # fmt: skip
    found: list[Wanted] = []
    left_out = 0
    for values, good, path, sure, kinds, note in groups:
        every = list(dict.fromkeys(values))
        fit = [each for each in every if good(each)][:VALUES_LIMIT]
        left_out += len(every) - len(fit)
        for each in fit:
            pattern = f"[{path} = {stix2.StringConstant(each)}]"
            found.append(
                Wanted(key=pattern, name=each, pattern=pattern, sure=sure, kinds=kinds, note=note)
            )
    ids = [each for each in dict.fromkeys(campaign.message_ids) if usable(each)][:VALUES_LIMIT]
    for start in range(0, len(ids), IDS_IN_A_PATTERN):
        some = ids[start : start + IDS_IN_A_PATTERN]
        listed = ", ".join(str(stix2.StringConstant(each)) for each in some)
        pattern = f"[email-message:message_id IN ({listed})]"
        found.append(
            Wanted(
                key=pattern, name=some[0] if len(some) == 1 else f"{len(some)} Message-IDs", pattern=pattern, sure="message",
                kinds=bad, note="The forged mails themselves",
            )
        )  # fmt: skip
    return found, left_out


def _ours(address: str, frame: Frame) -> bool:
    return is_own(address, frame.own_domains)


def _own_host(domain: str) -> bool:
    """A host that is not shared by everybody."""
    return is_domain(domain) and domain.lower() not in SHARED_HOSTS


def _indicator(wanted: Wanted, frame: Frame) -> Any:
    return stix2.v21.Indicator(
        **frame.common("indicator", wanted.key),
        name=wanted.name,
        description=wanted.note,
        pattern=wanted.pattern,
        pattern_type="stix",
        valid_from=frame.first,
        indicator_types=list(wanted.kinds),
        confidence=SURE[wanted.sure],
    )


def _infrastructure(
    campaign: Campaign, key: str, sdo: Any, malware: list[Any], frame: Frame
) -> Iterator[Any]:
    """The hosts that the links lead to."""
    hosts = [
        each for each in campaign.domains if _own_host(each) and not _ours("x@" + each, frame)
    ][:VALUES_LIMIT]
    if not hosts:
        return
    place = stix2.v21.Infrastructure(
        **frame.common("infrastructure", key),
        name=f"Hosts of the links: {', '.join(hosts[:3])}",
        infrastructure_types=["hosting-malware"],
        first_seen=frame.first,
        last_seen=frame.last,
    )
    yield place
    yield _relation(sdo, "uses", place, frame)
    for each in malware:
        yield _relation(place, "delivers", each, frame)
    for host in hosts:
        domain = stix2.v21.DomainName(value=host, object_marking_refs=[stix2.TLP_AMBER["id"]])
        yield domain
        yield _relation(place, "consists-of", domain, frame)


def _relation(source: Any, verb: str, target: Any, frame: Frame) -> Any:
    key = f"{source['id']} {verb} {target['id']}"
    return stix2.v21.Relationship(
        **frame.common("relationship", key),
        relationship_type=verb,
        source_ref=source["id"],
        target_ref=target["id"],
    )


def _sighted(
    key: str, sdo: Any, members: list[JudgedMessage], number: int, frame: Frame
) -> Iterator[Any]:
    """The mails that were seen, without what they say or to whom, and that they were seen here."""
    seen: dict[str, Any] = {}
    mails = [each for each in members if usable(each.message_id)][:OBSERVED_LIMIT]
    for each in mails:
        sender = mailbox(each.shown.sender)[1]
        told: dict[str, Any] = {"message_id": each.message_id, "is_multipart": False}
        if dates := in_order([each.date]):
            told["date"] = _whole(dates[0])
        if is_address(sender) and not _ours(sender, frame):
            address = stix2.v21.EmailAddress(
                value=sender, object_marking_refs=[stix2.TLP_AMBER["id"]]
            )
            seen[address["id"]] = address
            told["from_ref"] = address["id"]
        # By the specification's own key all mails of one sender would be one: it leaves out the id.
        mail = stix2.v21.EmailMessage(
            id=stable("email-message", each.message_id),
            object_marking_refs=[stix2.TLP_AMBER["id"]],
            **told,
        )
        seen[mail["id"]] = mail
    yield from seen.values()
    observed: list[str] = []
    if seen:
        data = stix2.v21.ObservedData(
            **frame.common("observed-data", key),
            first_observed=frame.first,
            last_observed=frame.last,
            number_observed=min(max(number, 1), 999_999_999),
            object_refs=list(seen),
        )
        yield data
        observed = [data["id"]]
    yield stix2.v21.Sighting(
        **frame.common("sighting", key),
        sighting_of_ref=sdo["id"],
        first_seen=frame.first,
        last_seen=frame.last,
        count=min(number, 999_999_999),
        where_sighted_refs=[frame.organisation["id"]],
        **({"observed_data_refs": observed} if observed else {}),
    )


def _moment(date: str) -> datetime:
    """Midnight of a date; a fixed day for what is none."""
    try:
        return datetime.fromisoformat(date[:10]).replace(tzinfo=UTC)
    except ValueError:
        return datetime(2026, 1, 1, tzinfo=UTC)


def _whole(when: datetime) -> datetime:
    """Whole milliseconds, as STIX writes them, in UTC."""
    return when.astimezone(UTC) - timedelta(microseconds=when.microsecond % 1000)
