"""What a sender wrote anew, apart from what he quotes: plain text, in the languages of the world.

The attribution lines and header blocks are those that the mail programs themselves print.
"""

from __future__ import annotations

import email
import itertools
from pathlib import Path

import pytest

from tocsin.formats.syntax.mail_text import Split, split
from tocsin.model.message import NEW_TEXT_LIMIT

KEY = b"k" * 32
ROOT = Path(__file__).resolve().parents[2]


def taken(plain: str = "", html: str = "", subject: str = "Re: Vertrag", *names: str) -> Split:
    return split(plain, html, subject=subject, names=names, key=KEY)


ATTRIBUTIONS = """\
On Thu, Mar 4, 2021 at 10:22 AM Ada Winter <ada@contoso.example> wrote:
On Thu, Mar 4, 2021 at 10:22 AM Ada Winter|<ada@contoso.example> wrote:
On 04/03/2021 10:22, Ada Winter wrote:
On Mar 4, 2021, at 10:22 AM, Ada Winter <ada@contoso.example> wrote:
Ada Winter <ada@contoso.example> wrote on 03/04/2021 10:22:11 AM:
Am Do., 4. März 2021 um 10:22 Uhr schrieb Ada Winter <|ada@contoso.example>:
Am 04.03.2021 um 10:22 schrieb Ada Winter:
Le jeu. 4 mars 2021 à 10:22, Ada Winter <ada@contoso.example> a écrit :
Le jeudi 4 mars 2021 à 10:22:11 UTC+1, Ada Winter <ada@contoso.example> a|écrit :
El jue, 4 mar 2021 a las 10:22, Ada Winter (<ada@contoso.example>) escribió:
Il giorno gio 4 mar 2021 alle ore 10:22 Ada Winter <ada@contoso.example>|ha scritto:
Il 04/03/2021 10:22, Ada Winter ha scritto:
Op do 4 mrt. 2021 om 10:22 schreef Ada Winter <ada@contoso.example>:
Em qui., 4 de mar. de 2021 às 10:22, Ada Winter <ada@contoso.example>|escreveu:
czw., 4 mar 2021 o 10:22 Ada Winter <ada@contoso.example> napisał(a):
W dniu 04.03.2021 o 10:22, Ada Winter pisze:
Den tors 4 mars 2021 kl 10:22 skrev Ada Winter <ada@contoso.example>:
Den tor. 4. mar. 2021 kl. 10.22 skrev Ada Winter <ada@contoso.example>:
tor. 4. mar. 2021 kl. 10:22 skrev Ada Winter <ada@contoso.example>:
to 4. maalisk. 2021 klo 10.22 Ada Winter (ada@contoso.example) kirjoitti:
čt 4. 3. 2021 v 10:22 odesílatel Ada Winter <ada@contoso.example> napsal:
Ada Winter <ada@contoso.example>, 4 Mar 2021 Per, 10:22 tarihinde şunu yazdı:
чт, 4 мар. 2021 г. в 10:22, Ada Winter <ada@contoso.example>:
04.03.2021 10:22, Ada Winter пишет:
Ada Winter <ada@contoso.example> 于2021年3月4日周四 上午10:22写道：
Ada Winter <ada@contoso.example> 於 2021年3月4日 週四 上午10:22寫道：
在 2021-03-04 10:22:11，"Ada Winter" <ada@contoso.example> 写道：
2021年3月4日(木) 10:22 Ada Winter <ada@contoso.example>:
2021/03/04 10:22、Ada Winter <ada@contoso.example>のメール:
2021년 3월 4일 (목) 오전 10:22, Ada Winter <ada@contoso.example>님이 작성:
""".splitlines()


@pytest.mark.parametrize("prefix", ["> ", ">", ""])
@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_line_of_any_language(line: str, prefix: str) -> None:
    line = line.replace("|", "\n")
    body = f"My answer stands here.\n\n{line}\n\n{prefix}An old line\n{prefix}and one more\n"
    found = taken(body)
    assert found.new == "My answer stands here."
    assert "An old line" in found.quoted
    (who,) = found.text.attributions
    assert who.name == "Ada Winter"
    assert who.address == ("ada@contoso.example" if "@" in line else "")
    assert who.date


LABELS = """\
From Sent To Subject
Von Gesendet An Betreff
De Envoyé À Objet
Da Inviato A Oggetto
De Enviado Para Asunto
De Enviada_em Para Assunto
Van Verzonden Aan Onderwerp
Från Skickat Till Ämne
Fra Sendt Til Emne
Lähettäjä Lähetetty Vastaanottaja Aihe
Od Wysłano Do Temat
Od Odesláno Komu Předmět
Kimden Gönderildi Kime Konu
От Отправлено Кому Тема
发件人 发送时间 收件人 主题
寄件者 寄件日期 收件者 主旨
差出人 送信日時 宛先 件名
Feladó Elküldve Címzett Tárgy
""".splitlines()
VALUES = (
    "Ada Winter <ada@contoso.example>",
    "4. 3. 2021 10:22",
    "Bo <bo@fabrikam.example>; Cy\n <cy@fabrikam.example>",
    "RE: Vertrag",
)


