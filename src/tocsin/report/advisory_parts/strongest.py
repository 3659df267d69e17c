"""The reasons that weigh most, each indicator once, with the message that shows it best."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.conversation import Hit, JudgedMessage


def strongest(messages: Iterable[JudgedMessage], limit: int) -> list[tuple[Hit, int]]:
    """Up to `limit` indicators by their weight over all messages, and how many carry each."""
    best: dict[str, Hit] = {}
    total: dict[str, float] = {}
    count: dict[str, int] = {}
    for message in messages:
        seen: set[str] = set()
        for hit in message.hits:
            total[hit.name] = total.get(hit.name, 0.0) + hit.weight
            if hit.name not in seen:
                seen.add(hit.name)
                count[hit.name] = count.get(hit.name, 0) + 1
            if hit.name not in best or hit.weight > best[hit.name].weight:
                best[hit.name] = hit
    order = sorted(total, key=lambda name: (-total[name], name))
    return [(best[name], count[name]) for name in order[:limit]]
