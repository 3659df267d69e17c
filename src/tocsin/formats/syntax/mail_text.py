"""What the sender of a mail wrote anew and what he quotes: the `MailText` of a message.

The plain body is taken where it says what the HTML says; else the HTML, as the reader sees it.
Links come from the HTML in either case, each with whether it stands in quoted text.
"""

from __future__ import annotations

import re
from itertools import islice

import msgspec

from tocsin.formats.syntax import html_text, shingles
from tocsin.formats.syntax.quote_headers import ADDRESS
from tocsin.formats.syntax.quoting import Carved, carve
from tocsin.formats.syntax.text_language import language
from tocsin.knowledge import lexicon
from tocsin.knowledge.everyday_words import everyday_stems
from tocsin.model.message import NEW_TEXT_LIMIT, MailText, QuoteStyle

PLAIN_LIMIT = 256 * 1024
"""Characters of a plain body that are looked at."""

QUOTED_HEAD = 200
"""Characters of quoted text that are kept."""

ADDRESSES = 20
"""Mail addresses of the new text that are kept."""

FAR_MARKS = 24
"""Of the marks of quoted text, those for what is older than the mail that is answered."""

TOKEN_LIMIT = 400
"""Characters of one word that are looked at for an address."""

SAME_LOOK = 500
"""Characters of the HTML's text whose words are sought in the plain body."""

FEW_WORDS = 12
"""How many of them are sought first; where three in four are there, the plain body says the same."""

CONTENT_WORDS = 600
"""First words of the new text among which content words are counted."""

KNOWN_WORDS = 400
"""Words of the quoted text that are looked at for those that it shares."""

CLOSING_LINES = 14
"""Last lines of a piece among which a closing formula is looked for."""

OPENING_LIMIT = 150
"""Characters of a first line that may be a greeting."""

STEM = 6
"""Letters by which two words are held to be one: a light stem that fits most languages."""


class Anchor(msgspec.Struct, frozen=True, gc=False):
    """A link of the HTML. text: what the reader sees; quoted: stands in quoted text."""

    url: str
    text: str = ""
    quoted: bool = False


