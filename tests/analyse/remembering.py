"""The room with a plain memory: what was learnt of the invented organisation, and mails judged by it."""

from copy import deepcopy
from functools import cache

import msgspec
from speaking import OWN, Mail, history

from tocsin.analyse.conversation.room import Judged, Room
from tocsin.formats import Reading
from tocsin.formats.syntax.mail_message import message
from tocsin.knowledge.indicators import Indicators, load_indicators
from tocsin.model.evidence import Evidence
from tocsin.model.locator import Locator
from tocsin.model.message import Message

KEY = b"\7" * 32


class PlainMemory:
    """The port to history as plain dictionaries: what the room is given when nothing is to be kept."""

    key = KEY

    def __init__(self):
        self.tables = {"facts": {}, "messages": {}, "threads": {}, "marks": {}}
        self.lessons = []
        self.learnt = 0

    def get(self, table, keys):
        rows = self.tables[table]
        return {key: rows[key] for key in keys if key in rows}

    def put(self, table, rows):
        self.tables[table].update(rows)

    def wait(self, lessons):
        self.lessons += lessons

    def due(self, before):
        taken = sorted(each for each in self.lessons if each.at < before)
        self.lessons = [each for each in self.lessons if each.at >= before]
        return taken

    def drop(self, messages):
        self.lessons = [each for each in self.lessons if each.message not in set(messages)]


def evidence(mail: Mail | bytes, source: str = "mail.eml") -> Evidence:
    """The record of a mail."""
    raw = mail.raw if isinstance(mail, Mail) else mail
    reading = Reading(own_domains=frozenset({OWN}), messages=True, mark_key=KEY)
    found = [
        each
        for each in message(raw, Locator(source=source), "", reading)
        if isinstance(each, Evidence) and isinstance(each.body, Message)
    ]
    assert len(found) == 1
    return found[0]


def calm() -> Indicators:
    """Indicators of which no sum is ever watched: what is then learnt does not hang on weights."""
    found = load_indicators()
    judging = msgspec.structs.replace(found.judging, alert=999, watch=999, identity_alone=999)
    return msgspec.structs.replace(found, judging=judging)


def judge(
    mails: list[Mail], memory=None, own=(OWN,), size: int = 100, indicators=None, **more
) -> list[Judged]:
    """The judgement of each mail, in time order. size: mails judged together."""
    memory = PlainMemory() if memory is None else memory
    rules = indicators or load_indicators()
    room = Room(memory, rules, own_domains=own, known=memory.learnt, **more)
    ordered = sorted(mails, key=lambda mail: mail.when)
    found: list[Judged] = []
    for start in range(0, len(ordered), size):
        found += room.judge([evidence(each) for each in ordered[start : start + size]])
    room.close()
    memory.learnt += room.learnt
    return found


def judged(mails: list[Mail], memory=None, own=(OWN,), **more) -> dict[str, Judged]:
    """The same by Message-ID."""
    return {each.message_id: each for each in judge(mails, memory, own, **more)}


@cache
def past(seed: int = 1) -> tuple[list[list[Mail]], PlainMemory]:
    """The threads of forty days, and a memory that has judged them and nothing else."""
    threads = history(seed=seed)
    memory = PlainMemory()
    judge([mail for thread in threads for mail in thread], memory)
    return threads, memory


def after(mails: list[Mail], seed: int = 1, **more) -> list[Judged]:
    """The judgement of mails that come after those forty days; each call begins from there."""
    return judge(mails, deepcopy(past(seed)[1]), **more)
