"""When that was written which a mail answers, where the history does not hold it: by the date above the
quote, or by the date that many programs write into a Message-ID.

A date that can be read in two ways is taken as the younger. An intruder can write any date there, but
he answers an old mail because it is what he has, and his reader must know it again.
"""

from __future__ import annotations

import re
from calendar import timegm

from tocsin.model.message import Message

DATE_LENGTH = 80
"""Characters of a quote's date that are read."""

ID_LENGTH = 200
"""Characters of a Message-ID that are read."""

EARLIEST = 1995
CENTURY = 100

_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)\s?[-./年]\s?(\d{1,2})\s?[-./月]\s?(\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})[-./ ]{1,2}(\d{1,2})[-./ ]{1,2}((?:19|20)?\d\d)(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?![\d])")
_DAY = re.compile(r"(?<![\d:.])(\d{1,2})(?![\d:])")
_WORD = re.compile(r"[^\W\d_]{3,}")
_STAMP = re.compile(
    r"(?<![0-9A-Za-z])(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:[0-2]\d[0-5]\d(?:[0-5]\d)?)?"
    r"(?![0-9A-Za-z])"
)
_SECONDS = re.compile(r"(?<![0-9A-Za-z])(1[0-9]{9})(?:\d{3})?(?![0-9A-Za-z])")

# By their first letters; what means two months in two languages stands for the later one.
_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "jan janv gen ene led sty tam oca ian", "feb fev fév úno lut hel şub", "mar mär maa mrt bře már",
            "apr avr abr dub kwi huh nis ápr", "may mai maj mei mag kvě tou máj", "jun jui giu čer cze kes haz jún",
            "jul juil lug čvc lip hei tem júl červenc iul", "aug aoû aou ago srp sie elo ağu",
            "sep set sett zář wrz syy eyl sze", "oct okt ott out říj paź lok eki", "nov lis marr kas noi",
            "dec dez déc dic pro gru jou ara",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip


def answered_at(message: Message) -> int:
    """Seconds since 1970 at which what it answers was written, or a little later; 0 if it does not say."""
    quoted = message.text.attributions
    found = [_date(quoted[0].date)] if quoted and quoted[0].date else []
    found += [_in_id(each) for each in (*message.in_reply_to[:1], *message.references[-1:])]
    return max(found, default=0)


def _date(text: str) -> int:
    text = text[:DATE_LENGTH]
    if found := _ISO.search(text):
        return _moment(int(found[1]), int(found[2]), int(found[3]))
    if found := _NUMBERS.search(text):
        one, two, three = int(found[1]), int(found[2]), int(found[3])
        if three < CENTURY:
            return max(
                _moment(2000 + three, one, two),
                _moment(2000 + three, two, one),
                _moment(2000 + one, two, three),
            )
        return max(_moment(three, one, two), _moment(three, two, one))
    year_found = _YEAR.search(text)
    if not year_found:
        return 0
    year = int(year_found[1])
    months = [_month(word) for word in _WORD.findall(text.lower())]
    month = max(months, default=0)
    if not month:
        return _moment(year, 12, 31)
    days = [int(each) for each in _DAY.findall(text) if 1 <= int(each) <= 31]
    return _moment(year, month, days[0] if days else 31)


def _month(word: str) -> int:
    for length in (7, 4, 3):
        if (month := _MONTHS.get(word[:length])) is not None:
            return month
    return 0


def _in_id(message_id: str) -> int:
    left = message_id[:ID_LENGTH].partition("@")[0]
    if found := _STAMP.search(left):
        return _moment(int(found[1]), int(found[2]), int(found[3]))
    return max(map(int, _SECONDS.findall(left)), default=0)


def _moment(year: int, month: int, day: int) -> int:
    """The end of that day; 0 where there is none."""
    if not (year >= EARLIEST and 1 <= month <= 12 and 1 <= day <= 31):
        return 0
    return timegm((year, month, day, 23, 59, 59))
