"""The eight forms of hijack: who is impersonated, from where, how old the thread is, what is asked.

T1 to T6 follow the documented families; T7 is the partner's real account, T8 the patient intruder
who sends the payload with the second answer.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Literal

import msgspec

from benchmarks.conversation.lures import Set
from benchmarks.conversation.quoting import QUOTES, Quote

Form = Literal["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8"]
FORMS: tuple[Form, ...] = ("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8")
Voice = Literal["stolen", "colleague", "lookalike", "partner"]
"""Whose address writes: a stranger's under a participant's name, the true colleague's, one that
looks like the participant's, the true partner's."""
Payload = Literal["file", "download", "latin", "credential", "hosting", "bank"]
DAY = 86_400


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A form. styles: variants of the attacker's care and their weights, per set; `cloned` copies a
    real mail of the sender whole, `half` its path only. ids: share of mails that carry the parent's
    id. burst: share of mails that come in bursts of one hour.
    """

    voice: Voice
    styles: Mapping[Set, Mapping[str, float]]
    payloads: Mapping[Payload, float]
    quotes: tuple[Quote, ...] = QUOTES
    ids: float = 1.0
    burst: float = 0.0
    reply_all: float = 0.4
    mean_age: float = 5.0
    oldest: tuple[float, float] | None = None
    patient: bool = False

    def age(self, rng: random.Random) -> int:
        """Seconds between the answered mail and the hijack."""
        if self.oldest:
            low, high = self.oldest
            days = math.exp(rng.uniform(math.log(low), math.log(high)))
        else:
            days = rng.expovariate(1 / self.mean_age)
        return max(900, int(days * DAY))


ANY_AGE = (0.05, 90.0)
STRANGER = {
    "A": {"bare": 1, "php": 1, "bot": 2, "exchange": 1, "roundcube": 1.5, "cloned": 2.5},
    "B": {"bare": 1, "bot": 1, "zimbra": 2, "cloud": 1.5, "bulk": 1, "roundcube": 0.5, "cloned": 3},
}  # fmt: skip
INSIDER = {
    "A": {"bare": 1, "roundcube": 1.5, "bot": 1, "half": 1.5, "cloned": 4},
    "B": {"bare": 1, "zimbra": 1, "cloud": 1, "phone": 1.5, "half": 1.5, "cloned": 4},
}  # fmt: skip
PLANS: dict[Form, Plan] = {
    "T1": Plan(
        voice="stolen",
        styles={
            "A": {"exchange": 4, "bare": 1, "bot": 2, "roundcube": 1, "cloned": 2},
            "B": {"exchange": 2, "cloud": 2, "zimbra": 2, "bulk": 1, "cloned": 3},
        },
        payloads={"file": 1},
        quotes=("pre", "pre", "cite", "prefix"),
        ids=0.0,
    ),
    "T2": Plan(
        voice="stolen",
        styles=STRANGER,
        payloads={"download": 8, "hosting": 1, "file": 1},
        ids=0.5,
        reply_all=0.6,
    ),
    "T3": Plan(
        voice="colleague",
        styles={"A": {"own-exchange": 6, "cloned": 4}, "B": {"own-exchange": 5, "cloned": 5}},
        payloads={"latin": 1},
        quotes=("outlook", "outlook-line"),
        burst=0.6,
    ),
    "T4": Plan(
        voice="colleague",
        styles=INSIDER,
        payloads={"credential": 5, "file": 3, "hosting": 2},
        oldest=ANY_AGE,
        burst=0.4,
    ),
    "T5": Plan(
        voice="lookalike",
        styles={
            "A": {"bare": 1, "roundcube": 2, "bot": 1, "cloned": 4},
            "B": {"bare": 1, "cloud": 3, "zimbra": 1, "cloned": 4},
        },
        payloads={"bank": 1},
        mean_age=10.0,
    ),
    "T6": Plan(
        voice="stolen",
        styles=STRANGER,
        payloads={"download": 8, "hosting": 1, "file": 1},
        ids=0.5,
        oldest=(120.0, 400.0),
    ),
    "T7": Plan(
        voice="partner",
        styles=INSIDER,
        payloads={"download": 3, "hosting": 2, "bank": 5, "file": 1},
        oldest=ANY_AGE,
    ),
    "T8": Plan(
        voice="colleague",
        styles=INSIDER,
        payloads={"credential": 2, "download": 2, "hosting": 1, "bank": 3, "file": 2},
        oldest=ANY_AGE,
        patient=True,
    ),
}


def weighted(rng: random.Random, table: Mapping[str, float]) -> str:
    """One of the keys, by weight."""
    return rng.choices(list(table), weights=list(table.values()))[0]