@pytest.mark.parametrize("form", ["{}: {}", "*{}:* {}", "{} : {}", "{}： {}"])
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 0, 1, 2), (0, 2, 1, 3)])
@pytest.mark.parametrize("labels", LABELS)
def test_a_header_block_of_any_language_in_any_order(
    labels: str, order: tuple[int, ...], form: str
) -> None:
    words = [word.replace("_", " ") for word in labels.split()]
    block = "\n".join(form.format(words[at], VALUES[at]) for at in order)
    found = taken(f"My answer.\n\n{'_' * 32}\n{block}\n\nAn old line\n")
    assert found.new == "My answer."
    assert found.text.style == "outlook"
    assert found.quoted == "An old line"
    (who,) = found.text.attributions
    assert (who.name, who.address) == ("Ada Winter", "ada@contoso.example")
    assert (who.date, who.subject) == ("4. 3. 2021 10:22", "RE: Vertrag")


@pytest.mark.parametrize(
    "line",
    [
        "-----Original Message-----", "-----Ursprüngliche Nachricht-----",
        "-----Message d'origine-----", "-----Messaggio originale-----",
        "-----Mensaje original-----", "-----Oorspronkelijk bericht-----",
        "-----Wiadomość oryginalna-----", "------------------ 原始邮件 ------------------",
        "---------- Forwarded message ---------", "-------- Weitergeleitete Nachricht --------",
    ],
)  # fmt: skip
def test_a_line_of_dashes_quotes_all_below(line: str) -> None:
    assert taken(f"My answer.\n\n{line}\nAn old line\n").new == "My answer."


def test_a_forwarded_mail() -> None:
    found = taken(
        "See below.\n\nBegin forwarded message:\n\n"
        "From: Ada Winter <ada@contoso.example>\nDate: 4 March 2021\nSubject: Vertrag\n"
        "To: Bo\n\nAn old line\n"
    )
    assert (found.new, found.text.style, found.quoted) == ("See below.", "forward", "An old line")


def test_lotus_notes_puts_name_and_date_above_the_labels() -> None:
    found = taken(
        "My answer.\n\n\nAda Winter\n03/04/2021 10:22 AM\nTo: Bo Sand/ROM/CONTOSO@CONTOSO\n"
        "cc: Cy Dale/ROM/CONTOSO@CONTOSO\nSubject: Re: Vertrag\n\nAn old line\n"
    )
    assert (found.new, found.text.style) == ("My answer.", "lotus")
    assert found.text.attributions[0].name == "Ada Winter"
    assert found.text.attributions[0].date == "03/04/2021 10:22 AM"


def test_answers_between_the_quoted_lines_are_new() -> None:
    found = taken(
        "On 4 March 2021 10:22, Ada Winter wrote:\n> First question?\n\nThe first answer.\n\n"
        "> > Much older\n> Second question?\n\nThe second answer.\n"
    )
    assert found.new == "The first answer.\n\nThe second answer."
    assert found.text.inline
    assert "Much older" in found.quoted
    assert not taken("New.\n\nOn 4 March 2021 10:22, A wrote:\n> a\n> b\n").text.inline


def test_what_fell_out_of_a_quote_when_its_lines_were_broken_is_quoted() -> None:
    link = "http://news.fabrikam.example/" + "archive/" * 8 + "page.asp"
    found = taken(
        "It was no joke.\n\n"
        "> We met 36 people and one photographer of the American nature club,\nGail\n> Ruban.\n"
        f"> Links to:\n>\n>\n{link}\n> ve.html\n>\n> Shall we go?\nYes.\n> When?\n"
    )
    assert found.new == "It was no joke.\n\nYes."
    assert "Gail" in found.quoted
    assert link in found.quoted


def test_a_long_link_in_answer_to_a_quoted_line_is_new() -> None:
    link = "https://fabrikam-my.sharepoint.example/:x:/g/personal/" + "EaBc9" * 9
    found = taken(f"See below.\n\n> Where is the list?\n{link}\n> And the other?\n")
    assert found.new == f"See below.\n\n{link}"


def test_a_mail_answered_below_an_attribution_that_stands_alone() -> None:
    found = taken(
        "On Tue, 4 Mar 2021 at 10:22, Ada Winter wrote:\n\nHello Ada,\n\nthanks.\n\n"
        "> One question\n\nOne answer.\n"
    )
    assert found.new == "Hello Ada,\n\nthanks.\n\nOne answer."