class Split(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A mail's text taken apart. new, quoted: whole, for whoever looks for links in them."""

    text: MailText
    new: str
    quoted: str
    anchors: tuple[Anchor, ...] = ()


_GREETING_WORDS = (
    "hi hello dear hey hallo guten sehr liebe lieber servus moin grüezi bonjour bonsoir salut cher"
    " chère chers madame monsieur buongiorno buonasera salve ciao gentile egregio spettabile hola"
    " buenos buenas estimado estimada estimados olá ola bom boa prezado prezada caro cara beste"
    " geachte goedemorgen hej hei god kære bästa hyvä terve dzień cześć szanowny szanowna witam"
    " dobrý ahoj vážený vážená merhaba sayın selam здравствуйте добрый привет уважаемый уважаемая"
    " good bună stimate tisztelt szia kedves"
)
_GREETING = frozenset(_GREETING_WORDS.split())
_CLOSING = re.compile(
    r"(?:(?:best|kind|warm|many|with) )*(?:regards|wishes|thanks)|thanks(?: (?:and|&) .{2,20}| again| in advance)?"
    r"|thank you(?: .{2,20})?|cheers|sincerely(?: yours)?|yours (?:sincerely|truly|faithfully)|best|br|rgds"
    r"|(?:mit )?(?:freundlichen?|besten?|herzlichen?|liebe|viele|schöne) grüßen?(?: aus .{2,20})?|mfg|lg|vg|gruß|grüße"
    r"|(?:bien )?cordialement|cdlt|(?:bien )?à (?:vous|toi)|salutations.{0,30}|(?:sincères|meilleures) salutations|merci(?: d'avance| beaucoup)?"
    r"|(?:cordiali |distinti )?saluti|cordialmente|grazie(?: mille)?|(?:un )?saludos?.{0,20}|atentamente|gracias.{0,12}"
    r"|atenciosamente|cumprimentos|abraços?|obrigad[oa]|(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|mvg"
    r"|(?:z poważaniem|pozdrawiam.{0,12})|(?:med )?(?:vänliga?|bästa|vennlig|venlig|mange) hilsen(?:er)?|mvh|(?:med )?(?:vänliga|bästa) hälsningar|vh"
    r"|(?:ystävällisin )?terveisin|s pozdravem|saygılarımla|iyi çalışmalar|с уважением|всего доброго|dziękuję"
    r"|(?:sent|get) (?:from|outlook for|via) .{2,40}|von meinem .{2,40}|envoyé (?:de|depuis) .{2,40}|inviato da .{2,40}|enviado desde .{2,40}"
    r"|verzonden (?:vanaf|met) .{2,40}|gesendet (?:von|mit) .{2,40}|outlook für .{2,20}|skickat från .{2,40}",
    re.IGNORECASE,
)
_HAN = re.compile("[\u30a0-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{2,}")


def split(plain: str, html: str, *, subject: str, names: tuple[str, ...], key: bytes) -> Split:
    """Take a mail's decoded bodies apart; either may be empty. names: words of display names."""
    plain = plain[:PLAIN_LIMIT]
    if not plain.isascii():  # halves of a surrogate pair cannot be written down again
        plain = plain.encode("utf-8", "replace").decode("utf-8")
    seen = html_text.read_html(html) if html else html_text.Found()
    carved = carve(plain) if plain.strip() else None
    shown: Carved | None = None
    if seen.links or (seen.text and carved is None):
        shown = carve(seen.text)
    if seen.text and (carved is None or _says_less(plain, seen)):
        shown = shown or carve(seen.text)
        carved = shown
    anchors = _anchors(seen, shown)
    text, new, quoted = _described(carved or Carved(), seen, subject, names, key)
    return Split(text=text, new=new, quoted=quoted, anchors=anchors)


def _says_less(plain: str, seen: html_text.Found) -> bool:
    """Whether the plain body is a stub beside the HTML: half of what the HTML says is not in it."""
    shown = html_text.without_links(seen.text[:SAME_LOOK])
    words = dict.fromkeys([word for word in shingles.words_of(shown) if len(word) > 3])
    if len(words) < 4:
        return False
    known = shingles.spread(plain[: 2 * SAME_LOOK])
    found = sum([word in known for word in islice(words, FEW_WORDS)])
    if 4 * found >= 3 * FEW_WORDS:
        return False
    missing = set(words).difference(shingles.words_of(plain[: 10 * SAME_LOOK]))
    return 2 * len(missing) > len(words)


def _anchors(seen: html_text.Found, shown: Carved | None) -> tuple[Anchor, ...]:
    if shown is None or not seen.links:
        return ()
    new = html_text.links_in("\n".join(shown.new))
    return tuple(
        Anchor(url=url, text=text, quoted=at not in new)
        for at, (url, text) in enumerate(seen.links)
    )


def _described(
    carved: Carved, seen: html_text.Found, subject: str, names: tuple[str, ...], key: bytes
) -> tuple[MailText, str, str]:
    clean = html_text.without_links
    pieces = [clean(piece) for piece in carved.new]
    new = "\n\n".join(pieces)
    near, far = clean(carved.near), clean(carved.far)
    quoted = f"{near}\n{far}".strip()
    new_words = shingles.words_of(new)
    near_words, far_words = shingles.words_of(near), shingles.words_of(far)
    tokens, addresses = _addresses(new[:NEW_TEXT_LIMIT])
    left_out = [*names, *tokens]
    content, shared = _content(pieces, new_words, near_words + far_words, subject, left_out)
    text = MailText(
        new=new[:NEW_TEXT_LIMIT],
        new_words=len(new_words),
        quoted_words=len(near_words) + len(far_words),
        style=_style(carved, seen),
        inline=carved.inline,
        attributions=carved.attributions,
        marks=shingles.marks(new_words, key, shingles.NEW_MARKS),
        quoted_marks=_quoted_marks(near_words, far_words, key),
        quoted_head=quoted[:QUOTED_HEAD],
        hidden=seen.hidden,
        content_words=content,
        shared_words=shared,
        addresses=addresses,
        language=language(new, new_words),
        quoted_language=language(near or far, near_words or far_words),
        cues=lexicon.cues(new[:NEW_TEXT_LIMIT]) if new else (),
    )
    return text, new, quoted


def _style(carved: Carved, seen: html_text.Found) -> QuoteStyle:
    if not carved.style:
        return ""
    return seen.style or carved.style


def _quoted_marks(near: list[bytes], far: list[bytes], key: bytes) -> tuple[int, ...]:
    far_marks = shingles.marks(far, key, FAR_MARKS)
    near_marks = shingles.marks(near, key, shingles.QUOTED_MARKS - len(far_marks))
    return tuple(sorted({*near_marks, *far_marks}))


def _addresses(new: str) -> tuple[list[str], tuple[str, ...]]:
    """The words of the new text that hold an address, and the addresses in them."""
    if "@" not in new:
        return [], ()
    tokens = [token[:TOKEN_LIMIT] for token in new.split() if "@" in token]
    found = [match.group().lower().strip(".'") for match in map(ADDRESS.search, tokens) if match]
    real = dict.fromkeys(each for each in found if "." in each.partition("@")[2])
    return tokens, tuple(real)[:ADDRESSES]


def _content(
    pieces: list[str], new_words: list[bytes], quoted: list[bytes], subject: str, names: list[str]
) -> tuple[int, int]:
    """How many distinct content words the new text has, and how many the thread has too."""
    if not pieces:
        return 0, 0
    topic = shingles.words_of(subject.rpartition(":")[2])
    greeting, signature = _opening(pieces[0], topic), _signature(pieces[-1], only=len(pieces) == 1)
    first = len(shingles.words_of(greeting)) if greeting else 0
    last = len(new_words) - (len(shingles.words_of(signature)) if signature else 0)
    told = {*new_words[first : min(last, CONTENT_WORDS)]}
    told.difference_update(shingles.words_of(" ".join(names)))
    known = {*quoted[:KNOWN_WORDS], *topic}
    # Where a letter takes two bytes and more, a stem of so many letters takes as many more.
    joined = b"".join(told)
    foreign = not joined.isascii() and len(joined) > 1.3 * len(joined.decode("utf-8", "replace"))
    stem = 2 * STEM if foreign else STEM
    shortest = 7 if foreign else 4
    stems = {word[:stem] for word in told if len(word) >= shortest} - everyday_stems(stem)
    content = len(stems)
    shared = len(stems.intersection([word[:stem] for word in known]))
    if foreign:
        pairs = _pairs("\n".join(pieces)[:NEW_TEXT_LIMIT])
        if pairs:
            thread = b"".join(quoted[: 10 * KNOWN_WORDS]).decode("utf-8", "replace") + subject
            content += len(pairs)
            shared += sum(pair in thread for pair in pairs)
    return content, shared


def _pairs(text: str) -> set[str]:
    """Pairs of characters of a script without spaces; its own kind of word."""
    return {run[at : at + 2] for run in _HAN.findall(text) for at in range(len(run) - 1)}


def _signature(piece: str, *, only: bool) -> str:
    """The lines of a piece from `-- ` or a closing formula on; empty if there is none."""
    lines = piece.split("\n")
    for at in range(1 if only else 0, len(lines)) if "--" in piece else ():
        if lines[at].rstrip() == "--":
            return "\n".join(lines[at:])
    for at in range(max(1 if only else 0, len(lines) - CLOSING_LINES), len(lines)):
        line = lines[at].strip(" \t\xa0,.!;:*_")
        if 1 < len(line) < 60 and _CLOSING.fullmatch(line):
            return "\n".join(lines[at:])
    return ""


def _opening(piece: str, topic: list[bytes]) -> str:
    """The first line of the new text, if it greets or only says the subject again, as bots do."""
    line = piece.partition("\n")[0]
    if len(line) > OPENING_LIMIT:
        return ""
    again = topic and shingles.words_of(line)[-len(topic) :] == topic
    return line if again or _greets(line) else ""


def _greets(line: str) -> bool:
    found = line.lower().replace(",", " , ").split()
    if not found or len(found) > 7:
        return False
    return found[0].strip("!.:") in _GREETING or (
        len(found) <= 5 and line.rstrip().endswith((",", "，", "!"))
    )
