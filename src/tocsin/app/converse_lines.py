"""One judged mail as one JSON object: what `tocsin conversation --format jsonl` prints."""

from __future__ import annotations

import msgspec

from tocsin.analyse.conversation.room import Judged
from tocsin.model.conversation import JudgedMessage


def line(judged: Judged, said: JudgedMessage | None = None) -> bytes:
    """The object of a mail. said: what is told of one that is not clear."""
    score = judged.score
    if said is not None:
        indicators: list[dict[str, object]] = [
            {
                "name": each.name,
                "axis": each.axis,
                "weight": each.weight,
                "quote": each.quote,
                "sentence": str(each.sentence),
                "evidence": each.at,
            }
            for each in said.hits
        ]
    else:
        indicators = [
            {
                "name": each.indicator.id,
                "axis": each.indicator.axis,
                "weight": round(each.weight, 3),
            }
            for each in score.reasons
        ]
    return msgspec.json.encode(
        {
            "kind": "message",
            "message_id": judged.message_id,
            "date": judged.date,
            "verdict": judged.verdict,
            "score": round(score.total, 3),
            "identity": round(score.identity, 3),
            "payload": round(score.payload, 3),
            "burst": round(score.burst, 3),
            "indicators": indicators,
            "thread": f"{judged.thread:016x}",
            "family": said.family if said else "",
            "campaign": said.campaign if said else "",
        }
    )