def test_an_indented_quote_as_outlook_for_mac_writes_it() -> None:
    found = taken(
        'On 3/4/21, 10:22 AM, "Ada Winter" <ada@contoso.example> wrote:\n\n'
        "    First question?\n    It goes on.\n\nThe answer.\n\n    Second question?\n\nYes.\n"
    )
    assert found.new == "The answer.\n\nYes."


def test_everyone_who_is_quoted_newest_first() -> None:
    found = taken(
        "New.\n\nOn 4 March 2021 10:22, Ada Winter <ada@contoso.example> wrote:\n"
        "> Middle.\n>\n> On 3 March 2021 09:00, Bo Sand <bo@fabrikam.example> wrote:\n> > Oldest.\n"
    )
    assert [who.name for who in found.text.attributions] == ["Ada Winter", "Bo Sand"]
    assert "wrote" not in found.quoted


def test_what_a_list_adds_is_neither_new_nor_quoted() -> None:
    found = taken(
        f"New.\n\n> Old line\n{'_' * 47}\nUsers mailing list -- users@lists.contoso.example\n"
        "To unsubscribe send a mail to users-leave@lists.contoso.example\n"
    )
    assert (found.new, found.quoted) == ("New.", "Old line")


def test_a_pasted_patch_is_no_quote() -> None:
    patch = (
        "Here it is.\n\nFrom 0123456789abcdef0123 Mon Sep 17 00:00:00 2001\n"
        "From: Ada Winter <ada@contoso.example>\nDate: Thu, 4 Mar 2021 10:22:11 +0100\n"
        "Subject: [PATCH] a change\n\n---\n file.c | 2 +-\n"
    )
    assert taken(patch).new == patch.strip()


def test_a_line_that_mbox_escaped_is_no_quote() -> None:
    assert taken("New text.\n>From here on it is new too.\n").quoted == ""


def test_a_mail_that_quotes_nothing() -> None:
    found = taken("Good morning,\n\nplease note: the office is closed.\n\nRegards\nAda\n")
    assert (found.text.style, found.text.quoted_words, found.text.attributions) == ("", 0, ())
    assert taken().text.new == ""


def test_new_text_is_cut_but_counted_whole() -> None:
    found = taken("word " * 3000)
    assert len(found.text.new) == NEW_TEXT_LIMIT
    assert found.text.new_words == 3000


def test_half_a_surrogate_pair_can_be_stored() -> None:
    assert taken("broken \udcff mail\n\n> old \ud800 line").text.new.encode() == b"broken ? mail"


def test_addresses_in_the_new_text() -> None:
    found = taken("Ask Ada@Contoso.Example or <bo@fabrikam.example>.\n\n> old@old.example wrote\n")
    assert found.text.addresses == ("ada@contoso.example", "bo@fabrikam.example")


THREADS = {
    "en": ("The shipment of turbine blades leaves Rotterdam on Monday, customs papers follow.",
           "Fine, then customs can clear the turbine blades before the harbour closes."),
    "de": ("Die Lieferung der Turbinenschaufeln verlässt Rotterdam am Montag, Zollpapiere folgen.",
           "Gut, dann klärt der Zoll die Turbinenschaufeln, bevor Rotterdam schließt."),
    "fr": ("La livraison des pales de turbine quitte Rotterdam lundi, la douane est prévenue.",
           "Parfait, la douane peut donc libérer les pales avant la fermeture de Rotterdam."),
    "it": ("La spedizione delle pale della turbina parte lunedì da Rotterdam, dogana avvisata.",
           "Bene, allora la dogana libera le pale della turbina prima della chiusura."),
    "es": ("El envío de las palas de turbina sale de Rotterdam el lunes, la aduana está avisada.",
           "Perfecto, entonces la aduana puede liberar las palas de turbina antes del cierre."),
    "nl": ("De zending turbinebladen vertrekt maandag uit Rotterdam, de douane is ingelicht.",
           "Prima, dan kan de douane de turbinebladen vrijgeven voordat Rotterdam sluit."),
    "ru": ("Партия турбинных лопаток уходит из Роттердама в понедельник, таможня предупреждена.",
           "Хорошо, тогда таможня оформит турбинные лопатки до закрытия порта."),
    "zh": ("涡轮叶片的货物星期一离开鹿特丹港口，海关单据随后寄出。",
           "好的，那么海关可以在港口关闭之前放行涡轮叶片。"),
}  # fmt: skip
LURES = {
    "en": "Please find the attached document and let me know what you think.",
    "de": "Bitte sehen Sie sich das beigefügte Dokument an und melden Sie sich.",
    "fr": "Veuillez consulter le document ci-joint et me répondre rapidement.",
    "it": "La prego di verificare il documento allegato e di rispondere presto.",
    "es": "Por favor revise el documento adjunto y responda cuanto antes.",
    "nl": "Bekijk alstublieft het bijgevoegde document en reageer snel.",
    "ru": "Пожалуйста, посмотрите вложенный документ и ответьте скорее.",
    "zh": "请查看附件文件并尽快回复。",
}


