"""The words by which mail programs say whom they quote, in the languages they speak.

Two forms: an *attribution line* ("On … Max wrote:", over one to `FOLDED` lines), and a *header
block* (From, Sent, To, Subject in any order, the labels translated and sometimes bold). The tables
hold the words; the grammar is the same for every language: an attribution ends in a colon and names
a date together with a verb of writing or an address; a block is a few lines `label: value` of which
one says from whom.
"""

from __future__ import annotations

import re
from typing import Literal

from tocsin.model.message import Attribution

FOLDED = 4
"""Lines over which an attribution may be folded."""

VALUE_LIMIT = 200
"""Characters of a name, date or subject that are kept."""

Role = Literal["from", "date", "to", "subject", "other"]

_LABELS: dict[Role, str] = {
    "from": "from|von|de|da|van|od|från|fra|lähettäjä|kimden|gönderen|от|от кого|від|发件人|發件人"
    "|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람|보낸이|feladó|από|מאת|من|expéditeur|mittente|remitente"
    "|afzender|de la|expeditor|nadawca|avsändare|afsender|avsender|absender|odesílatel|odosielateľ"
    "|отправитель|sender|emisor|remetente|dari|từ|จาก|kuosta|nuo|no|saatja|подател|pošiljatelj|šalje",
    "date": "sent|date|gesendet|datum|envoyé|envoyé le|inviato|data|enviado|enviado el|enviada em"
    "|enviado em|fecha|verzonden|wysłano|wysłane|data wysłania|skickat|dato|sendt|lähetetty|päivämäärä|päiväys|pvm"
    "|odesláno|odoslané|dátum|gönderildi|gönderilme tarihi|tarih|отправлено|дата|надіслано"
    "|отправлен|дата отправки|发送时间|日期|发件时间|发送日期|已傳送|寄件日期|傳送時間|送信日時|日時|日付"
    "|보낸 날짜|날짜|보낸시간|elküldve|küldve|στάλθηκε|ημερομηνία|נשלח|תאריך|تاريخ|تم الإرسال|trimis|data trimiterii"
    "|sendt dato|date d'envoi|data invio|received|dikirim|tanggal|изпратено|poslano|ngày",
    "to": "to|an|à|a|para|aan|do|till|til|vastaanottaja|komu|pro|kime|alıcı|кому|收件人|收件者|宛先"
    "|받는 사람|받는사람|받는이|címzett|προς|אל|إلى|către|destinataire|destinatario|destinatari|ontvanger|adresat|mottagare"
    "|modtager|mottaker|empfänger|kepada|до|za|reply-to|antwort an|răspunde la",
    "subject": "subject|betreff|objet|oggetto|asunto|assunto|onderwerp|temat|ämne|emne|aihe|předmět"
    "|predmet|konu|тема|主题|主題|主旨|件名|제목|tárgy|θέμα|נושא|الموضوع|subiect|sujet|betr|subjek|chủ đề"
    "|относно|naslov",
    "other": "cc|bcc|kopie|kopie an|kopia|kopi|kopio|dw|udw|копия|копія|抄送|副本|참조|másolatot kap|másolat|κοιν|κοινοποίηση"
    "|bilgi|copie à|copie|copia|cópia|עותק|نسخة|attachments|anlagen|anhänge|anhang|pièces jointes|allegati"
    "|adjuntos|datos adjuntos|anexos|bijlagen|załączniki|bilagor|vedhæftede filer|vedlegg|liitteet"
    "|přílohy|ekler|вложения|importance|wichtigkeit|priorität|importancia|importância|sent by"
    "|gesendet von|cci|kennung|sensitivity|priority|mime-version|content-type|message-id|reply-to"
    "|organization|newsgroups|resent-from|on behalf of|im auftrag von|附件|添付ファイル|ccn",
}  # fmt: skip
ROLES: dict[str, Role] = {
    label: role for role, labels in reversed(_LABELS.items()) for label in labels.split("|")
}
"""Role of each label, lower case."""

