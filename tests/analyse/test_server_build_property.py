"""No order, duplication or further truthful sighting turns an honest doubt into a wrong certainty.

A random server is patched at random days; random sources look at random times and tell the truth
in their own words (Active Directory names only the CU, SMTP stays at the base before May 2021,
and so on). Whatever Tocsin then claims as certain must be true of the real build at the time of
the newest evidence that decides.
"""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.analyse.inventory.ledger import Ledger, ledger_of
from tocsin.analyse.inventory.room import inventory
from tocsin.analyse.inventory.verdict import judge
from tocsin.assess.ranking import counts_of, ranked
from tocsin.knowledge import load
from tocsin.knowledge.catalogue import MAY_2021_UPDATE
from tocsin.model.build import BuildRange, parse_version
from tocsin.model.evidence import Evidence, Host, Look
from tocsin.model.locator import Locator

KNOWLEDGE = load()
PRODUCTS = ("2010", "2013", "2016", "2019", "SE")


def _after(release):
    return datetime.combine(release.released, time(12), UTC)


@st.composite
def lives(draw):
    """The builds one server really had: (from when, release), rising in time and number."""
    product = draw(st.sampled_from(PRODUCTS))
    mine = [b for b in KNOWLEDGE.branches if b.product == product]
    releases = [r for b in mine for r in b.releases if r.build >= b.base]
    releases = [r for r in releases if "disputed" not in r.note]
    chosen = draw(st.lists(st.sampled_from(releases), min_size=1, max_size=5, unique=True))
    life = []
    when = datetime(2016, 1, 1, tzinfo=UTC)
    for release in sorted(chosen, key=lambda r: r.build):
        when = max(when, _after(release)) + timedelta(days=draw(st.integers(1, 200)))
        life.append((when, release))
    return life


def _printed(kind, release):
    branch = KNOWLEDGE.branch_of(release.build)
    if kind == "directory":
        base = branch.base
        return f"Version {base.major}.{base.minor} (Build {base.build + 30000}.{base.revision})"
    if kind == "smtp" and release.released < MAY_2021_UPDATE:
        return str(branch.base)
    if kind == "mapi":
        b = release.build
        return f"{b.major}.{b.minor:02}.{b.build:04}.{b.revision:03}"
    return str(release.build)


@st.composite
def sightings(draw):
    """Truthful sightings of one server, and the life they are true of."""
    life = draw(lives())
    found = []
    for _ in range(draw(st.integers(1, 8))):
        index = draw(st.integers(0, len(life) - 1))
        start, release = life[index]
        end = life[index + 1][0] if index + 1 < len(life) else start + timedelta(days=90)
        seen = start + (end - start) * draw(st.floats(0.0, 0.99))
        kinds = ["directory", "export", "shodan"]
        # The ids of 2010 are component numbers: what they stand for is the map's own test.
        kinds += ["smtp", "mapi"] if release.build.major >= 15 else []
        kind = draw(st.sampled_from(kinds))
        if kind == "smtp" and release.build in ALIASED:
            kind = "export"
        seen_by = "mail" if kind in ("smtp", "mapi") else kind
        precision = kind if kind in ("smtp", "mapi") else "update"
        dated = kind != "directory" or draw(st.booleans())
        found.append(
            Evidence(
                at=Locator(source=f"{kind}-{index}", position=str(seen)),
                seen=seen if dated else None,
                body=Host(
                    seen_by=seen_by,
                    names=("ex01.corp.example",),
                    product="Exchange Server",
                    version=parse_version(_printed(kind, release), precision),
                ),
            )
        )
    return life, found


ALIASED = {row.high for row in KNOWLEDGE.received_ids if row.kind in ("alias", "range")} | {
    row.low for row in KNOWLEDGE.received_ids if row.kind in ("alias", "range")
}


def _answer(evidence):
    found = inventory(ledger_of(evidence), KNOWLEDGE)
    (server,) = found.servers
    return server, {f.rule.id: f.status for f in found.findings}


def _truth(life, as_of):
    current = [release for when, release in life if when <= as_of]
    build = (current or [life[0][1]])[-1].build
    return {j.cve: j.status for j in judge(KNOWLEDGE, BuildRange(build, build))}, build


