"""One judged mail as the document tells it, and as `tocsin conversation --format jsonl` prints it."""

from __future__ import annotations

import hashlib

from tocsin.analyse.conversation.room import Judged
from tocsin.analyse.conversation.telling import hits
from tocsin.analyse.conversation.views import view
from tocsin.model.conversation import JudgedMessage
from tocsin.model.evidence import Evidence
from tocsin.model.message import Message
from tocsin.report.jsonl import encoded, message_object


def told(judged: Judged, each: Evidence) -> JudgedMessage:
    """What is told of every mail, clear or not: its reasons, and the mail as it is shown.

    Its family, campaign, thread and what it answers are added to those that are not clear.
    """
    message = each.body
    assert isinstance(message, Message)
    score = judged.score
    stable = message.message_id or f"{each.at.sha256} {each.at.position}"
    marked = f"{stable}\0{message.author.address}".encode("utf-8", "surrogatepass")
    # An address of ours that came in from outside is forged: nobody's mailbox sent it.
    forged = "own-from-outside" in judged.observed
    return JudgedMessage(
        id=hashlib.sha256(marked).hexdigest()[:16],
        message_id=message.message_id,
        date=judged.date,
        verdict=judged.verdict,
        score=round(score.total, 3),
        identity=round(score.identity, 3),
        payload=round(score.payload, 3),
        burst=round(score.burst, 3),
        hits=hits(judged, message, each.at),
        thread=f"{judged.thread:016x}",
        server=judged.server,
        account="" if forged else judged.account,
        recipients=message.recipients,
        shown=view(each),
    )


def line(said: JudgedMessage) -> bytes:
    """The object of a mail; the same keys for every verdict, and the same in every output."""
    return encoded(message_object(said))
