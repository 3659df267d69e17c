"""Exports by a stranger, or cut as an administrator cuts them, as `tocsin trust` answers them.

The benchmark does the same with larger ones; the inputs are its.
"""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from contoso import DOMAIN, DOMAIN_SID, EWP, thing
from organisation import SERVERS, organisation

from tocsin.analyse.trust.judging import judged
from tocsin.app.configured import ONLINE_LIMIT, Configured
from tocsin.formats import recognise
from tocsin.knowledge.checks import checks
from tocsin.knowledge.hybrid import kinds

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def _benchmark(name: str) -> ModuleType:
    if str(BENCHMARKS) not in sys.path:
        sys.path.insert(0, str(BENCHMARKS))
    return importlib.import_module(name)


hostile = _benchmark("hostile_trust")

MARKS = [(kind.name, marks) for kind in kinds().values() for marks in kind.marks]

ALONE = (
    "json: a name of 1 MB",
    "json: nested 1,000,000 deep",
    "json: every value as every property",
    "clixml: references in circles",
)
"""Run each in a process of its own, too: what bounds them is not the others' doing."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="address space is limited by Linux only")


def write(path: Path, cmdlet: str, *things: dict[str, Any], side: str = "exchange-online") -> None:
    path.write_bytes(b"".join(hostile.export(cmdlet, side, things)))


def trust(tmp_path: Path, folder: Path, *more: str) -> dict[str, Any]:
    """The run that the command leaves behind."""
    out = tmp_path / "out"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "tocsin", "trust", str(folder), "-o", str(out), "-q", *more]
    done = subprocess.run(
        [*command, "--fail-on", "none"], capture_output=True, text=True, check=False
    )
    assert done.returncode in hostile.ENDS, done.stdout + done.stderr
    run: dict[str, Any] = json.loads((out / "run.json").read_bytes())
    return run


def said(run: dict[str, Any], check: str) -> list[tuple[str, str]]:
    """Outcome and subject of each result of a check."""
    return [
        (each["outcome"], each["subject"])
        for each in run["trusts"]["checks"]
        if each["check"] == check
    ]


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All hostile inputs in one folder, read by one command in bounded memory."""
    folder = tmp_path_factory.mktemp("hostile")
    for number, (name, (write_one, _, small, _)) in enumerate(hostile.CASES.items()):
        inner = folder / f"{number:02}"
        inner.mkdir()
        with (inner / "hostile").open("wb") as stream:
            write_one(stream, small)
        (inner / "case").write_text(name)
    good = hostile.export(
        "Get-InboundConnector", "exchange-online", [hostile.connector(hostile.GOOD)]
    )
    (folder / "good.json").write_bytes(b"".join(good))
    return trust(folder, folder)


@linux
def test_the_good_connector_beside_all_of_them_is_judged(together: dict[str, Any]):
    assert ("fail", hostile.GOOD) in said(together, "HYB-010")


@linux
def test_no_reader_raised_and_no_other_file_was_read(together: dict[str, Any]):
    words = hostile.told(together)
    assert not [each for each in words["told"] if "failed" in each]
    assert not words["leaked"]


@linux
@pytest.mark.parametrize("number", [n for n, each in enumerate(hostile.CASES.values()) if each[3]])
def test_what_each_of_them_lost_is_told(number: int, together: dict[str, Any]):
    place = f"/{number:02}/hostile"
    told = [each["source"] for each in together["skipped"]]
    told += [each["source"] for each in together["gaps"]]
    assert any(place in each for each in told), list(hostile.CASES)[number]


@linux
@pytest.mark.parametrize("name", ALONE)
def test_one_alone_stays_within_bounds(name: str, tmp_path: Path):
    result = hostile.measure(name, hostile.CASES[name][2], tmp_path)
    assert not hostile.verdict(name, result)


@pytest.mark.parametrize(("kind", "marks"), MARKS, ids=str)
def test_a_few_selected_properties_are_enough_to_be_read(kind: str, marks: tuple[str, ...]):
    """`select Name, …` leaves none of the names that only Exchange's objects carry."""
    record = {"Name": "x", **dict.fromkeys(marks, "y")}
    header = ",".join(f'"{name}"' for name in record)
    assert recognise(json.dumps([record]).encode()) is not None, kind
    assert recognise(f"{header}\n{','.join(chr(34) + 'y' + chr(34) for _ in record)}\n".encode())
    assert recognise("\n".join(f"{name} : y" for name in record).encode() + b"\n\n")


def outcomes(check: str, *extra: Any, servers: Any = SERVERS, without: Any = ()) -> set[str]:
    """What a check says of each subject of the invented organisation, with this added to it."""
    org = organisation(parts=(), extra=extra, servers=servers, without=without)
    return {each.outcome for each in judged(org.situation(), (checks()[check],))}


def test_rights_that_a_collector_leaves_out_are_not_taken_for_absent():
    sharphound = {"Object": DOMAIN, "ObjectKind": "domain", "Entries": []}
    left = thing("AccessControl", "directory", "a", **sharphound, LeftOut=["deny", "inherit-only"])
    whole = thing("AccessControl", "directory", "a", **sharphound)
    group = {"Name": "Exchange Windows Permissions", "WellKnown": "EWP", "Sid": EWP}
    split = thing("DirectoryGroup", "directory", "g", **group, Members=[])
    assert outcomes("HYB-071", left) == {"unknown"}
    assert outcomes("HYB-071", whole) == {"pass"}
    assert outcomes("HYB-071", left, split) == {"pass"}


