"""Which way mail went, as the headers of real forms tell it, in any order and in any number of parts."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tocsin.analyse.trust import flows as module
from tocsin.analyse.trust.flows import Flow, Flows
from tocsin.app.parts import Whole
from tocsin.formats import Reading, eml
from tocsin.model.evidence import Evidence
from tocsin.model.locator import Locator
from tocsin.model.message import MailHop, Message, Party

CLOUD = "*.protection.outlook.com"


def copy_in_the_cloud(path: Path, stamp: str) -> bytes:
    """The mail as Exchange Online's mailbox has it: the lines above its own taken off."""
    head = path.read_bytes().partition(b"\n\n")[0]
    fields = re.split(rb"\n(?=[^ \t])", head)
    by = re.compile(rb"\sby\s+\S+\.prod\.outlook\.com", re.IGNORECASE)
    first = next(n for n, each in enumerate(fields) if each[:9] == b"Received:" and by.search(each))
    return b"\n".join(fields[first:]) + b"\n" + stamp.encode() + b"\n\nText\n"


def read(data: bytes, *own: str) -> tuple[Flow, ...]:
    found = Flows()
    for each in eml.read(
        io.BytesIO(data), Locator(source="1.eml"), Reading(messages=True, own_domains=own)
    ):
        if isinstance(each, Evidence) and isinstance(each.body, Message):
            found.add(each)
    return found.all()


def stamp(kind: str, source: str) -> str:
    return f"X-MS-Exchange-Organization-AuthAs: {kind}\nX-MS-Exchange-Organization-AuthSource: {source}"


def test_internal_mail_of_a_hybrid_shows_the_way_to_the_cloud_and_the_one_before(shared):
    path = shared / "samples/exchange/mail/hybrid-connecting-ip-helo-01.eml"
    mail = copy_in_the_cloud(path, stamp("Internal", "SATLEXMB05.amd.com"))
    seen = [(f.sender, f.address, f.receiver, f.auth_as, f.auth_source) for f in read(mail)]
    # As the two lines are written there; the third, below, could be anybody's.
    assert seen == [
        ("satlexmb03.amd.com", "165.204.84.17", CLOUD, "Internal", "satlexmb05.amd.com"),
        ("satlexmb05.amd.com", "10.181.40.146", "satlexmb03.amd.com", "Internal",
         "satlexmb05.amd.com"),
    ]  # fmt: skip
    assert read(mail)[0].at.position == "header Received 3"
    assert read(mail)[0].first == datetime(2025, 4, 22, 16, 24, 8, tzinfo=UTC)


def test_a_stamp_of_a_stranger_is_not_believed(shared):
    path = shared / "samples/exchange/mail/hybrid-connecting-ip-helo-01.eml"
    mail = copy_in_the_cloud(path, stamp("Internal", "mail.stranger.example"))
    assert [(f.sender, f.auth_as) for f in read(mail)] == [("satlexmb03.amd.com", "")]


def test_an_anonymous_mail_says_only_who_connected(shared):
    path = shared / "samples/exchange/mail/hybrid-onprem-to-exo-01.eml"
    source = "SJ1PEPF00001CE4.namprd03.prod.outlook.com"
    mail = copy_in_the_cloud(path, stamp("Anonymous", source))
    assert [(f.sender, f.address, f.receiver, f.auth_as) for f in read(mail)] == [
        ("mail.nvidia.com", "216.228.117.161", CLOUD, "Anonymous")
    ]


def test_mails_at_a_reader_outside_tell_nothing_of_his_own_flow(shared):
    for path in sorted((shared / "samples/exchange/mail").glob("*.eml")):
        assert not [f for f in read(path.read_bytes()) if f.internal], path.name


def message(*hops: MailHop, **more: object) -> Message:
    told = {"to": (Party(address="a@contoso.example"),), "hops": hops, **more}
    return msgspec.structs.replace(Message(), **told)


def hop(by: str, helo: str, peer: str, trust: str = "trusted", channel: str = "smtp") -> MailHop:
    seen = datetime(2026, 11, 3, 9, tzinfo=UTC)
    return MailHop(by=by, helo=helo, peer=peer, trust=trust, channel=channel, seen=seen)


def folded(*mails: Message) -> tuple[Flow, ...]:
    found = Flows()
    for number, each in enumerate(mails):
        found.add(Evidence(at=Locator(source=f"{number}.eml"), body=each))
    return found.all()


def test_a_device_that_hands_mail_to_a_server_inside_is_seen():
    mail = message(hop("EX02.contoso.example", "scanner7", "10.20.40.9"))
    assert [(f.sender, f.address, f.receiver) for f in folded(mail)] == [
        ("scanner7", "10.20.40.9", "ex02.contoso.example")
    ]