_WRITING_WORDS = (
    "wrote writes said schrieb schreibt geschrieben écrit ecrit écrivait scritto scrive escribió"
    " escribio escribe escreveu escreve schreef schrijft geschreven napisał napisała pisze napisala"
    " skrev skriver kirjoitti kirjoittaa napsal napsala píše napísal yazdı yazmış написал написала"
    " пишет писал написав пише írta ezt έγραψε כתב كتب scris 写道 寫道 작성 のメール 書きました"
    " odesílatel pošiljatelj menulis viết rašė kirjutas napisao piše wrote"
)
WRITING = frozenset(_WRITING_WORDS.split())
"""Verbs of writing, and what else only an attribution ends with."""

_JOINED_VERB = re.compile("写道|寫道|작성|書きました|のメール|かきました|إلكتروني")
OPENING = re.compile(
    r"(?:on|am|le|il|el|em|op|den|dne|dňa|w dniu|v|в|at|il giorno|el día|no dia|på|tarihinde|"
    r"on behalf of|in message|in article|quoting|zitat von|at|a|la|în|på|vào|pada|"
    r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|(?:mo|di|mi|do|fr|sa|so)|"
    r"(?:lun|mar|mer|jeu|ven|sam|dim)[a-z]*|(?:mån|tis|ons|tors|fre|lör|sön)[a-zå]*|"
    r"(?:man|tir|tor|lør|søn)[a-z]*|(?:ma|ti|ke|to|pe|la|su)|(?:pon|wt|śr|czw|pt|sob|niedz)[a-z]*|"
    r"(?:po|út|st|čt|pá|so|ne)|(?:пн|вт|ср|чт|пт|сб|вс|нд)|\d{4}[-./年]|\d{1,2}[-./]\s?\d{1,2}[-./]|"
    r"\d{1,2} [^\W\d]{3,12}\.? \d{4}|在|於)(?=[\s,.:\d])",
    re.IGNORECASE,
)
WHEN = re.compile(
    r"\b\d{1,2}[:.h]\d{2}\b|\b(?:19|20)\d\d\b|\b\d{1,2}[-./]\d{1,2}[-./]\d{2,4}\b"
    r"|\d\s?[年月日년월일]|\d:\d\d"
)
ORIGINAL = re.compile(
    r"original|origine|原件|ursprünglich|originaux|oorspronkelijk|oryginaln|ursprungl|oprindelig|opprinnelig"
    r"|alkuperäinen|původní|orijinal|исходн|eredeti|pôvodn|forward|weitergeleit|transf[ée]r"
    r"|inoltrat|reenviad|encaminhad|doorgestuurd|przekazan|vidarebefordr|videresend|välitet"
    r"|přeposlan|iletilen|пересылаем|пересланн|原始|元の|转发|轉寄|転送|원본|전달|továbbít|redirecționat",
    re.IGNORECASE,
)
FORWARDED = re.compile(
    r"forward|weitergeleit|transf[ée]r|inoltrat|reenviad|encaminhad|doorgestuurd|przekazan"
    r"|vidarebefordr|videresend|välitet|přeposlan|iletilen|пересы|пересл|转发|轉寄|転送|전달|továbbít",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"[\w.+%=/&'*-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}")
_BRACKETED = re.compile(r"\(?[<\[](?:mailto:)?[^<>\[\]]{0,200}[>\]]\)?|\(\s*[\w.+-]+@[^()]{0,80}\)")
_PREPOSITIONS = frozenset(
    {"on", "am", "le", "il", "el", "em", "op", "den", "dne", "v", "в", "în", "στις"}
)
_USUAL = re.compile(
    r"[ >]*On ([^@<]{4,50}?\d\d?:\d\d(?::\d\d)?(?:[ \u202f]?[AP]M)?(?: [-+]\d{4})?(?: \([A-Z]{2,5}\))?),? "
    r"([^<>@]{2,60})<([\w.+%=-]{1,64}@[\w.-]{1,255})>[ ,]*wrote:"
)
_NUMBERED = re.compile(r"(?<!\S)[^\s\d]*+(\S*?\d(?:.*\d)?\S*)", re.DOTALL)
_QUOTES = " ,.;:\"'“”„«»<>"
_FILLER_WORDS = (
    "am pm a.m p.m utc gmt cet cest est edt pst pdt cst cdt ist jst msk bst mst mdt um uhr at à alle"
    " ore kl klo o v в г de del las às hs le the av af til от user via by from of un schrieb skrev"
    " odesílatel ha han on el il em op den dne, tarihinde şunu a en o z uur om po ad"
    " 于 於 在 님이 dátummal π.μ μ.μ ο/η στις"
)
_FILLER = frozenset(_FILLER_WORDS.split())


