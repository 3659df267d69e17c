"""The STIX bundle, read back with the library of the standard's own authors."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
import stix2
from sample_conversations import conversation_run, conversations, hostile, large
from sample_run import sample_run

from tocsin.model.conversation import Conversations
from tocsin.report import output


def bundle(found: Conversations | None = None) -> Any:
    text = output("stix").render(conversation_run(found), lambda text: text, "en")
    return stix2.parse(text, allow_custom=False)


def of(kind: str, found: Any) -> list[Any]:
    return [each for each in found.objects if each.type == kind]


def test_what_identifies_the_campaigns_is_in_it() -> None:
    patterns = {each.pattern for each in of("indicator", bundle())}
    assert "[url:value = 'https://beratung-example.test/qui-qui/et.zip?0']" in patterns
    assert "[domain-name:value = 'beratung-example.test']" in patterns
    assert "[email-message:from_ref.value = 'info@tailspin.example']" in patterns
    assert (
        "[file:hashes.'SHA-256' = "
        "'17b0e2808afc651e7bcba9dae6fcaed0f77de825e5f36ee8c4da695d3103350b']" in patterns
    )
    assert "[email-message:message_id IN ('<l1@fabrlkam.example>')]" in patterns


def test_each_indicator_points_at_its_campaign_and_family() -> None:
    found = bundle()
    by_id = {each.id: each for each in found.objects}
    links = {
        (by_id[each.source_ref].type, each.relationship_type, by_id[each.target_ref].type)
        for each in of("relationship", found)
    }
    assert links == {
        ("indicator", "indicates", "campaign"),
        ("indicator", "indicates", "malware"),
        ("campaign", "uses", "malware"),
        ("campaign", "uses", "infrastructure"),
        ("infrastructure", "delivers", "malware"),
        ("infrastructure", "consists-of", "domain-name"),
    }
    assert {each.name for each in of("malware", found)} == {"Squirrelwaffle", "Emotet"}


def test_the_sightings_say_how_many_and_when() -> None:
    sightings = sorted(of("sighting", bundle()), key=lambda each: each["count"])
    assert [each["count"] for each in sightings] == [1, 3, 12]
    assert str(sightings[2].first_seen) == "2026-11-10 07:12:00+00:00"
    assert sorted(each.number_observed for each in of("observed-data", bundle())) == [1, 3, 12]


def test_everything_is_marked_amber_and_has_a_confidence() -> None:
    found = bundle()
    amber = stix2.TLP_AMBER["id"]
    for each in found.objects:
        if each.type not in ("marking-definition", "identity"):
            assert each.object_marking_refs == [amber], each.type
    sure = {each.pattern.split(" ")[0]: each.confidence for each in of("indicator", found)}
    assert sure["[file:hashes.'SHA-256'"] > sure["[domain-name:value"] > sure["[file:name"]


def test_nothing_of_the_readers_own_people_leaves_the_house() -> None:
    text = output("stix").render(conversation_run(), lambda text: text, "en")
    for private in ("marc.weber@", "einkauf@", "buyer0@", "sales0@", "Angebot", "Bankverbindung"):
        assert private not in text
    own = msgspec.structs.replace(
        conversations().campaigns[0], domains=("owa.contoso.example", "1drv.ms")
    )
    found = bundle(msgspec.structs.replace(conversations(), campaigns=(own,)))
    hosts = [each.pattern for each in of("indicator", found) if "domain-name" in each.pattern]
    assert hosts == []
    assert of("infrastructure", found) == []


def test_two_runs_give_the_same_bundle_and_so_does_another_day() -> None:
    run = conversation_run()
    later = msgspec.structs.replace(
        run, finished=run.finished.replace(year=2027), inputs=("elsewhere",)
    )
    render = output("stix").render
    assert render(run, str, "en") == render(later, str, "fr")


def test_an_indicator_keeps_its_name_when_the_campaign_grows() -> None:
    before = {each.id for each in of("indicator", bundle()) if "url:" in each.pattern}
    after = {each.id for each in of("indicator", bundle(conversations(20)))}
    assert before < after


def test_hostile_values_break_no_pattern() -> None:
    quoted = r"https://a.example/it's\x"
    bad = msgspec.structs.replace(
        conversations().campaigns[0],
        urls=(quoted, "javascript:alert(1)", "https://x\u202e.example/", "http://\ud800/"),
        hashes=("not a digest", "A" * 64),
        domains=("no dot", "ok.example"),
        senders=("two@at@x", "nul\x00@x.example"),
    )
    found = bundle(msgspec.structs.replace(conversations(), campaigns=(bad,), messages=()))
    patterns = [each.pattern for each in of("indicator", found)]
    assert r"[url:value = 'https://a.example/it\'s\\x']" in patterns
    assert "[domain-name:value = 'ok.example']" in patterns
    assert sum("url:value" in each for each in patterns) == 1
    assert "values could not be made into indicators" in of("campaign", found)[0].description
    bundle(hostile())


@pytest.mark.parametrize("found", [None, "empty"])
def test_without_mails_or_alerts_the_bundle_is_valid_and_holds_no_indicator(
    found: str | None,
) -> None:
    nothing = msgspec.structs.replace(conversations(), messages=(), campaigns=())
    run = msgspec.structs.replace(sample_run(), conversations=nothing if found else None)
    parsed = stix2.parse(output("stix").render(run, str, "en"))
    assert of("indicator", parsed) == []


def test_five_hundred_messages_make_a_bundle_of_bounded_size() -> None:
    text = output("stix").render(conversation_run(large()), str, "en")
    assert len(json.loads(text)["objects"]) < 3000
    assert len(text) < 3_000_000
