"""Exports by a stranger: limits are told, nothing is guessed, nothing is raised."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from endless import Endless
from hypothesis import given, settings
from hypothesis import strategies as st
from powershell_reading import read
from powershell_writing import TYPES, clixml, document
from setting_reading import item, one

from tocsin.formats import Reading, graph_json, scubagear, tocsin_export
from tocsin.formats.syntax.records import from_plain
from tocsin.formats.syntax.setting_record import PROPERTIES_LIMIT, settings_of
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.formats.syntax.setting_value import TEXT_LIMIT, VALUES_LIMIT
from tocsin.knowledge.hybrid import kinds
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

SEND = "Microsoft.Exchange.Data.Directory.SystemConfiguration.SmtpSendConnectorConfig"
AT = Locator(source="x")


def test_references_that_multiply_are_lost_and_told():
    body = ['<Obj RefId="0"><LST><S>EX01</S></LST></Obj>']
    for level in range(1, 9):
        twice = f'<Ref RefId="{level - 1}" />' * 30
        body.append(f'<Obj RefId="{level}"><LST>{twice}</LST></Obj>')
    own = (
        f'<Obj RefId="9"><TN><T>{SEND}</T></TN><Props><S N="Name">x</S>'
        '<Ref N="SourceTransportServers" RefId="8" /><B N="Enabled">true</B></Props></Obj>'
    )
    found = read(document("".join(body) + own))
    setting = one(found.settings, "SendConnector")
    assert setting.lost["SourceTransportServers"] in ("unreadable", "depth")
    assert [gap.kind for gap in found.gaps] == ["limit"]


def test_an_object_inside_itself_is_no_endless_value():
    own = (
        f'<Obj RefId="1"><TN><T>{SEND}</T></TN><ToString>x</ToString><Props><S N="Name">x</S>'
        '<Ref N="HomeMTA" RefId="1" /><Obj N="Fqdn" RefId="2"><Props><Ref N="Up" RefId="1" />'
        "</Props></Obj></Props></Obj>"
    )
    setting = one(read(document(own)).settings, "SendConnector")
    assert setting.properties["HomeMTA"] == "x"
    assert setting.properties["Fqdn"] == {"Up": "x"}


def test_too_long_too_many_and_too_deep_cost_only_themselves_and_are_told():
    deep: Any = "x"
    for _ in range(20):
        deep = {"a": deep}
    many = {f"P{number}": "x" for number in range(PROPERTIES_LIMIT + 10)}
    found = read(
        clixml(
            {TYPES: [SEND], "Name": "long", "Comment": "x" * (TEXT_LIMIT + 1), "Enabled": True},
            {TYPES: [SEND], "Name": "many", **many},
            {TYPES: [SEND], "Name": "deep", "Fqdn": deep, "Enabled": True},
            {TYPES: [SEND], "Name": "wide", "SmartHosts": ["a"] * (VALUES_LIMIT + 1)},
        )
    )
    by_name = {each.name: each for each in found.settings}
    assert by_name["long"].lost == {"Comment": "unreadable"}
    assert by_name["deep"].lost == {"Fqdn": "depth"}
    assert by_name["wide"].lost["SmartHosts"] == "unreadable"
    assert len(by_name["many"].properties) == PROPERTIES_LIMIT
    assert by_name["long"].properties["Enabled"] is True
    assert [gap.kind for gap in found.gaps] == ["limit"] * 4


def test_a_document_type_is_refused():
    bomb = clixml({TYPES: [SEND], "Name": "&b;"}).decode()
    text = '<!DOCTYPE Objs [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + bomb
    found = read(text.replace("&amp;b;", "&b;").encode())
    assert not found.settings
    assert len(found.gaps) == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.sampled_from(["System.Object[]", "{a, b...}", "/Date(1)/", "@{a=b}", "True", "2020-01-01T00:00:00"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["Name", "Value", "value", "Count", "Domain", "Address", "Cost", "Ticks",
                         "IsUnlimited", "ObjectGuid", "Rdn", "DistinguishedName", "Major", "Minor",
                         "Build", "Revision", "Capabilities", "key", "customKeyIdentifier", "roles",
                         "apps", "permissions", "members", "owners", "Sddl", "LowerBound", "UpperBound"]),
        inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
NAMES = st.sampled_from(
    ["Name", "Identity", "Server", "AuthMechanism", "TlsAuthLevel", "Enabled", "SmartHosts", "RawData",
     "Thumbprint", "Services", "keyCredentials", "owners", "appId", "Sddl", "Permissions", "Object",
     "DistinguishedName", "SID", "WellKnownGuid", "Members", "userAccountControl", "MetabasePath",
     "FileVersionInfo", "Features", "WhenChangedUTC", "verifiedDomains", "PSComputerName"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(kinds())),
    st.dictionaries(NAMES, VALUES, max_size=8),
    st.sampled_from(["clixml", "json", "csv", "printed"]),
)
def test_wrong_types_everywhere_never_raise(kind: str, members: dict[str, Any], syntax: Any):
    thing = from_plain(members)
    for told in settings_of(thing, Origin(syntax=syntax, kind=kind)):  # type: ignore[arg-type]
        setting = told.setting
        assert not set(setting.properties) & set(setting.lost)
        for name in ("Enabled", "RequireTls"):
            answer = item(setting).ask(name)
            assert not answer.known or answer.value in (True, False, None, "")
        # A setting goes into run.json.
        import msgspec

        msgspec.json.encode(setting)


FORMATS = [scubagear.FORMAT, graph_json.FORMAT, tocsin_export.FORMAT]
WHOLE = {
    "scubagear": {
        "baseline_version": "1",
        "timestamp_zulu": "2026-05-04T17:15:48Z",
        "inbound_connectors": [{"Name": "x", "Enabled": True}],
        "privileged_users": {"1": {"DisplayName": "a", "roles": ["b"]}},
        "exo_unsuccessful_commands": [],
    },
    "graph-json": {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications",
        "value": [{"id": "1", "appId": "2", "keyCredentials": [{"keyId": "3"}], "owners": []}],
    },
    "tocsin-export": {
        "tocsin": "export",
        "cmdlet": "Get-SendConnector",
        "items": [{"Name": "x", "Enabled": True}],
    },
}


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_collections_never_raise(data: st.DataObject):
    form = data.draw(st.sampled_from(FORMATS))
    damaged = bytearray(json.dumps(WHOLE[form.name]).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged)))
        gone = data.draw(st.integers(0, 20))
        tokens = st.sampled_from(
            [
                b"{",
                b"}",
                b"[",
                b"]",
                b'"',
                b"\\",
                b",",
                b":",
                b"null",
                b"1e999",
                b"\x00",
                b"\xff\xfe",
            ]
        )
        damaged[at : at + gone] = data.draw(st.one_of(st.binary(max_size=8), tokens))
    form.recognise(bytes(damaged[:8192]))
    items = list(form.read(io.BytesIO(bytes(damaged)), AT, Reading()))
    assert isinstance(items[-1], Evidence)
    assert isinstance(items[-1].body, Look)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FORMATS), st.data())
def test_members_of_wrong_types_never_raise(form: Any, data: st.DataObject):
    whole: dict[str, Any] = dict(WHOLE[form.name])
    for name in list(whole):
        if data.draw(st.booleans()):
            whole[name] = data.draw(VALUES.filter(_is_json))
    list(form.read(io.BytesIO(json.dumps(whole).encode()), AT, Reading()))


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


def peak(form: Any, pieces: Iterator[bytes]) -> tuple[int, int, list[Gap]]:
    count, gaps = 0, []
    tracemalloc.start()
    try:
        for each in form.read(Endless(pieces), AT, Reading()):
            count += 1
            gaps += [each] if isinstance(each, Gap) else []
        return tracemalloc.get_traced_memory()[1], count, gaps
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("form", "head", "end"),
    [
        (scubagear.FORMAT, b'{"baseline_version":"1","inbound_connectors":[', b"]}"),
        (
            tocsin_export.FORMAT,
            b'{"tocsin":"export","cmdlet":"Get-InboundConnector","items":[',
            b"]}",
        ),
        (
            graph_json.FORMAT,
            b'{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#applications","value":[',
            b"]}",
        ),
    ],
)
def test_a_big_collection_is_read_in_bounded_memory(form: Any, head: bytes, end: bytes):
    one_object = json.dumps({"Name": "x" * 20_000, "appId": "1", "Enabled": True}).encode()

    def pieces() -> Iterator[bytes]:
        yield head
        for number in range(2_000):
            yield (b"," if number else b"") + one_object
        yield end

    used, count, gaps = peak(form, pieces())
    assert count > 2_000
    assert not gaps
    # The file is 40 MB.
    assert used < 20 << 20


@pytest.mark.parametrize("form", [scubagear.FORMAT, tocsin_export.FORMAT])
def test_one_value_without_end_is_given_up(form: Any):
    def pieces() -> Iterator[bytes]:
        yield b'{"tocsin":"export","cmdlet":"Get-InboundConnector","inbound_connectors":["'
        for _ in range(1_500):
            yield b"A" * 65536
        yield b'"],"items":[{"Name":"y"}]}'

    used, _, gaps = peak(form, pieces())
    assert used < 120 << 20
    assert [gap.kind for gap in gaps] == ["limit"]