def says_written(line: str) -> bool:
    """Whether a verb of writing, in any language, stands in a line."""
    plain = line.lower().replace(":", " ").replace("(", " ").replace("*", " ")
    if not WRITING.isdisjoint(plain.split()):
        return True
    return not line.isascii() and _JOINED_VERB.search(line) is not None


def opens(line: str) -> bool:
    """Whether a line begins as attributions do: `On`, `Am`, a weekday, a date."""
    return OPENING.match(line.lstrip(" \t\xa0>*_\"'\ufeff")) is not None


def dated(line: str) -> bool:
    """Whether a date or time stands in a line, addresses left aside."""
    found = WHEN.search(line)
    if found is None:
        return False
    at = line.find("@")
    if at < 0 or found.end() <= line.rfind(" ", 0, at):
        return True
    return WHEN.search(ADDRESS.sub(" ", line)) is not None


def named(line: str) -> Attribution:
    """Who and when, out of an attribution on one line."""
    usual = _USUAL.match(line)
    if usual is not None:
        when, name, address = usual.groups("")
        return Attribution(name=name.strip(_QUOTES), address=address.lower(), date=when)
    found = ADDRESS.search(line) if "@" in line else None
    address = found.group().lower() if found else ""
    bare = ADDRESS.sub(" ", _BRACKETED.sub(" ", line))
    if not bare.isascii():
        bare = bare.replace("，", ", ").replace("、", " ")
    bare = bare.strip(" \t:：>*_,\xa0\ufeff")
    numbers = _NUMBERED.search(bare)
    if numbers is None:
        return Attribution(name=_name(bare.split()), address=address)
    first, last = numbers.span(1)
    after = bare[last:].split()
    while after and after[0].strip("().,").lower() in _FILLER:
        last, after = bare.index(after[0], last) + len(after[0]), after[1:]
    name, start = _name(after), 0
    if not name and not opens(bare):
        name, start = _name(bare[:first].split()), first
    when = " ".join(bare[start:last].split())
    lead, _, rest = when.partition(" ")
    if lead.lower() in _PREPOSITIONS:
        when = rest
    when = _JOINED_VERB.sub("", when)
    return Attribution(name=name, address=address, date=when.strip(" ,，")[:VALUE_LIMIT])


def _name(tokens: list[str]) -> str:
    """A name out of words: verbs of writing and small words at its ends left out."""
    kept = list(tokens)
    while kept and _small(kept[0]):
        kept.pop(0)
    while kept and _small(kept[-1]):
        kept.pop()
    return " ".join(kept).strip(_QUOTES)[:VALUE_LIMIT]


def _small(token: str) -> bool:
    bare = token.partition("(")[0].strip(_QUOTES).lower() or token.strip(_QUOTES + "()").lower()
    return not bare or bare in _FILLER or bare in WRITING or _JOINED_VERB.search(bare) is not None


def from_value(value: str) -> tuple[str, str]:
    """Name and address out of the value of a From label."""
    found = ADDRESS.search(value)
    name = ADDRESS.sub(" ", _BRACKETED.sub(" ", value))
    name = name.strip(" \t\xa0\"'*_<>[]()")
    return " ".join(name.split())[:VALUE_LIMIT], found.group().lower() if found else ""
