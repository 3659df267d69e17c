"""What to take out of the mailboxes: one row a message, by Message-ID. Pure CSV.

`mailboxes` are those of the reader's organisation; `elsewhere` cannot be purged, only warned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.model.conversation import Conversations, JudgedMessage, parted
from tocsin.model.run import Run
from tocsin.report import Output, Translate
from tocsin.report.advisory_parts.warned import campaign_of, is_own, once, reached
from tocsin.report.csv import table
from tocsin.report.recipients import moment

COLUMNS = (
    "message_id",
    "mailboxes",
    "elsewhere",
    "date",
    "subject",
    "sender",
    "verdict",
    "campaign",
    "source",
)


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """Alerts and members of campaigns, in the order of the document."""
    rows = _rows(run.conversations) if run.conversations else ()
    return table(COLUMNS, rows, counted=False)


def _rows(conversations: Conversations) -> Iterator[list[str]]:
    conversations, _ = parted(conversations)
    of = campaign_of(conversations)
    met: set[str] = set()
    for each in reached(conversations):
        met.add(each.message_id)
        campaign = of.get(each.id)
        yield _row(each, campaign.id if campaign else "", conversations.own_domains)
    # A campaign may know copies of which no record of their own is kept.
    for campaign in conversations.campaigns:
        for message_id in campaign.message_ids:
            if message_id not in met:
                met.add(message_id)
                yield [message_id, *[""] * 6, campaign.id, ""]


def _row(each: JudgedMessage, campaign: str, own_domains: tuple[str, ...]) -> list[str]:
    everybody = once(each.recipients)
    own = [address for address in everybody if is_own(address, own_domains)]
    # The copy among the sent items of a misused mailbox is to be purged, too.
    if each.account and is_own(each.account, own_domains) and each.account not in own:
        own.append(each.account)
    return [
        each.message_id,
        _listed(own),
        _listed(address for address in everybody if address not in own),
        moment(each.date),
        each.shown.subject,
        each.shown.sender,
        each.verdict,
        campaign,
        str(each.shown.at),
    ]


def _listed(addresses: Iterable[str]) -> str:
    r"""One cell. A quoted local part may hold the separator, and with it a mailbox that got nothing:
    there it is written as `\x3b`."""
    return "; ".join(address.replace(";", r"\x3b") for address in addresses)


OUTPUT = Output(name="purge", render=render)
