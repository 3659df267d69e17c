"""Campaigns of mails as STIX objects: indicators, what they indicate, that they were sighted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import stix2

from tocsin.model.conversation import Campaign, Conversations, JudgedMessage, parted
from tocsin.model.run import Run
from tocsin.model.text import say
from tocsin.report.advisory_parts.warned import campaign_of, in_order, mailbox, reached
from tocsin.report.stix_parts.frame import (
    VALUES_LIMIT,
    Frame,
    Wanted,
    indicator_of,
    moment,
    ours,
    own_host,
    relation,
    whole,
)
from tocsin.report.stix_parts.hunt import hunted
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
OBSERVED_LIMIT = 200
"""Mails observed, each an object of its own; their number is stated whole."""


def objects(run: Run) -> list[Any]:
    """Every object of the bundle, each id once. Raises nothing for any content of a run."""
    found: dict[str, Any] = {}
    for each in _all(run):
        found.setdefault(str(each["id"]), each)
    return list(found.values())


def _all(run: Run) -> Iterator[Any]:
    start = moment(run.knowledge.date)
    author = stix2.v21.Identity(
        id=stable("identity", "tocsin"),
        name="Tocsin",
        identity_class="system",
        created=moment("2026-01-01"),
        modified=moment("2026-01-01"),
    )
    yield from (author, stix2.TLP_AMBER)
    if run.conversations is None and run.hunt is None:
        return
    own = run.conversations.own_domains if run.conversations else run.own_domains
    domains = [each for each in own if is_domain(each)]
    organisation = stix2.v21.Identity(
        id=stable("identity", " ".join(sorted(domains))),
        name=", ".join(domains) or "the organisation that was examined",
        identity_class="organization",
        created=moment("2026-01-01"),
        modified=moment("2026-01-01"),
        created_by_ref=author["id"],
        object_marking_refs=[stix2.TLP_AMBER["id"]],
    )
    yield organisation
    frame = Frame(
        author=author, organisation=organisation, first=start, last=start, own_domains=own
    )
    if run.conversations is not None:
        yield from _spoken(run.conversations, frame)
    if run.hunt is not None:
        yield from hunted(run.hunt, run.servers, frame)


def _spoken(found: Conversations, frame: Frame) -> Iterator[Any]:
    """The campaigns, each with its mails."""
    found, _ = parted(found)
    of = campaign_of(found)
    members: dict[str, list[JudgedMessage]] = {}
    for each in reached(found):
        campaign = of.get(each.id)
        members.setdefault(campaign.id if campaign else f"alone {each.id}", []).append(each)
    for campaign in _campaigns(found, members):
        dates = in_order((campaign.first, campaign.last))
        yield from _campaign(campaign, members.get(campaign.id, []), frame.at(dates))


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
        yield relation(sdo, "uses", malware, frame)
        targets.append(malware)
    yield from _infrastructure(campaign, key, sdo, targets[1:], frame)
    indicators = [indicator_of(each, frame) for each in wanted]
    for indicator in indicators:
        yield indicator
        for target in targets:
            yield relation(indicator, "indicates", target, frame)
    yield from _sighted(key, sdo, members, number, frame)


def _timeless(common: dict[str, Any]) -> dict[str, Any]:
    """A family is older than any campaign: the same object whichever was met first."""
    return common | {"created": moment("2026-01-01"), "modified": moment("2026-01-01")}


def _wanted(campaign: Campaign, frame: Frame) -> tuple[list[Wanted], int]:
    """The indicators of a campaign, and how many of its values are none."""
    bad = ("malicious-activity",)
    foreign = [each for each in campaign.domains if not ours("x@" + each, frame)]
    senders = [each for each in campaign.senders if not ours(each, frame)]
    groups: tuple[tuple[Iterable[str], Any, str, str, tuple[str, ...], str], ...] = (
        (campaign.urls, is_url, "url:value", "url", bad, "Link in a forged mail"),
        (foreign, own_host, "domain-name:value", "domain", bad, "Host of a link"),
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


def _infrastructure(
    campaign: Campaign, key: str, sdo: Any, malware: list[Any], frame: Frame
) -> Iterator[Any]:
    """The hosts that the links lead to."""
    hosts = [each for each in campaign.domains if own_host(each) and not ours("x@" + each, frame)][
        :VALUES_LIMIT
    ]
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
    yield relation(sdo, "uses", place, frame)
    for each in malware:
        yield relation(place, "delivers", each, frame)
    for host in hosts:
        domain = stix2.v21.DomainName(value=host, object_marking_refs=[stix2.TLP_AMBER["id"]])
        yield domain
        yield relation(place, "consists-of", domain, frame)


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
            told["date"] = whole(dates[0])
        if is_address(sender) and not ours(sender, frame):
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
