"""Which language a text is in, by its script and by votes of its commonest words; no dependency.

A vote of stop words needs no more than a few lines to be right; where fewer than `ENOUGH` of them
stand in the text, or two languages are as good as each other, the answer is empty, not a guess.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain

ENOUGH = 4
"""Votes below which no language is named."""

LOOKED_AT = 80
"""Words of a text that vote."""

_STOP = {
    "en": "the and of to is that for it with you this are be on have not as we but was if can from"
    " your will or would there what they please been has our which any do just so my were i",
    "de": "der die das und ist nicht ich sie mit auf für von dem den ein eine zu wir es im auch wie"
    " sich bei aus werden wird haben hat noch nur oder bitte dass uns ihnen ihre kann sind am zum",
    "fr": "le la les et des est pas je vous que une dans pour nous sur avec ce qui en ne votre au il"
    " mais plus sont merci cette été avons avez du si ou bien mon être fait ai par aux",
    "it": "il di che non è per una con sono del la della ho si come anche più questo ma dei alla nel"
    " le gli ci mi grazie lo se un ha sul dal cui tutti essere vostra al",
    "es": "el que los no una por con las para se su del es lo como más pero ya está la en y este muy"
    " me si gracias todo nos hay usted le un esta también cuando son",
    "pt": "não uma os para com você que do da em é se mais por um como dos na ao muito foi seu já"
    " nos obrigado isso está mas são também as pelo sua meu tem eu",
    "nl": "het een van dat niet je ik voor met zijn op aan te er maar ook we als bij nog naar heb"
    " heeft wel uit kan dit deze worden hebben de en om graag u mijn",
    "sv": "och att det som är på för inte jag med av har till om den vi ett men kan så från var du"
    " eller ska skulle hej tack också när vill mig",
    "da": "og det at er på til ikke jeg med af har som den vi et men kan så fra for du eller skal"
    " være hej tak også når vil mig dig meget blev hvad",
    "no": "og det er på til ikke jeg med av har som den vi et men kan så fra for du eller skal å"
    " være hei takk også når vil meg deg veldig ble hva",
    "fi": "ja on ei että se en mutta ovat kun niin hän oli voi myös sitä tai mitä olen jos ole kuin"
    " nyt vielä tämä kiitos joka terveisin ollut sen hei",
    "pl": "nie się jest na to że do jak za od po ale przez są czy już tylko dla co ze być proszę"
    " dziękuję który oraz mam pan tego także jeszcze i w z",
    "cs": "je se že na to jsem ale jak za by pro jsou tak už nebo jen při který také děkuji prosím"
    " není máme byl bude jste dobrý a v ve k",
    "tr": "ve bir bu için ile da de çok ne var olarak daha gibi ama kadar sonra olan değil ben en"
    " her teşekkürler merhaba lütfen mi ya size iyi",
    "hu": "a az és hogy nem is egy van ez meg de ha csak már vagy mint el azt kell köszönöm még"
    " lesz volt kérem ezt fel nagyon",
    "ro": "și nu este în la cu de pe care mai din pentru că sunt am un să dar fi ca ce o au"
    " mulțumesc vă această prin",
    "ru": "и в не на что я с это как по но из у за вы так же от для мы к до или бы если был меня"
    " есть можно вас здравствуйте спасибо",
    "uk": "і в не на що я з це як та але із у за ви так для ми до або якщо є можна вас дякую був"
    " від ще про",
    "bg": "и в не на че с това за се да от по са как но ще или е към има",
}

_WHERE: dict[str, tuple[str, ...]] = {}
for _code, _listed in _STOP.items():
    for _word in _listed.split():
        _WHERE[_word] = (*_WHERE.get(_word, ()), _code)
_VOTES: dict[bytes, tuple[str, ...]] = {
    word.encode(): codes for word, codes in _WHERE.items() if len(codes) < 6
}

_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u3096\u30a1-\u30fa]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("el", re.compile("[\u0391-\u03c9]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("ar", re.compile("[\u0621-\u064a]")),
    ("th", re.compile("[\u0e01-\u0e2e]")),
    ("hi", re.compile("[\u0905-\u0939]")),
)
_ANY_SCRIPT = re.compile(
    "[\u0391-\u03c9\u05d0-\u05ea\u0621-\u064a\u0905-\u0939\u0e01-\u0e2e\u3041-\u9fff\uac00-\ud7a3]"
)
_SCRIPT_SHARE = 8
"""One character in so many must be of a script that names its language."""

_SCRIPT_LOOK = 1500


def language(text: str, words: Sequence[bytes]) -> str:
    """ISO 639-1 of a text, given with its words (`shingles.words_of`); empty where unsure."""
    head = "" if text.isascii() else text[:_SCRIPT_LOOK]
    if head and _ANY_SCRIPT.search(head):
        needed = max(ENOUGH, sum(map(str.isalpha, head)) // _SCRIPT_SHARE)
        for code, script in _SCRIPTS:
            if len(script.findall(head)) >= needed:
                return code
    heard = list(filter(None, map(_VOTES.get, words[:LOOKED_AT])))
    if len(heard) < ENOUGH:
        return ""
    votes = Counter(chain.from_iterable(heard))
    best = max(votes.values())
    leading = [code for code, count in votes.items() if count == best]
    return leading[0] if best >= ENOUGH and len(leading) == 1 else ""