@pytest.mark.parametrize("code", THREADS)
def test_an_answer_shares_words_with_its_thread_and_a_lure_does_not(code: str) -> None:
    old, answer = THREADS[code]
    quoted = f"On 4 March 2021 10:22, Ada Winter wrote:\n> {old}\n"
    honest = taken(f"Hello Ada,\n\n{answer}\n\nRegards\nBo Sand\n\n{quoted}").text
    lure = taken(f"Hello Ada,\n\n{LURES[code]}\n\nRegards\nBo Sand\n\n{quoted}").text
    assert honest.shared_words >= 2
    assert lure.shared_words == 0


def test_names_greeting_signature_and_the_subject_again_are_no_content() -> None:
    quoted = "> Ada wants the turbine contract signed, says Winter of Contoso.\n"
    for body in (
        "Hello Winter,\n\n-- \nAda Winter\nContoso turbine works\n\n",
        "Re: turbine contract\n\nAda Winter\nwinter@contoso.example\n\n",
        "Hallo Winter,\n\nMit freundlichen Grüßen\nAda Winter\nContoso turbine works\n\n",
    ):
        found = taken(body + quoted, "", "Re: Re: turbine contract", "Ada", "Winter").text
        assert (found.content_words, found.shared_words) == (0, 0), body


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "We have checked the offer and will come back to you as soon as we can."),
        ("de", "Wir haben das Angebot geprüft und melden uns, sobald es die Zeit erlaubt."),
        ("fr", "Nous avons bien reçu votre offre et nous vous répondrons dans la semaine."),
        ("it", "Abbiamo ricevuto la vostra offerta e non ci sono problemi con il prezzo."),
        ("es", "Hemos revisado la oferta y no hay problemas con el precio que nos han dado."),
        ("nl", "Wij hebben het aanbod bekeken en het is voor ons niet te duur, maar wel laat."),
        ("pt", "Recebemos a sua proposta e não temos nada contra o preço que você nos deu."),
        ("pl", "Sprawdziliśmy ofertę i nie ma z nią problemu, ale proszę o odpowiedź na maila."),
        ("sv", "Vi har fått ert förslag och det är inte för dyrt, men vi vill ha det snart."),
        ("tr", "Teklif için çok teşekkürler, ama bu fiyat bir sorun değil, daha iyi olan var."),
        ("ru", "Мы получили ваше предложение, и у нас нет вопросов, но это не для всех."),
        ("zh", "我们已经收到您的报价，价格没有问题。"),
        ("ja", "ご提案をありがとうございます。価格に問題はありません。"),
    ],
)
def test_the_language_of_new_and_of_quoted_text(code: str, text: str) -> None:
    assert taken(text).text.language == code
    assert taken(f"OK\n\n> {text}\n").text.quoted_language == code


def test_a_short_text_has_no_language() -> None:
    assert taken("See attached.").text.language == ""


def test_a_real_hijack_and_the_mail_it_answers(shared: Path) -> None:
    """Unit 42's pair of 3 September 2020: the bot put the whole stolen mail into `pre`."""
    folder = shared / "samples/mail/hijack-real"
    if not folder.is_dir():
        pytest.skip("the real hijacks are not part of the repository")
    found = {}
    for name in ("emotet-2020-09-03-hijack", "emotet-2020-09-03-legit-original"):
        mail = email.message_from_bytes((folder / f"{name}.eml").read_bytes())
        bodies = {"text/plain": "", "text/html": ""}
        for part in mail.walk():
            if part.get_content_type() in bodies:
                payload = part.get_payload(decode=True)
                assert isinstance(payload, bytes)
                bodies[part.get_content_type()] = payload.decode()
        found[name[18:]] = taken(bodies["text/plain"], bodies["text/html"], str(mail["Subject"]))
    hijack, genuine = found["hijack"], found["legit-original"]
    assert hijack.text.style == "pre"
    assert "reschedule" not in hijack.new
    assert "reschedule" in genuine.new
    assert hijack.text.content_words == 0
    stolen = set(genuine.text.marks) & set(hijack.text.quoted_marks)
    assert len(stolen) >= len(genuine.text.marks) - 1


def test_every_pair_of_separators_is_taken_apart_once() -> None:
    heads = [line.replace("|", "\n") for line in ATTRIBUTIONS[::5]]
    for upper, lower in itertools.permutations(heads, 2):
        found = taken(f"New.\n\n{upper}\n\nMiddle text.\n\n{lower}\n\nOldest text.\n")
        assert found.new == "New."
        assert len(found.text.attributions) == 2
