"""Which domains are the organisation's own, on each side of the hybrid."""

from __future__ import annotations

from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation
from tocsin.model.setting import Side

TENANT_SUFFIX = ".onmicrosoft.com"


def bare(name: str) -> str:
    """A domain or a name of a certificate without wildcard, dot at the end, or capitals."""
    return name.strip().lower().rstrip(".").removeprefix("*.")


def below(name: str, domain: str) -> bool:
    """Whether a name is a domain, or a host or domain below it."""
    name, domain = bare(name), bare(domain)
    return bool(domain) and (name == domain or name.endswith(f".{domain}"))


def own(situation: Situation, side: Side) -> tuple[list[Item], list[Answer]]:
    """The accepted domains of a side, and what each says its domain is."""
    items = objects(situation, "AcceptedDomain", side)
    return items, [item.ask("DomainName") for item in items]


def accepted(situation: Situation, name: str, side: Side) -> bool | None:
    """Whether a name lies in a domain that a side accepts mail for; `*` and `*.com`, an open relay's,
    make no name one's own. None: the accepted domains, or the name of one of them, were not read."""
    items, answers = own(situation, side)
    if not items:
        return False if situation.settings.asked("AcceptedDomain", side) else None
    if any(_holds(text, name) for each in answers for text in each.texts()):
        return True
    return False if all(each.known for each in answers) else None


def _holds(domain: str, name: str) -> bool:
    whole = domain.strip() == "*" or (domain.strip().startswith("*") and "." not in bare(domain))
    return not whole and below(name, domain)


def mail_domains(situation: Situation) -> tuple[str, ...] | None:
    """Domains for which Exchange Online takes mail from the internet under a name of one's own; None
    if unread."""
    items, answers = own(situation, "exchange-online")
    if not items or not all(each.known for each in answers):
        return None
    names = {bare(text) for each in answers for text in each.texts() if text != "*"}
    return tuple(sorted(each for each in names if not each.endswith(TENANT_SUFFIX)))
