"""Record logs against broken and hostile bytes: nothing is raised, nothing takes long, losses are told."""

import io
import json
import random
import time

import pytest
import test_admin_audit
import test_audit_logs
import test_configuration
import test_event_forms
import test_file_listing
import test_web_page

from tocsin.formats import Reading, formats, recognise
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.locator import Locator

AT = Locator(source="x")
SAMPLES = {
    **{f"event {n}": data for n, data in test_event_forms.FORMS.items()},
    **{f"audit {n}": data for n, data in test_audit_logs.FORMS.items()},
    **{f"admin {n}": data for n, data in test_admin_audit.FORMS.items()},
    **{f"files {n}": text.encode() for n, text in test_file_listing.FORMS.items()},
    "applicationHost.config": test_configuration.APPLICATION_HOST.encode(),
    "agents.config": test_configuration.AGENTS.encode(),
    "page": test_web_page.EVAL.encode(),
}
PIECES = (
    b"\0",
    b"\xff\xfe",
    b'"',
    b"\\",
    b"{",
    b"[",
    b"<",
    b"&#0;",
    b"\r",
    b"\n",
    b"\\u",
    b"\xed\xa0\x80",
)


def whole(form, data: bytes) -> tuple[int, int]:
    """Read the file in every way; the number of records and of faults."""
    good = bad = 0
    for source in ("", "case.zip!owa/auth/a.aspx"):
        found = form.log.named if source and form.log.named else None
        stream = io.BytesIO(data)
        good = bad = 0
        for each in found(stream, source) if found else form.log.records(stream):
            if isinstance(each, LogFault):
                bad += 1
                assert str(each.why)
            else:
                good += 1
                assert b"\n" not in each.text
                form.log.event(each.text)
    list(form.read(io.BytesIO(data), AT, Reading()))
    return good, bad


@pytest.mark.parametrize("name", SAMPLES)
def test_mutated_files_raise_nothing(name):
    data = SAMPLES[name]
    form = recognise(data[:8192])
    chance = random.Random(name)
    for _ in range(60):
        broken = bytearray(data)
        for _ in range(chance.choice((1, 3, 20))):
            at = chance.randrange(len(broken) + 1)
            match chance.randrange(4):
                case 0:
                    broken[at : at + chance.randrange(200)] = b""
                case 1:
                    broken[at:at] = chance.choice(PIECES)
                case 2:
                    broken[at : at + 1] = bytes([chance.randrange(256)])
                case _:
                    broken[at:at] = broken[:at][-chance.randrange(1, 300) :]
        whole(form, bytes(broken))
        recognise(bytes(broken[:8192]))
    assert whole(form, data)[0] >= 1


def test_every_record_log_takes_any_text_as_one_record():
    texts = (b"", b"null", b"0", b'""', b"[[]]", b"{", b"\xff\xff", b"[" * 100_000, b'{"a":' * 3000)
    kinds = [each for each in formats() if each.log is not None and hasattr(each.log, "records")]
    assert len(kinds) >= 9
    for form in kinds:
        for text in texts:
            assert form.log.event(text) is None


BIG = 300_000
HOSTILE = {
    "one line without an end": b'{"EventID":1,"Channel":"x","Computer":"y","a":"' + b"a" * (5 << 20),
    "brackets": b'{"Event":{"System":{"EventID":1,"a":' + b"[" * BIG,
    "quotes": b"Id,LogName,MachineName,ProviderName,Message\n" + b'"' * BIG,
    "columns": b"Id,LogName,MachineName,ProviderName," + b"c," * 10_000 + b"\n" + (b"1," * 10_004 + b"\n") * 50,
    "unclosed quote": b'CreationDate,UserIds,Operations,AuditData\n1,2,3,"' + b"x\n" * 30_000,
    "unclosed events": b"<Events>" + b"<Event xmlns='x'><System>" * 60_000,
    "escapes": b'{"Operation":"x","Workload":"y","UserId":"' + b"\\u0061" * 400_000 + b'"}\n',
    "deep json in strings": json.dumps(
        {"EventID": 1, "Channel": "x", "Computer": "y", "a": json.dumps({"b": json.dumps(["[" * 9999])})}
    ).encode(),
    "nul bytes": b"ElfFile\0" + bytes(BIG),
    "chunks of noise": b"ElfFile\0" + bytes(4088) + (b"ElfChnk\0" + b"\xff" * 65528) * 30,
    "records of noise": b"ElfFile\0" + bytes(4088) + (b"ElfChnk\0" + bytes(504) + b"**\0\0\x20\0\0\0" * 8128) * 20,
    "elements": b"<configuration><system.webServer>" + b"<modules><add name='a'/></modules>" * 60_000,
    "directories": b" Directory of C:\\a\n\n" + b"03/14/2021  01:40 AM    1 " * 200_000,
    "page": b"<%@ Page %><% " + b'"+"' * 500_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_take_bounded_time(name):
    data = HOSTILE[name]
    form = recognise(data[:8192])
    if form is None or form.log is None or not hasattr(form.log, "records"):
        return
    begun = time.process_time()
    whole(form, data)
    assert time.process_time() - begun < 20


def test_losses_are_told():
    for name in ("one line without an end", "brackets", "unclosed events"):
        data = HOSTILE[name]
        assert whole(recognise(data[:8192]), data)[1] >= 1, name
    for name in ("chunks of noise", "records of noise"):
        data = HOSTILE[name]
        form = recognise(data[:8192])
        faults = [e for e in form.log.records(io.BytesIO(data)) if not isinstance(e, LogRecord)]
        assert sum(each.count for each in faults) >= 20
        assert all(each.position.startswith("chunk ") for each in faults)
