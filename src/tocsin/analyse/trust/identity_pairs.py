"""Everything but mail that two sides must agree on: domains, servers, tenant, keys, relationships."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.analyse.trust.directory import servers_listed
from tocsin.analyse.trust.domains import accepted, bare
from tocsin.analyse.trust.keys import THUMBPRINTS, host_of
from tocsin.analyse.trust.names import thumbprint
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.pairing import (
    ONLY_HERE,
    Draft,
    absent,
    partner,
    plain,
    told,
)
from tocsin.analyse.trust.principals import Principal, principals
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.verdicts import uncollected
from tocsin.model.setting import Side
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Pair

ORGANISATION = N_("The organisation, as each side knows it")
RELATIONSHIP = N_("Organisation relationships")
CONNECTOR = N_("Intra-organisation connectors")
DOMAINS = N_("Domains that mail is accepted for")
ISSUER = N_("Who issues tokens, and the tenant")
KEYS = N_("The Auth Certificate, and the keys in Entra")
SERVERS = N_("Servers that the hybrid configuration names")

OTHER_ORGANISATION = N_(
    "The cloud is tied to another Exchange organisation than the one that was read."
)
NOT_SHARED = N_("{value} is a domain of the hybrid, and one side does not accept mail for it.")
NOT_OURS = N_("One side asks about {value}, which the other does not accept mail for.")
OTHER_TENANT = N_("The authorisation server speaks for another tenant than the one that was read.")
NOT_IN_ENTRA = N_(
    "The current Auth Certificate is not on {name}: tokens that the servers sign are refused."
)
STILL_THERE = N_("The previous Auth Certificate is still on {name}: its key is still good.")
UNKNOWN_KEY = N_("A key on {name} belongs to none of the three certificates.")
GONE = N_(
    "The hybrid configuration names {name}; no Exchange server of that name is there any more."
)

LISTS = ("SendingTransportServers", "ReceivingTransportServers", "EdgeTransportServers")

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

ONLINE: Side = "exchange-online"
PREMISES: Side = "on-premises"


def draw(situation: Situation) -> Iterator[Pair]:
    """Each of these of which one side at least was read."""
    yield from _organisation(situation)
    yield from _both(situation, "OrganizationRelationship", say(RELATIONSHIP))
    yield from _both(situation, "IntraOrganizationConnector", say(CONNECTOR))
    yield from _domains(situation)
    yield from _issuers(situation)
    yield from _keys(situation)
    yield from _servers(situation)


def _organisation(situation: Situation) -> Iterator[Pair]:
    clouds = objects(situation, "OnPremisesOrganization", ONLINE)
    own = objects(situation, "OrganizationConfig", PREMISES)
    hybrid = objects(situation, "HybridConfiguration", PREMISES)
    if not clouds or not (own or hybrid):
        return
    for cloud in clouds if len(clouds) == 1 else clouds[:0]:
        given, shared = cloud.ask("OrganizationGuid"), cloud.ask("HybridDomains")
        mine = [item for item in own if item.setting.side == PREMISES]
        # Of several forests that were read, the one that is meant.
        same = [item for item in mine if item.ask("Guid").filled and _is(item, given)]
        left = next(iter((*same, *own, *hybrid)))
        draft = Draft(say(ORGANISATION), left, cloud)
        if mine:
            guid = next(iter((*same, *mine))).ask("Guid")
            both = guid.filled and given.filled
            draft.row(
                guid, given, agrees=bool(same) if both else None, because=say(OTHER_ORGANISATION)
            )
        if hybrid:
            told_here = [item.ask("Domains") for item in hybrid]
            equal = [each for each in told_here if _domains_in(each) == _domains_in(shared)]
            domains = next(iter((*equal, *told_here)))
            known = shared.known and all(each.known for each in told_here)
            draft.row(domains, shared, agrees=bool(equal) if known else None)
        if draft.rows:
            yield draft.done()


def _is(item: Item, given: Answer) -> bool:
    return plain(item.ask("Guid")) == plain(given)


def _domains_in(answer: Answer) -> set[str]:
    """The wizard may mark one domain for Autodiscover: `autod:contoso.example`."""
    return {text.lower().rpartition(":")[2] for text in answer.texts()}


def _both(situation: Situation, kind: str, title: Sentence) -> Iterator[Pair]:
    """Objects that the wizard makes on both sides."""
    here, there = (
        [
            item
            for item in objects(situation, kind, side)
            if item.setting.side == side and item.ask("Enabled").value is not False
        ]
        for side in (PREMISES, ONLINE)
    )
    for item in here:
        if not _hybrid(item):
            continue
        other = partner(item, there)
        draft = Draft(title, item, other)
        if other is None:
            asked = uncollected(situation, kind, ONLINE) is None
            mine = told("Name", item.setting.name, item.first("Name"))
            right = told("Name", "") if asked else absent("Name")
            draft.row(
                mine,
                right,
                agrees=False if asked else None,
                because=say(ONLY_HERE, name=item.setting.name),
            )
        else:
            _compare(situation, draft, item, other)
        yield draft.done()


def _hybrid(item: Item) -> bool:
    """Whether it leads to Exchange Online, not to a partner."""
    names = ("DomainNames", "TargetAddressDomains", "DiscoveryEndpoint", "TargetAutodiscoverEpr")
    texts = " ".join(text for name in names for text in item.ask(name).texts()).lower()
    return ".onmicrosoft.com" in texts or ".outlook.com" in texts


def _compare(situation: Situation, draft: Draft, item: Item, other: Item) -> None:
    draft.same("Enabled")
    for name in ("FreeBusyAccessEnabled", "FreeBusyAccessLevel", "MailTipsAccessEnabled"):
        if item.ask(name).known or other.ask(name).known:
            draft.same(name)
    for name in ("DomainNames", "TargetAddressDomains"):
        for mine, side in ((item.ask(name), ONLINE), (other.ask(name), PREMISES)):
            if not mine.filled:
                continue
            takes = [accepted(situation, text, side) for text in mine.texts()]
            agrees = False if False in takes else (None if None in takes else True)
            known = [text for text, each in zip(mine.texts(), takes, strict=True) if each]
            seen = told("AcceptedDomain", ", ".join(known))
            seen = absent("AcceptedDomain") if None in takes else seen
            left, right = (mine, seen) if side == ONLINE else (seen, mine)
            draft.row(left, right, agrees=agrees, because=say(NOT_OURS, value=mine.basis.value))


def _domains(situation: Situation) -> Iterator[Pair]:
    here, there = (dict(_accepted(situation, side)) for side in (PREMISES, ONLINE))
    if not here or not there:
        return
    hybrid = [
        text.lower().rpartition(":")[2]
        for item in objects(situation, "HybridConfiguration", PREMISES)
        for text in item.ask("Domains").texts()
    ]
    draft = Draft(say(DOMAINS), None, None, names=("AcceptedDomain", "AcceptedDomain"))
    for domain in sorted({*hybrid, *(here.keys() & there.keys())}):
        sides = [accepted(situation, domain, side) for side in (PREMISES, ONLINE)]
        left = _domain(domain, here, sides[0])
        right = _domain(domain, there, sides[1])
        agrees = False if False in sides else (None if None in sides else True)
        draft.row(left, right, agrees=agrees, because=say(NOT_SHARED, value=domain))
    if draft.rows:
        yield draft.done()


def _accepted(situation: Situation, side: Side) -> Iterator[tuple[str, Answer]]:
    for item in objects(situation, "AcceptedDomain", side):
        if item.setting.side == side:
            for text in item.ask("DomainName").texts():
                yield bare(text), item.ask("DomainType")


def _domain(name: str, known: dict[str, Answer], takes: bool | None) -> Answer:  # noqa: FBT001
    kind = known.get(name)
    if kind is not None and kind.known:
        return told(name, kind.basis.value, kind)
    if takes is None:
        return absent(name)
    return told(name, name if takes else "")


def _issuers(situation: Situation) -> Iterator[Pair]:
    tenants = objects(situation, "Tenant", "entra")
    for item in objects(situation, "AuthServer", PREMISES):
        kind, realm = item.ask("Type"), item.ask("Realm")
        if item.ask("Enabled").value is False or kind.value not in ("AzureAD", "MicrosoftACS"):
            continue
        if realm.empty:
            continue
        draft = Draft(say(ISSUER), item, next(iter(tenants), None))
        ids = [tenant.ask("id") for tenant in tenants]
        names = [tenant.ask("verifiedDomains") for tenant in tenants]
        by_id = all(_GUID.fullmatch(text) for text in realm.texts())
        others = ids if by_id else names
        agrees = None
        if realm.known and others and all(each.filled for each in others):
            told_names = " ".join(each.basis.value.lower() for each in others)
            agrees = any(text.lower() in told_names for text in realm.texts())
        right = others[0] if others else absent("id")
        draft.row(realm, right, agrees=agrees, because=say(OTHER_TENANT))
        yield draft.done()


def _keys(situation: Situation) -> Iterator[Pair]:
    configs = objects(situation, "AuthConfig", PREMISES)
    apps = [each for each in principals(situation) if each.kind != "other"]
    dedicated = [each for each in apps if each.kind == "dedicated"]
    for config in configs:
        for app in apps:
            if app.keys or (app in dedicated or not dedicated):
                draft = Draft(say(KEYS), config, app.items[0])
                _key_rows(draft, config, app, needed=app in dedicated or bool(app.keys))
                if draft.rows:
                    yield draft.done()


def _key_rows(draft: Draft, config: Item, app: Principal, *, needed: bool) -> None:
    answers = sorted((a for a in app.ask("keyCredentials") if a.known), key=lambda a: not a.filled)
    labels = ", ".join(key.label for key in app.keys)
    keys = told("keyCredentials", labels, answers[0]) if answers else absent("keyCredentials")
    found = {key.thumbprint for key in app.keys}
    sure = app.keys_known and "" not in found
    own: set[str] = set()
    for name, use in THUMBPRINTS:
        answer = config.ask(name)
        value = thumbprint(next(iter(answer.texts()), ""))
        own.add(value)
        there = value in found
        if use == "current" and needed:
            agrees = there or (None if not (answer.known and sure) else False)
            draft.row(answer, keys, agrees=agrees, because=say(NOT_IN_ENTRA, name=app.name))
        elif use == "previous" and value and there:
            draft.row(answer, keys, agrees=False, because=say(STILL_THERE, name=app.name))
        elif use == "next" and value and there:
            draft.row(answer, keys, agrees=True)
    strange = [key for key in app.keys if key.thumbprint and key.thumbprint not in own]
    if strange and all(config.ask(name).known for name, _ in THUMBPRINTS):
        others = told("keyCredentials", ", ".join(key.label for key in strange), keys)
        draft.row(told("", ""), others, agrees=False, because=say(UNKNOWN_KEY, name=app.name))


def _servers(situation: Situation) -> Iterator[Pair]:
    listed = servers_listed(situation)
    for item in objects(situation, "HybridConfiguration", PREMISES):
        draft = Draft(say(SERVERS), item, None, names=("", "ExchangeServer"))
        for name in LISTS:
            answer = item.ask(name)
            if not answer.known:
                draft.row(answer, absent("Name"), agrees=None)
            for host in map(host_of, answer.texts()):
                found = situation.server(host) is not None or _exported(situation, host)
                agrees = True if found else (False if listed else None)
                right = told("Name", host if found else "") if found or listed else absent("Name")
                left = told(name, host, answer)
                draft.row(left, right, agrees=agrees, because=say(GONE, name=host))
        if draft.rows:
            yield draft.done()


def _exported(situation: Situation, host: str) -> bool:
    wanted = host.partition(".")[0].lower()
    names = (item.setting.name for item in situation.settings.items("ExchangeServer", PREMISES))
    return any(each.partition(".")[0].lower() == wanted for each in names)
