"""The NTLM challenge as servers give it, and as they should not."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probe_server import challenge

from tocsin.collect.probe.ntlm import challenge_of, offers_ntlm, read_challenge

WHOLE = base64.b64decode(challenge("EX01", "corp.contoso.example", (6, 3, 9600)))


def test_a_challenge_names_host_domain_forest_and_windows():
    found = read_challenge(base64.b64encode(WHOLE).decode())
    assert found.facts == {
        "ntlm-dns-host": "EX01.corp.contoso.example",
        "ntlm-netbios-host": "EX01",
        "ntlm-dns-domain": "corp.contoso.example",
        "ntlm-netbios-domain": "CORP",
        "ntlm-forest": "corp.contoso.example",
        "windows-build": "6.3.9600",
    }
    assert found.hosts == ("EX01.corp.contoso.example", "EX01")


def test_a_challenge_inside_spnego_is_found():
    # NegTokenResp of RFC 4178 with the message as its response token, lengths as they were seen.
    wrapped = bytes.fromhex("a18201000a0101a10c060a2b06010401823702020a") + WHOLE
    assert read_challenge(base64.b64encode(wrapped).decode()).hosts[0].startswith("EX01")


@pytest.mark.parametrize(
    ("header", "token", "scheme"),
    [
        ("NTLM TlRMTVNTUAAC", "TlRMTVNTUAAC", "NTLM"),
        ("Negotiate oYIBAA==", "oYIBAA==", "Negotiate"),
        ("NTLM", "", "NTLM"),
        ("Negotiate, NTLM", "", "NTLM"),
        ("Negotiate", "", "Negotiate"),
        ('Basic realm="x"', "", ""),
        ("", "", ""),
    ],
)
def test_headers(header, token, scheme):
    assert challenge_of(header) == token
    assert offers_ntlm(header) == scheme


@given(st.binary(max_size=400))
def test_any_bytes_after_the_mark_are_survived(rest):
    found = read_challenge(base64.b64encode(b"NTLMSSP\0\x02\0\0\0" + rest).decode())
    assert found is None or all(found.facts.values())


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(12, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8
    )
)
def test_a_changed_challenge_is_survived_and_its_names_stay_names(changes):
    changed = bytearray(WHOLE)
    for place, value in changes:
        changed[place] = value
    found = read_challenge(base64.b64encode(changed).decode())
    for name in found.facts.values() if found else ():
        assert len(name) <= 255
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


@given(st.text(max_size=200))
def test_any_text_is_survived(text):
    read_challenge(text)
    challenge_of(text)