def _subsystem(*members: dict[str, Any]) -> Any:
    known = {"Name": "Exchange Trusted Subsystem", "WellKnown": "ETS", "Sid": f"{DOMAIN_SID}-1119"}
    return thing("DirectoryGroup", "directory", "e", **known, Members=list(members))


def _computer(name: str, number: int) -> Any:
    told = {"Name": name.partition(".")[0], "DnsHostName": name, "Sid": f"{DOMAIN_SID}-{number}"}
    return thing("DirectoryComputer", "directory", name, **told, Enabled=True)


def test_members_known_by_sid_only_are_found_among_the_computers():
    members = [{"Sid": f"{DOMAIN_SID}-{n}", "ObjectClass": "computer"} for n in (2001, 2002)]
    known = _computer("EX01.contoso.example", 2001), _computer("EX02.contoso.example", 2002)
    assert outcomes("HYB-072", _subsystem(*members), *known) == {"pass"}
    stale = _computer("EX01.contoso.example", 2001), _computer("GONE.contoso.example", 2002)
    assert outcomes("HYB-072", _subsystem(*members), *stale) == {"fail"}


def test_a_short_name_of_two_servers_is_not_called_a_stranger():
    twin = msgspec.structs.replace(
        SERVERS[0], id="ex01.fabrikam.example", name="EX01.fabrikam.example",
        names=("EX01.fabrikam.example",),
    )  # fmt: skip
    member = {"Name": "EX01", "Sid": f"{DOMAIN_SID}-2001", "ObjectClass": "computer"}
    two = (*SERVERS, twin)
    assert outcomes("HYB-072", _subsystem(member), servers=two) == {"unknown"}
    known = _computer("EX01.contoso.example", 2001)
    assert outcomes("HYB-072", _subsystem(member), known, servers=two) == {"pass"}


def test_too_many_objects_are_told_and_leave_room_for_another_file():
    kept = Configured()
    for number in range(ONLINE_LIMIT + 5):
        each = thing("InboundConnector", "exchange-online", f"C{number}")
        kept.add(msgspec.structs.replace(each, at=msgspec.structs.replace(each.at, source="big")))
    kept.add(thing("InboundConnector", "exchange-online", "beside"))
    assert len(kept.kept) == ONLINE_LIMIT + 1
    assert [(each.kind, each.at.source) for each in kept.gaps()] == [("limit", "big")]
    assert str(next(kept.gaps()).why).endswith("5 left out")


def test_a_right_to_copy_the_domain_is_as_good_as_one_to_rewrite_it():
    def root(right: str, *flags: str) -> Any:
        entry = {
            "Type": "allow", "Flags": list(flags), "Rights": ["ExtendedRight"], "ObjectType": right,
            "InheritedObjectType": "", "Trustee": "CONTOSO\\Exchange Trusted Subsystem",
        }  # fmt: skip
        told = {"Object": DOMAIN, "ObjectKind": "domain", "Entries": [entry]}
        return thing("AccessControl", "directory", DOMAIN, **told)

    # Replicating Directory Changes All, then Replicating Directory Changes, which shows no secret.
    assert outcomes("HYB-070", root("1131f6ad-9c07-11d1-f79f-00c04fc2dcd2")) == {"fail"}
    assert outcomes("HYB-070", root("1131f6aa-9c07-11d1-f79f-00c04fc2dcd2")) == {"pass"}
    below = root("1131f6ad-9c07-11d1-f79f-00c04fc2dcd2", "CI", "IO")
    assert outcomes("HYB-070", below) == {"pass"}


def test_an_anonymous_relay_is_followed_however_its_right_is_written():
    def relayed(user: str) -> set[str]:
        right = thing(
            "ReceiveConnectorPermission", "on-premises", "EX02\\Copier", "EX02", User=user,
            Identity="EX02\\Copier", ExtendedRights=["ms-Exch-SMTP-Accept-Any-Recipient"], Deny=False,
        )  # fmt: skip
        door = thing(
            "ReceiveConnector", "on-premises", "EX02\\Copier", "EX02", Enabled=True,
            Bindings=["0.0.0.0:25"], RemoteIPRanges=["10.20.50.0/24"], AuthMechanism=["Tls"],
            PermissionGroups=["AnonymousUsers"], TransportRole="FrontendTransport",
        )  # fmt: skip
        org = organisation(
            extra=(right, door), without=("ReceiveConnector", "ReceiveConnectorPermission")
        )
        results = judged(org.situation(), (checks()["HYB-042"],))
        return {each.outcome for each in results if "Copier" in str(each.because)}

    for user in ("NT AUTHORITY\\ANONYMOUS LOGON", "S-1-5-7", "NT-AUTORITÄT\\ANONYMOUS-ANMELDUNG"):
        assert relayed(user) == {"fail"}
    assert relayed("NT AUTHORITY\\Authenticated Users") == set()
