"""What the pages on conversations say of options, keys, files, formats and numbers is what there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin import cli
from tocsin.analyse.conversation import (
    bursts,
    identity,
    room,
    scoring,
    sheet,
    telling,
    threads,
    views,
)
from tocsin.analyse.conversation import campaigns as campaigns_module
from tocsin.app import commands, conversation
from tocsin.app.converse_lines import line
from tocsin.app.exits import ALERT_LEVEL
from tocsin.formats.syntax import shingles
from tocsin.knowledge.indicators import load_indicators
from tocsin.model.conversation import Campaign, Hit, JudgedMessage, MessageView
from tocsin.model.locator import Locator
from tocsin.model.message import NEW_TEXT_LIMIT
from tocsin.model.text import say
from tocsin.report.advisory_parts.wording import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MAILS = {
    "1": ("Anna Weber", "Tom Reed", "", "The crates were counted twice in the depot, three miss."),
    "2": ("Tom Reed", "Anna Weber", "1", "Then somebody must look behind the ramp of hall two."),
}


def words(*parts: str) -> str:
    """A page, with line breaks as blanks."""
    return " ".join(DOCS.joinpath(*parts).read_text("utf-8").split())


def tocsin(*arguments: str | Path) -> str:
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *map(str, arguments), "--lang", "en"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def keys_of_table(heading: str) -> set[str]:
    """The names in the first column of the table of the command's page that begins so."""
    page = (DOCS / "commands" / "conversation.md").read_text("utf-8")
    table = page.split(f"| {heading} | |\n|---|---|\n")[1].split("\n\n")[0]
    return set(re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in table.splitlines())))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two mails of one conversation."""
    found = tmp_path_factory.mktemp("mails")
    for number, (sender, to, answers, text) in MAILS.items():
        parent = f"In-Reply-To: <{answers}@contoso.example>\n" if answers else ""
        (found / f"{number}.eml").write_text(
            f"From: {sender} <{sender.split()[0].lower()}@contoso.example>\n"
            f"To: {to} <{to.split()[0].lower()}@contoso.example>\n{parent}"
            f"Subject: {'Re: ' if answers else ''}Crates\nMessage-ID: <{number}@contoso.example>\n"
            f"Date: Tue, 1{number} Nov 2026 09:00:00 +0000\n\n{text}\n",
            "utf-8",
        )
    return found


@pytest.mark.parametrize("command", ["conversation", "examine"])
def test_every_option_is_on_its_page(command: str) -> None:
    helped = tocsin(command, "--help")
    options = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", helped.split("options:")[1]))
    page = words("commands", f"{command}.md")
    assert len(options) > 15
    missing = {each for each in options if f"`{each}" not in page} - {"-h", "--help"}
    assert not missing


def test_every_option_on_the_page_is_one() -> None:
    helped = tocsin("conversation", "--help")
    page = (DOCS / "commands" / "conversation.md").read_text("utf-8")
    table = page.split("| option | |")[1].split("\n\n")[0]
    named = re.findall(r"`(--?[a-z][a-z-]*)", table)
    assert named
    assert not [each for each in named if each not in helped]


def test_every_output_is_on_the_page_of_report() -> None:
    page = words("commands", "report.md")
    assert not [each for each in cli.FORMATS if f"`{each}`" not in page]


def test_every_key_of_a_printed_line_is_on_the_page(folder: Path) -> None:
    printed = tocsin("conversation", folder, "--format", "jsonl").splitlines()
    objects = [json.loads(each) for each in printed]
    assert [each["kind"] for each in objects] == ["message", "message", "end"]
    assert set(objects[0]) == keys_of_table("of a `message`") == set(objects[1])
    assert objects[-1] == {"kind": "end", "objects": 2}
    assert "`kind` `end` and `objects`" in words("commands", "conversation.md")


def test_every_key_of_a_campaign_is_on_the_page() -> None:
    assert keys_of_table("of a `campaign`") == {"kind", *Campaign.__struct_fields__}


def test_every_key_of_a_reason_is_on_the_page() -> None:
    at = Locator(source="a.eml", position="body", sha256="0" * 64)
    hit = Hit(name="short-link", axis="payload", weight=1.0, sentence=say("short"), at=at)
    when = datetime(2026, 11, 10, tzinfo=UTC)
    shown = MessageView(at=at, message_id="", date=when, subject="", sender="")
    said = JudgedMessage(
        id="1", message_id="", date=when, verdict="watch", score=1.0, identity=0.0, payload=1.0,
        burst=0.0, hits=(hit,), thread="1", shown=shown,
    )  # fmt: skip
    found = json.loads(line(said))
    reason = found["indicators"][0]
    assert set(found) == keys_of_table("of a `message`")
    # The place's own keys stand in the same table, in the column beside them.
    assert set(reason) == keys_of_table("of an indicator")
    page = words("commands", "conversation.md")
    assert ", ".join(f"`{each}`" for each in reason["evidence"]) in page


def test_every_file_that_a_run_may_write_is_on_the_page() -> None:
    page = words("commands", "conversation.md")
    plain = [each for each in commands.FILES if not each.startswith("advisory-")]
    assert not [each for each in plain if f"`{each}`" not in page]
    first, *others = LANGUAGES
    languages = ", ".join(f"`{each}`" for each in others)
    assert f"`advisory-{first}.txt`, `.html`; the same with {languages}" in page


def test_an_alert_counts_as_the_level_that_the_page_names() -> None:
    assert f"[mail that is an alert](conversation.md) counts as `{ALERT_LEVEL}`" in words(
        "exit-codes.md"
    )


@pytest.mark.parametrize(
    ("phrase", "value"),
    [
        ("ids that it answers", threads.REFERENCES_ASKED),
        ("marks of quoted text", threads.QUOTED_MARKS_ASKED),
        ("links of new text", sheet.LINKS_KNOWN),
        ("attachments", sheet.ATTACHMENTS_KNOWN),
        ("recipients remembered as its sender's", sheet.RECIPIENTS_KNOWN),
        ("recipients remembered as members of its thread", room.THREAD_MEMBERS),
        ("bank accounts", sheet.ACCOUNTS_KNOWN),
        ("characters of new text", NEW_TEXT_LIMIT),
        ("mails told in full", conversation.TOLD_LIMIT),
        ("reasons told of one mail", telling.HITS_TOLD),
        ("mails of one thread in its picture", views.EVENTS_SHOWN),
        ("entries in one list of a campaign", campaigns_module.LISTED),
        ("mails of one burst", bursts.KEPT),
        ("senders and payloads watched for bursts", bursts.GROUPS_KEPT),
    ],
)
def test_every_limit_is_the_one_on_the_page(phrase: str, value: int) -> None:
    assert re.search(rf"\| {phrase} \| {value:,}\b", words("limits.md"))


@pytest.mark.parametrize(
    "sentence",
    [
        f"after {load_indicators().judging.delay_hours} hours",
        f"{room.WATCHED_DELAY // 86400} days later still",
        f"in full at {room.EXPERIENCED}",
        f"with fewer than {identity.ACQUAINTED} mails learnt",
        f"into {bursts.THREADS_NEEDED} different conversations within an hour; from",
        f"from {bursts.THREADS_FULL} on it counts in full",
        f"up to {threads.REFERENCES_ASKED}, the nearest first",
        f"pieces of {shingles.SHINGLE} words",
        f"in more than {threads.COMMON_MARK} mails",
        f"at least {conversation.HISTORY_DAYS} days of mail",
    ],
)
def test_every_number_of_how_it_judges_is_the_one_on_the_page(sentence: str) -> None:
    assert sentence in words("conversation.md")


def test_counted_in_words_is_as_many() -> None:
    page = words("conversation.md")
    assert (threads.MARKS_NEEDED, scoring.PER_GROUP, bursts.WINDOW) == (2, 2, 3600)
    assert "Two pieces must name the same thread" in page
    assert "the heaviest two count" in page


def test_the_page_of_indicators_is_current(tmp_path: Path) -> None:
    target = tmp_path / "indicators.md"
    subprocess.run([sys.executable, "tools/indicators_page.py", target], cwd=ROOT, check=True)
    documented = (DOCS / "indicators.md").read_text("utf-8")
    assert target.read_text("utf-8") == documented, "run: python tools/indicators_page.py"


PAGES = sorted(
    (*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "benchmarks" / "conversation" / "README.md")
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(#[\w-]+)?\)", text):
        place = (page.parent / target).resolve() if target else page
        assert place.exists(), f"{target} is missing"
        if anchor:
            titles = re.findall(r"^#+ (.+)$", place.read_text("utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in titles}
            assert anchor[1:] in slugs, f"{target}{anchor} is missing"
