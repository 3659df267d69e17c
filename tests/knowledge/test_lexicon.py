"""The lexicon: every cue holds its own examples, tells lures it has not seen, and says what is wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tocsin.knowledge import lexicon
from tocsin.knowledge.lexicon import LexiconError, cues, entries, fold, packaged, parse, problems

PAGE = Path(__file__).resolve().parents[2] / "docs" / "lexicon.md"

CUES = {
    "document", "open-request", "link-request", "invoice", "payment", "bank", "payment-change",
    "password", "credentials", "urgency", "secrecy", "gift-card", "voice-mail", "parcel",
    "signature-service", "phone-move", "scan-code", "call-back", "charge-call", "records", "coins",
    "one-time-code",
}  # fmt: skip


def test_every_file_holds_its_own_examples() -> None:
    assert problems(packaged()) == []


def test_the_cues_are_those_that_were_asked_for() -> None:
    assert {entry.cue for entry in entries()} == CUES


@pytest.mark.parametrize("cue", sorted(CUES))
def test_a_cue_is_told_in_at_least_24_languages(cue: str) -> None:
    entry = next(each for each in entries() if each.cue == cue)
    spoken = {language for group in entry.words.values() for language in group}
    assert len(spoken - {"any"}) >= 24


LURES = [
    ("document", "Please find enclosed the paperwork as discussed"),
    ("document", "Anbei wie besprochen die Auflistung"),
    ("document", "hiermit übersende ich Ihnen die Akte"),
    ("document", "Comme convenu, vous trouverez en pièce jointe le récapitulatif"),
    ("document", "Le invio quanto richiesto in allegato"),
    ("document", "Conforme solicitado, segue anexo"),
    ("document", "Zoals afgesproken stuur ik u het contract"),
    ("document", "W załączeniu przesyłam dokumenty"),
    ("document", "Csatoltan küldöm az iratokat"),
    ("document", "Ohessa pyytämäsi tiedosto"),
    ("document", "Šaljem tražene dokumente u privitku"),
    ("document", "附件是您要的资料，请查收"),
    ("open-request", "Could you take a look at this when you have a minute?"),
    ("open-request", "Pourriez-vous y jeter un œil ?"),
    ("open-request", "Peço que verifique"),
    ("open-request", "Kan du kolla på detta?"),
    ("open-request", "Просьба проверить и подписать"),
    ("link-request", "Die Datei können Sie hier abrufen"),
    ("link-request", "Puede ver el archivo en el siguiente enlace"),
    ("link-request", "Plik można pobrać pod linkiem"),
    ("payment-change", "We have switched to a new bank, please remit to the account below"),
    ("payment-change", "Wir haben die Bank gewechselt; bitte nutzen Sie ab sofort die neue IBAN"),
    ("payment-change", "Nous avons changé de banque, voici nos nouvelles coordonnées bancaires"),
    ("payment-change", "Abbiamo cambiato banca, vi comunichiamo il nuovo IBAN"),
    ("payment-change", "Informujemy o zmianie numeru rachunku bankowego"),
    ("payment-change", "Tilinumeromme on muuttunut"),
    ("password", "Das Kennwort für die Datei finden Sie unten"),
    ("password", "Clave: 4412 para abrir el archivo"),
    ("credentials", "Ihr Passwort läuft heute ab"),
]
"""Sentences that stand in no file, as lures in conversations are worded."""


@pytest.mark.parametrize(("cue", "text"), LURES)
def test_a_lure_that_stands_in_no_file_gives_its_cue(cue: str, text: str) -> None:
    assert cue in cues(text)


@pytest.mark.parametrize(
    "text",
    [
        "I will take that into account, thanks.",
        "Pay attention to the interrupt; see you on Monday.",
        "Das ist im Prinzip richtig, danke für die schnelle Antwort.",
        "Merci beaucoup, à lundi !",
        "Grazie mille, ci vediamo domani.",
    ],
)
def test_ordinary_answers_give_no_cue(text: str) -> None:
    assert cues(text) == ()


def test_accents_case_and_spelt_umlauts_do_not_matter() -> None:
    expected = cues("Überweisung")
    assert "payment" in expected
    for spelt in ("ueberweisung", "UBERWEISUNG", "U\u0308berweisung", "Über\u00adweisung"):
        assert cues(spelt) == expected
    assert fold("payé") == fold("PAYE")


def test_a_compound_and_an_inflected_word_are_told() -> None:
    assert "invoice" in cues("Die Abschlagsrechnungen liegen bei der Buchhaltung.")
    assert "payment" in cues("Информация об оплате")


def test_words_of_different_languages_do_not_make_one_rule() -> None:
    # `nowy` is Polish for new, `sort code` is English: only together in one language they count.
    assert "payment-change" not in cues("nowy sort code")


def test_addresses_and_links_are_not_read_as_words() -> None:
    assert cues("https://contoso.example/invoice/payment billing@contoso.example") == ()


def test_only_the_kept_text_is_looked_at() -> None:
    assert cues("x " * 2000 + "invoice") == ()
    assert cues("invoice " + "x " * 4000) == ("invoice",)


@pytest.mark.parametrize(
    "hostile",
    ["a" * 200_000, "@" * 200_000, "://" * 60_000, "的" * 200_000, "1" * 200_000, "ä" * 200_000,
     "please " * 30_000, "\u0301" * 200_000, "a@" * 100_000, ""],
)  # fmt: skip
def test_hostile_text_is_cheap(hostile: str) -> None:
    began = time.process_time()
    for _ in range(20):
        cues(hostile)
    assert time.process_time() - began < 1


def test_the_memory_of_words_is_bounded() -> None:
    for number in range(0, 60_000, 500):
        cues(" ".join(f"wort{_letters(number + at)}" for at in range(500)))
    assert len(lexicon._lexicon().memo) <= lexicon.MEMO_LIMIT


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


SOUND = """
cue = "x"
means = "m"
source = "s"
[[rules]]
near = ["a"]
[words.a]
en = ["word*"]
[gives]
en = ["words"]
[spares]
en = ["other"]
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOUND.replace('cue = "x"', 'cue = "y"'), "cue"),
        (SOUND.replace("means", "meaning"), "meaning"),
        (SOUND.replace('["word*"]', '["wo*"]'), "words.a.en"),
        (SOUND.replace('["word*"]', '["w-o"]'), "words.a.en"),
        (SOUND.replace('["word*"]', "3"), "words"),
        ("cue = ", "x.toml"),
    ],
)
def test_a_fault_names_file_and_key(text: str, said: str) -> None:
    with pytest.raises(LexiconError, match=r"x\.toml") as fault:
        parse("x.toml", text)
    assert said in str(fault.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOUND.replace('en = ["words"]', 'en = ["nothing"]'), "gives.en: does not hold"),
        (SOUND.replace('en = ["other"]', 'en = ["wordy"]'), "spares.en: does not hold"),
        (SOUND.replace('near = ["a"]', 'near = ["b"]'), "no group 'b'"),
        (SOUND.replace('en = ["word*"]', 'en = ["word*"]\nde = ["wort*"]'), "no example in 'de'"),
    ],
)
def test_the_linter_names_what_does_not_hold(text: str, said: str) -> None:
    assert any(said in each for each in problems({"x.toml": text}))


def test_the_page_names_every_cue() -> None:
    page = PAGE.read_text("utf-8")
    assert [entry.cue for entry in entries() if f"`{entry.cue}`" not in page] == []
