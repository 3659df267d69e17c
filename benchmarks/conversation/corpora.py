"""The samples made ready for the evaluation: lists with what is injected, and other mail as it is."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.conversation.forms import FORMS
from benchmarks.conversation.inject import Hijack, Injector, Row
from benchmarks.conversation.innocent import Innocents
from benchmarks.conversation.lists import MailList, listed, read_list, sources
from benchmarks.conversation.lures import Set
from benchmarks.conversation.replay import Corpus, Item, parse, prepare
from tocsin.model.message import Message

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "mail"
LISTS = ("usrp-users-2021-2025", "openbmc-2019-2021")
ELSEWHERE = "ham-2002"
"""Several lists as one man received them, of another time and other subjects: never fitted on."""

SETS: tuple[Set, ...] = ("A", "B")
SAMPLE_FORMS = {
    "emotet_ext": "T1", "qakbot_ext": "T2", "squirrel_exchange": "T3", "lateral_acct": "T4",
    "lookalike_bec": "T5", "stale_revive": "T6",
}  # fmt: skip
OTHERS = {
    "ham": ("ham-spam-spamassassin-2002", "ham", ""),
    "spam": ("ham-spam-spamassassin-2002", "spam", ""),
    "enron": ("enron-categories-1-3", "", "enron.com"),
    "phish": ("phish-phishing_pot-2022-2024", "", ""),
}
"""Other mail: archive, part of the file's path, own domain."""


def located(name: str, samples: Path = SAMPLES) -> Path:
    """A sample's folder, or its archive."""
    folder = samples / name
    return folder if folder.is_dir() else samples / f"{name}.tar.xz"


def list_corpus(
    name: str, per_form: int, seed: int, samples: Path = SAMPLES, sets: Sequence[Set] = SETS
) -> Corpus:
    """One list with both injected sets, the innocent variants, and the older injected samples."""
    of = mail_list(name, samples)
    hijacks: dict[str, list[Hijack]] = {}
    for which in sets:
        injector = Injector(of, which, seed)
        hijacks[which] = [h for form in FORMS for h in injector.hijacks(form, per_form)]
        hijacks[f"innocent-{which}"] = list(Innocents(of, which, seed).mails(per_form // 4))
    if "B" in sets:
        hijacks["samples"] = list(older_samples(of, located("hijack-injected-dev", samples)))
    return prepare(of, hijacks)


def mail_list(name: str, samples: Path = SAMPLES) -> MailList:
    """A list of the samples by its name."""
    if name != ELSEWHERE:
        return read_list(located(f"threads-{name}", samples), name)
    archive, part, _ = OTHERS["ham"]
    return listed(((n, raw) for n, raw in _named(located(archive, samples)) if part in n), name)


def older_samples(of: MailList, path: Path) -> Iterator[Hijack]:
    """The injected mails that come with the samples: in-sample, never a result."""
    raws = dict(_named(path))
    table = raws.get("manifest.csv", b"").decode()
    threads = {mail.message_id: mail.thread for mail in of.mails}
    for line in csv.DictReader(io.StringIO(table)):
        raw = raws.get(line["file"])
        if raw is None or not of.name.startswith(line["list"]):
            continue
        sender = raw.partition(b"\nFrom:")[2].partition(b"\n")[0].decode("utf-8", "replace")
        address = sender.rpartition("<")[2].strip(" >\r").lower()
        yield Hijack(
            row=Row(
                file=line["file"], list=of.name, set="samples", form=SAMPLE_FORMS[line["ttp"]],
                variant="bare", arrival="direct", quote="", language=line["lang"], lure="",
                payload="", date_epoch=int(line["date_epoch"]),
                parent_message_id=line["parent_message_id"],
                thread=threads.get(line["parent_message_id"], line["file"]), burst="", pair="",
                step=1, sender=address, reader="", own=int(address.endswith(of.organisation)), ids=0,
            ),
            raw=raw,
        )  # fmt: skip


def other_mail(name: str, samples: Path = SAMPLES) -> tuple[list[Item], str]:
    """Ordinary mail or phishing in time order, and its own domain."""
    archive, part, own = OTHERS[name]
    raws = [(n, raw) for n, raw in _named(located(archive, samples)) if part in n and _mail(n)]
    found = parse(raws, own)
    items = [
        Item(at=_seconds(e.body), evidence=e, seen_by_gateway=True)
        for e in found
        if e is not None and isinstance(e.body, Message)
    ]
    return sorted(items, key=lambda item: item.at), own


def real_hijacks(samples: Path = SAMPLES) -> dict[str, Item]:
    """The three real mails, by the first word of their names and whether it is the original."""
    raws = sorted((p.name, p.read_bytes()) for p in (samples / "hijack-real").glob("*.eml"))
    return {
        name: Item(at=_seconds(e.body), evidence=e, seen_by_gateway=True)
        for (name, _), e in zip(raws, parse(raws, ""), strict=True)
        if e is not None and isinstance(e.body, Message)
    }


def _mail(name: str) -> bool:
    return not name.endswith((".csv", ".md", ".txt.json", "cats", "manifest.txt"))


def _named(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for each in sorted(path.rglob("*")):
            if each.is_file():
                yield str(each.relative_to(path)), each.read_bytes()
        return
    with tarfile.open(path) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield member.name.removeprefix("./"), stream.read()


def _seconds(body: object) -> int:
    assert isinstance(body, Message)
    return int(body.when.timestamp()) if body.when else 0


__all__ = ["ELSEWHERE", "LISTS", "SAMPLES", "list_corpus", "other_mail", "real_hijacks", "sources"]
