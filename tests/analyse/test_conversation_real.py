"""Real hijacked mails, and hostile ones from the suites of mail parsers, through the whole room."""

import json
import subprocess
import sys
import tarfile
from email import message_from_bytes
from pathlib import Path

import pytest

pytestmark = pytest.mark.shared

ROOT = Path(__file__).resolve().parents[2]


def tocsin(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *map(str, words), "--lang", "en"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


@pytest.fixture(scope="module")
def hijacks(shared: Path) -> Path:
    folder = shared / "samples" / "mail" / "hijack-real"
    if not list(folder.glob("*.eml")):
        pytest.skip("../shared holds no real hijacks")
    return folder


def lines(done: subprocess.CompletedProcess[str]) -> list[dict]:
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_file(folder: Path, *more: str) -> dict[str, dict]:
    found = lines(tocsin("conversation", folder, "--format", "jsonl", *more))
    return {
        Path(each["source"]["source"]).name: each for each in found if each["kind"] == "message"
    }


@pytest.mark.parametrize("own", [(), ("--own-domain", "yahoo.com")])
def test_the_emotet_pair_is_told_apart(hijacks: Path, own: tuple[str, ...]):
    """One genuine mail is all the history there is: the quote alone shows that it is ours."""
    found = by_file(hijacks, *own)
    genuine = found["emotet-2020-09-03-legit-original.eml"]
    forged = found["emotet-2020-09-03-hijack.eml"]
    assert (genuine["verdict"], forged["verdict"]) == ("clear", "alert")
    assert genuine["thread"] == forged["thread"]
    assert forged["family"] == "Emotet"
    assert {"ids-missing-quote-known", "ids-missing"} <= {e["name"] for e in forged["indicators"]}


def test_the_icedid_mail_is_an_alert(hijacks: Path):
    found = by_file(hijacks)["icedid-2021-03-15-attachment-removed.eml"]
    assert (found["verdict"], found["family"]) == ("alert", "IcedID")


def test_the_icedid_mail_alone_is_an_alert(hijacks: Path):
    """Without any history, as the first mail that was ever read."""
    found = by_file(hijacks / "icedid-2021-03-15-attachment-removed.eml")
    assert [each["verdict"] for each in found.values()] == ["alert"]


@pytest.fixture(scope="module")
def torture(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = shared / "samples" / "mail" / "parser-torture.tar.xz"
    if not archive.exists():
        pytest.skip("../shared holds no hostile mails")
    folder = tmp_path_factory.mktemp("torture")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def run(torture: Path) -> dict:
    done = tocsin("conversation", torture, "--format", "json")
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_no_hostile_mail_is_lost(run: dict):
    spoken = run["conversations"]
    assert sum(spoken["judged"].values()) + spoken["duplicates"] == sum(
        run["summary"]["records"].values()
    )
    assert run["summary"]["records"]["eml"] > 700
    assert [each["why"] for each in run["gaps"] if "failed" in each["why"]] == []


def test_every_hostile_file_that_is_a_mail_is_read(torture: Path, run: dict):
    read = {each["source"] for each in run["sources"]}
    missed = []
    for path in sorted(torture.rglob("*")):
        if not path.is_file() or path.suffix in (".json", ".xml", ".html"):
            continue
        raw = path.read_bytes()
        if b"From:" not in raw[:100]:
            continue
        # It begins with fields, and they are those of a mail.
        head = message_from_bytes(raw[:4000])
        if head["From"] and (head["Date"] or head["Subject"]) and str(path) not in read:
            missed.append(path.name)
    assert missed == []


def test_every_hostile_mail_gives_one_line(torture: Path, run: dict):
    found = lines(tocsin("conversation", torture, "--format", "jsonl"))
    messages = [each for each in found if each["kind"] == "message"]
    assert len(messages) == sum(run["conversations"]["judged"].values())
    assert found[-1] == {"kind": "end", "objects": len(found) - 1}
    places = [(each["source"]["source"], each["source"]["position"]) for each in messages]
    assert len(set(places)) == len(places)