@settings(max_examples=60, deadline=None)
@given(sightings(), st.randoms())
def test_certainty_is_never_wrong_and_never_depends_on_order(case, random):
    life, evidence = case
    server, statuses = _answer(evidence)
    # Every sighting's true time, which an undated one does not tell Tocsin.
    times = [datetime.fromisoformat(each.at.position) for each in evidence]
    precise = [
        each.seen for each in evidence if each.seen is not None and each.body.seen_by != "directory"
    ]
    shuffled = [*evidence, *random.choices(evidence, k=2)]
    random.shuffle(shuffled)
    again, statuses_again = _answer(shuffled)
    assert again.current.builds == server.current.builds
    assert statuses_again == statuses
    # What is certain holds for the build at the newest evidence that tells the update level, or,
    # where a coarser source proves a move to a later CU, for the build at that one's time.
    candidates = {max(times), *([max(precise)] if precise else times)}
    wrong_everywhere = []
    for moment in candidates:
        truth, _ = _truth(life, moment)
        wrong_everywhere.append(
            {
                cve
                for cve, status in statuses.items()
                if status in ("affected", "fixed")
                and truth[cve] in ("affected", "fixed")
                and truth[cve] != status
            }
        )
    assert not set.intersection(*wrong_everywhere)


@settings(max_examples=30, deadline=None)
@given(sightings())
def test_parts_read_by_many_hands_join_to_the_same_answer(case):
    _, evidence = case
    joined = Ledger()
    for each in reversed(evidence):
        joined.merge(ledger_of([each]))
    at_once = inventory(ledger_of(evidence), KNOWLEDGE)
    in_parts = inventory(joined, KNOWLEDGE)
    assert [s.current.builds for s in at_once.servers] == [
        s.current.builds for s in in_parts.servers
    ]


@settings(max_examples=30, deadline=None)
@given(sightings(), st.sampled_from(["15.1.2507.66", "15.2.2562.29", "15.1.225.42", "14.3.123.4"]))
def test_a_forged_hop_never_moves_a_build_that_trusted_evidence_tells(case, claim):
    _, evidence = case
    server, statuses = _answer(evidence)
    forged = Evidence(
        at=Locator(source="spam.eml", position="header Received 9"),
        seen=datetime(2026, 8, 1, tzinfo=UTC),
        body=Host(
            seen_by="mail",
            trust="forgeable",
            names=("ex01.corp.example",),
            product="Exchange Server",
            version=parse_version(claim, "smtp"),
        ),
    )
    again, statuses_again = _answer([*evidence, forged])
    assert again.current.builds == server.current.builds
    assert statuses_again == statuses


@settings(max_examples=30, deadline=None)
@given(sightings(), st.integers(0, 7))
def test_a_further_truthful_sighting_never_turns_a_true_certainty_into_a_false_one(case, index):
    life, evidence = case
    kept, more = evidence[: index + 1], evidence[index + 1 :]
    newest = max(datetime.fromisoformat(each.at.position) for each in evidence)
    _, before = _answer(kept)
    _, after = _answer([*kept, *more])
    ever = [_truth([moment], moment[0])[0] for moment in life if moment[0] <= newest]
    for cve, status in after.items():
        if before[cve] == "under_investigation" and status in ("affected", "fixed"):
            # It was true of a build the server really had, not of one in between.
            assert status in {truth.get(cve) for truth in ever}


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([str(b) for b in KNOWLEDGE.builds[::9]] + [""]),
            st.booleans(),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_rank_never_depends_on_what_the_internet_sees(drawn):
    def host(number, text, by):
        return Evidence(
            at=Locator(source="case", position=str(number)),
            body=Host(
                seen_by=by,
                names=(f"ex{number}.corp.example",),
                product="Exchange Server",
                version=parse_version(text) if text and by == "export" else None,
            ),
        )

    inside = [host(n, text, "export") for n, (text, _) in enumerate(drawn)]
    looked = Evidence(at=Locator(source="scan"), body=Look(seen_by="shodan", records=1))
    outside = [host(n, text, "shodan") for n, (text, public) in enumerate(drawn) if public]

    def names(evidence):
        found = inventory(ledger_of(evidence), KNOWLEDGE)
        by_server = {s.id: [f for f in found.findings if f.subject == s.id] for s in found.servers}
        counts = {key: counts_of(findings) for key, findings in by_server.items()}
        return [s.name for s in ranked(found.servers, counts)]

    alone = names(inside)
    assert names([*inside, looked]) == alone
    assert names([*inside, looked, *outside]) == alone
