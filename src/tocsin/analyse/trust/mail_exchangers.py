"""Where the internet delivers mail for the organisation's domains: its MX records."""

from __future__ import annotations

import msgspec

from tocsin.analyse.trust.domains import bare, mail_domains
from tocsin.analyse.trust.hosts import in_the_cloud
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """elsewhere: whether mail for some domain is delivered to another host than Exchange Online's;
    None if that is not known of all. hosts: those others."""

    elsewhere: bool | None
    hosts: tuple[str, ...]
    answers: tuple[Answer, ...]


def delivery(situation: Situation) -> Delivery:
    """What the MX records of the tenant's mail domains say."""
    wanted = mail_domains(situation)
    covered, hosts, answers = set(), [], []
    unclear = False
    for item in objects(situation, "MxRecord"):
        domain, named = item.ask("Domain"), item.ask("Hosts")
        texts = [bare(each) for each in (*domain.texts(), item.setting.name) if each]
        if not texts or (wanted is not None and texts[0] not in wanted):
            continue
        answers += [domain, named]
        unclear = unclear or not named.known
        covered |= {texts[0]} if named.known else set()
        # A single dot says that the domain takes no mail (RFC 7505).
        hosts += [each for each in named.texts() if each.strip(". ") and not in_the_cloud(each)]
    whole = wanted is not None and set(wanted) <= covered
    elsewhere = True if hosts else (False if whole and not unclear else None)
    return Delivery(elsewhere=elsewhere, hosts=tuple(dict.fromkeys(hosts)), answers=tuple(answers))