def test_the_internet_handing_mail_in_is_no_flow_of_ones_own():
    public = message(hop("EX02.contoso.example", "mail.partner.example", "198.51.100.7"))
    cloud = message(hop("AM1.mail.protection.outlook.com", "mail.partner.example", "198.51.100.7"))
    assert folded(public, cloud) == ()


def test_a_mailbox_handing_its_mail_to_its_own_server_is_no_hand_over():
    own = hop("EX02.contoso.example", "EX02.contoso.example", "10.20.1.12", channel="mapi")
    assert folded(message(own)) == ()


def test_what_anybody_could_have_written_is_no_flow():
    forged = hop("EX02.contoso.example", "EX09.contoso.example", "10.0.0.1", "forgeable")
    first = hop("EX02.contoso.example", "EX09.contoso.example", "10.0.0.1", "first-external")
    assert folded(message(forged), message(first)) == ()


def test_copies_of_a_way_are_counted_with_first_and_last():
    mails = [
        message(
            msgspec.structs.replace(
                hop("EX02.contoso.example", "EX03.contoso.example", "10.20.1.13"),
                seen=datetime(2026, 11, day, tzinfo=UTC),
            )
        )
        for day in (9, 3, 17)
    ]
    (flow,) = folded(*mails)
    assert (flow.count, flow.first.day, flow.last.day) == (3, 3, 17)
    assert flow.at == Locator(source="1.eml", position="header Received 1")


NAMES = st.sampled_from(["ex01", "ex02", "ex03.contoso.example", "AM1.mail.protection.outlook.com"])
HOPS = st.builds(
    hop,
    NAMES,
    NAMES,
    st.sampled_from(["10.0.0.1", "10.0.0.2", "203.0.113.9"]),
    st.sampled_from(["trusted", "first-external", "forgeable"]),
    st.sampled_from(["smtp", ""]),
)
MAILS = st.builds(
    lambda hops, auth: message(*hops, auth_as=auth, own_stamp=bool(auth)),
    st.lists(HOPS, max_size=4),
    st.sampled_from(["", "Internal", "Anonymous"]),
)


@given(st.lists(MAILS, max_size=12), st.integers(0, 12), st.randoms(use_true_random=False))
def test_order_and_parts_do_not_matter(mails, cut, random):
    evidence = [
        Evidence(at=Locator(source=f"{number}.eml"), body=each) for number, each in enumerate(mails)
    ]
    whole = Flows()
    for each in evidence:
        whole.add(each)
    random.shuffle(evidence)
    parts = [Flows(), Flows()]
    for number, each in enumerate(evidence):
        parts[number >= cut].add(each)
    parts[1].merge(parts[0])
    assert parts[1].all() == whole.all()
    assert parts[1].dropped == whole.dropped == 0


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(0, 60))
def test_of_too_many_ways_the_same_are_kept_and_the_rest_is_counted(numbers, cut):
    limit, room = module.FLOWS_LIMIT, module._ROOM
    module.FLOWS_LIMIT, module._ROOM = 5, 8
    try:
        mails = [
            Evidence(
                at=Locator(source=f"{number}.eml"),
                body=message(hop("EX02", f"host{number}", f"10.0.0.{number}")),
            )
            for number in numbers
        ]
        whole, parts = Flows(), [Flows(), Flows()]
        for at, each in enumerate(mails):
            whole.add(each)
            parts[at >= cut].add(each)
        parts[0].merge(parts[1])
        assert whole.all() == parts[0].all()
        assert len(whole.all()) <= 5
        assert whole.dropped == parts[0].dropped
        assert whole.dropped + sum(flow.count for flow in whole.all()) == len(mails)
    finally:
        module.FLOWS_LIMIT, module._ROOM = limit, room


def test_ways_inside_are_kept_before_what_only_bears_the_name():
    outside = [
        message(hop("AM1.mail.protection.outlook.com", f"a{n}.contoso.example", "198.51.100.7"))
        for n in range(8)
    ]
    inside = message(hop("EX02.contoso.example", "zz", "10.20.40.9"))
    limit, room = module.FLOWS_LIMIT, module._ROOM
    module.FLOWS_LIMIT, module._ROOM = 3, 4
    try:
        assert "zz" in {flow.sender for flow in folded(*outside, inside)}
    finally:
        module.FLOWS_LIMIT, module._ROOM = limit, room


def test_mails_of_too_many_ways_are_said():
    whole = Whole()
    assert whole.gaps() == ()
    whole.flows.dropped = 3
    (gap,) = whole.gaps()
    assert (gap.count, str(gap.why)) == (3, "mails of more ways than the 20000 that are kept")
