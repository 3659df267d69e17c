"""A judgement in words: for each reason one sentence, the raw words it rests on, and the place."""

from __future__ import annotations

from tocsin.analyse.conversation.room import Judged
from tocsin.analyse.conversation.scoring import Reason
from tocsin.analyse.conversation.traits import network
from tocsin.model.conversation import Hit
from tocsin.model.locator import Locator
from tocsin.model.message import Attachment, Link, Message
from tocsin.model.text import Sentence, Value

QUOTE_LENGTH = 300
"""Characters of raw text quoted with a reason."""

HITS_TOLD = 12
"""Reasons told of one mail, heaviest first."""

TOLD_LEAST = 0.05
"""Nats from which a reason is told: what weighs less has decided nothing."""

_HEADER_OF = {
    "ids": "In-Reply-To", "thread": "Date", "authentication": "Authentication-Results",
    "recipients": "To",
}  # fmt: skip
_FIELD = {
    "no-message-id": "Message-ID", "double-re": "Subject", "id-form-new": "Message-ID",
    "client-new": "X-Mailer", "client-mismatch": "X-Mailer", "reply-elsewhere": "Reply-To",
    "path-new": "Received", "origin-new": "Received", "boundary-new": "Content-Type",
    "stamp-forged": "X-MS-Exchange-Organization-AuthAs", "future-date": "Date",
}  # fmt: skip


def defanged(url: str) -> str:
    """A link that no program makes live again."""
    scheme, mark, rest = url.partition("://")
    head, slash, path = rest.partition("/")
    head = head.replace(".", "[.]")
    return f"{scheme.replace('t', 'x', 2) if scheme[:4] == 'http' else scheme}{mark}{head}{slash}{path}"


def hits(judged: Judged, message: Message, at: Locator) -> tuple[Hit, ...]:
    """The reasons of one mail, heaviest first."""
    told = _Telling(judged, message)
    reasons = [each for each in judged.score.reasons if each.weight >= TOLD_LEAST]
    return tuple(told.hit(reason, at) for reason in reasons[:HITS_TOLD])


class _Telling:
    """What the sentences of one mail are filled with."""

    def __init__(self, judged: Judged, message: Message) -> None:
        self.message = message
        self.judged = judged
        self.link = _chosen(message)
        self.file = _riskiest(message.attachments)
        self.code = next((each for each in message.attachments if _leads_by_code(each)), None)
        author = message.author
        self.values: dict[str, Value] = {
            "name": author.name or author.address,
            "address": author.address,
            "account": judged.account,
            "server": judged.server,
            "domain": author.domain,
            "link": defanged(self.link.url)[:200] if self.link else "",
            "link_domain": self.link.domain.replace(".", "[.]") if self.link else "",
            "file": self.file.name if self.file else "",
            "code_file": (self.code.name or self.code.declared) if self.code else "",
            "host": self.code.leads[0].replace(".", "[.]") if self.code else "",
            "days": _days(judged),
            "client": message.client_raw[:100] or message.client,
            "path": message.submission,
            "origin": network(message.origin) if message.origin else "",
            "password": message.passwords[0] if message.passwords else "",
            "authentication": authentication(message),
        }

    def hit(self, reason: Reason, at: Locator) -> Hit:
        indicator = reason.indicator
        sentence = Sentence(
            template=indicator.sentence,
            values={
                name: value
                for name, value in self.values.items()
                if f"{{{name}}}" in indicator.sentence
            },
        )
        place, quote = self._proof(indicator.id, indicator.group, indicator.axis)
        return Hit(
            name=indicator.id,
            axis=indicator.axis,
            weight=round(reason.weight, 3),
            sentence=sentence,
            quote=quote[:QUOTE_LENGTH],
            at=Locator(
                source=at.source,
                position=", ".join(filter(None, (at.position, place))),
                sha256=at.sha256,
            ),
        )

    def _proof(self, name: str, group: str, axis: str) -> tuple[str, str]:
        """Where in the mail the reason lies, and the words there."""
        message = self.message
        text = message.text
        if "link" in name or name.endswith("hosted") or group == "burst":
            return ("body, link", defanged(self.link.url)) if self.link else ("body", text.new)
        if name == "scan-code-leads" and self.code:
            return f"attachment {self.values['code_file']}", self.code.declared
        if "file" in name:
            return (f"attachment {self.file.name}", self.file.declared) if self.file else ("", "")
        if axis == "payload" or group in ("both", "language"):
            return "body", text.new
        if name in ("signed-elsewhere", "quoted-elsewhere"):
            quoted = [each for each in text.attributions if each.address]
            if name == "quoted-elsewhere" and quoted:
                return "body, quote", f"{quoted[0].name} <{quoted[0].address}>"
            return "body", " ".join(text.addresses)
        if name in ("ids-missing-quote-known", "quote-in-pre", "quote-new", "hidden-text"):
            return "body, quote", text.quoted_head
        field = _FIELD.get(name) or _HEADER_OF.get(group) or "From"
        return f"header {field}", self._field(field)

    def _field(self, field: str) -> str:
        message = self.message
        author = message.author
        values = {
            "From": f"{author.name} <{author.address}>",
            "In-Reply-To": " ".join(message.in_reply_to),
            "Date": message.date.isoformat() if message.date else "",
            "Authentication-Results": authentication(message),
            "To": ", ".join(message.recipients[:5]),
            "Message-ID": message.message_id,
            "Subject": message.subject,
            "X-Mailer": message.client_raw,
            "Reply-To": ", ".join(each.address for each in message.reply_to),
            "Received": f"from {message.hops[-1].helo or message.hops[-1].peer} by {message.hops[-1].by}"
            if message.hops
            else "",
            "Content-Type": message.structure,
            "X-MS-Exchange-Organization-AuthAs": message.auth_as,
        }
        return values[field]


def authentication(message: Message) -> str:
    """What the reader's own side found, in the words of RFC 8601."""
    said = message.authentication
    found = [
        f"{method}={result}"
        for method, result in (("spf", said.spf), ("dkim", said.dkim), ("dmarc", said.dmarc))
        if result
    ]
    return " ".join([*found, f"compauth={said.compauth}"] if said.compauth else found)


def _chosen(message: Message) -> Link | None:
    """The link that is most worth showing: a new one, with the most traits."""
    fresh = [link for link in message.links if not link.quoted] or list(message.links)
    return max(fresh, key=lambda link: (not link.related, len(link.traits)), default=None)


def _riskiest(files: tuple[Attachment, ...]) -> Attachment | None:
    """A picture shown in the text is one where a code in it leads somewhere."""
    return max(
        files,
        key=lambda each: (not each.inline or _leads_by_code(each), len(each.traits)),
        default=None,
    )


def _leads_by_code(file: Attachment) -> bool:
    return "code" in file.traits and bool(file.leads)


def _days(judged: Judged) -> int:
    return max(0, (judged.at - judged.parent_at) // 86400) if judged.parent_at else 0
